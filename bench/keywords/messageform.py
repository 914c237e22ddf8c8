"""In which form a message is sent, and how its token is found again."""

from datetime import timedelta
from enum import Enum

from drivers.sms import Address, Alphabet, Ports, Submit, UserData, dcs_octet, text_messages

#: the shortest relative validity (23.040 9.2.3.12.1): a message must not come after the clause's own wait
VALIDITY = timedelta(minutes=5)
#: of the ports that 23.040 9.2.3.24.4 leaves to applications: no phone has anything behind them
PORTS = Ports(destination=16001, source=16001)
#: TP-PID of a short message type 0 (23.040 9.2.3.9)
TYPE_0 = 0x40
#: more than the 160 characters of one message
_LONG_WORDS = 10


class MessageForm(Enum):
    """What kind of message carries the token (clause ESIM-02-S6).

    Messages for the card's data download (TP-PID 7F) are not among them: no AT port ever shows one.
    """

    plain = "a text"
    long = "a text in several parts, the token in each"
    binary = "octets"
    port = "a text for an application port"
    class_0 = "a text that is shown at once (flash)"
    class_2 = "a text for the card's memory"
    type_0 = "a message that the module acknowledges and shows to nobody: only the status report tells of it"

    @property
    def label(self) -> str:
        """The form's name in an attempt."""
        return self.name.replace("_", "-")

    def submits(self, number: str, token: str) -> list[Submit]:
        """Return the message to a number, part by part."""
        is_type_0 = self is MessageForm.type_0
        return [
            Submit(
                Address.of(number),
                part,
                validity=VALIDITY,
                status_report=is_type_0,
                pid=TYPE_0 if is_type_0 else 0,
            )
            for part in self._parts(token)
        ]

    def _parts(self, token: str) -> list[UserData]:
        text = text_of(token)
        match self:
            case MessageForm.long:
                return text_messages(" ".join([text] * _LONG_WORDS), reference=int(token[:2], 16))
            case MessageForm.binary:
                return [UserData(b"\x00\xff" + text.encode("ascii"), dcs_octet(Alphabet.EIGHT_BIT))]
            case MessageForm.port:
                return [UserData.of(text, header=(PORTS.element,))]
            case MessageForm.class_0 | MessageForm.class_2:
                return [UserData.of(text, message_class=int(self.name[-1]))]
            case _:
                return [UserData.of(text)]


def text_of(token: str) -> str:
    """Return the text that carries a token."""
    return f"BENCH {token}"


def carries(user_data: UserData, token: str) -> bool:
    """Whether a message carries the token, as text or as octets."""
    return token in (user_data.text or "") or token.encode("ascii") in user_data.data
