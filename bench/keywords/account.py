"""A service provider's number at a message gateway, as the suites use it."""

from bench.keywords.messageform import VALIDITY, MessageForm, text_of
from bench.keywords.station import DELIVERED, MessageReport, MessageSeen
from drivers.api import Unsupported
from drivers.gateway import Delivery, SmppAccount

#: states of a receipt that is not the last (SMPP 3.4 appendix B)
_ON_ITS_WAY = frozenset({"ENROUTE", "ACCEPTD"})


class Account:
    """The far end of directed messages: sends and receives under its own number."""

    def __init__(self, name: str, number: str, link: SmppAccount) -> None:
        self.name = name
        self.number = number
        self._link = link
        #: token -> where the history stood, and the gateway's id of the message
        self._sent: dict[str, tuple[int, str]] = {}

    def ready(self) -> None:
        """Bind again when the session was lost; raises DriverError when the gateway does not let it."""
        if not self._link.alive:
            self._link.reconnect()

    def mark(self) -> int:
        """Return the place in the history of deliveries from which a later wait looks."""
        return self._link.mark()

    def expect_message(self) -> int:
        """Return the mark from which to wait for a message."""
        return self.mark()

    def send_message(self, number: str, token: str, form: MessageForm) -> None:
        """Submit a text; raises CommandRefused with the gateway's status."""
        if form is not MessageForm.plain:
            raise Unsupported(f"An account sends plain texts, not {form.value}.", where=self.name)
        since = self.mark()
        self._sent[token] = (since, self._link.submit(number, text_of(token), validity=VALIDITY))

    def wait_message(self, token: str, since: int, timeout_s: float) -> MessageSeen | None:
        """Wait for a message that carries the token."""

        def carries(delivery: Delivery) -> bool:
            return delivery.receipt is None and token in delivery.text

        seen = self._link.wait_for(carries, since=since, timeout_s=timeout_s)
        return None if seen is None else MessageSeen(seen.source, seen.mono_ns)

    def report_on(self, token: str, timeout_s: float) -> MessageReport | None:
        """Wait for the receipt that says delivered; after the timeout return any other final one (appendix B)."""
        if token not in self._sent:
            return None
        since, message_id = self._sent[token]

        def delivered(delivery: Delivery) -> bool:
            return about(delivery) and delivery.receipt is not None and delivery.receipt.stat == DELIVERED

        def about(delivery: Delivery) -> bool:
            receipt = delivery.receipt
            return receipt is not None and receipt.id == message_id and receipt.stat not in _ON_ITS_WAY

        seen = self._link.wait_for(delivered, since=since, timeout_s=timeout_s) or self._link.wait_for(
            about, since=since, timeout_s=0
        )
        if seen is None or seen.receipt is None:
            return None
        return MessageReport(seen.receipt.stat, seen.receipt.err, seen.mono_ns)

    def close(self) -> None:
        """Unbind."""
        self._link.close()
