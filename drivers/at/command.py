"""AT commands as data: what is sent, what may come back, and when the exchange is over."""

import re
from dataclasses import dataclass
from enum import Flag, auto
from typing import Self


class Errors(Flag):
    """Families of errors that may end a command."""

    #: ``+CME ERROR`` (27.007 9.2)
    CME = auto()
    #: ``+CMS ERROR`` (27.005 3.2.5): only message commands; a late one must not end another command
    CMS = auto()
    #: ``NO CARRIER``, ``BUSY``, ``NO ANSWER``, ``NO DIALTONE`` (V.250 5.7.1), and ``CONNECT`` when it succeeds:
    #: only while a call is set up
    CALL = auto()


#: V.250 6.3.1 (D), 6.3.5 (A), 6.3.7 (O); 27.007 10.1.12 (+CGDATA)
_CALLS = re.compile(r"AT(?:.*;)?(?:[DAO]|\+CGDATA)", re.IGNORECASE)
#: 27.005 table 2 and 3.5: the commands that answer ``+CMS ERROR``
_MESSAGES = re.compile(r"\+(?:CMG[CDLRSW]|CMMS|CMSS|CNMA|CNMI|CPMS|CRES|CSAS|CSCA|CSCB|CSMS)\b", re.IGNORECASE)
#: Setting up a call or a bearer, searching networks and handing a message to the network wait for the network.
_SLOW = re.compile(r"\+(?:CGACT|CGATT|COPS=|CMGS|CMSS|CUSD|CFUN=|CCFC|CLCK)", re.IGNORECASE)
_NETWORK_DEADLINE_S = 60.0


@dataclass(frozen=True, slots=True)
class Command:
    """One exchange.

    ``text`` is the whole line without its end (``"AT+CREG?"``), printable ASCII. ``replies`` are the prefixes of
    its information lines (``"+CREG:"``): lines with another code's prefix are unsolicited, lines without any
    prefix (a PDU, a text) belong to it. Empty ``replies`` mean that every line which is no known unsolicited code
    belongs to it. ``finals`` are final lines beyond OK, ERROR and the error families (``"SEND OK"``); those in
    ``failures`` (``"SEND FAIL"``) end it as refused. With ``payload`` a prompt is expected, then the payload is
    sent as it is (a message needs its own CTRL-Z). ``completes`` is the prefix of the unsolicited code that
    carries the result after OK (``"+QIOPEN:"``); it is taken as the last reply line. A ``bare`` command ends with
    its first reply line: some modules send no final result code (SIM800C: ``AT+CIFSR``). ``deadline_s`` is in
    seconds from sending to the end, completion included.

    Raises ValueError when ``text`` is not one printable line: a line end in it would start a second command.
    """

    text: str
    replies: tuple[str, ...] = ()
    errors: Errors = Errors.CME
    finals: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    payload: bytes | None = None
    completes: str | None = None
    bare: bool = False
    deadline_s: float = 5.0

    def __post_init__(self) -> None:
        if not (self.text.isascii() and self.text.isprintable()):
            raise ValueError(f"an AT command is one line of printable ASCII: {self.text!r}")

    @classmethod
    def of(cls, text: str) -> Self:
        """Return the command for a line that somebody typed: error families and deadline by what stands in it."""
        errors = Errors.CME
        call = _CALLS.match(text) is not None
        if call:
            errors |= Errors.CALL
        if _MESSAGES.search(text):
            errors |= Errors.CMS
        if call or _SLOW.search(text):
            return cls(text, errors=errors, deadline_s=_NETWORK_DEADLINE_S)
        return cls(text, errors=errors)
