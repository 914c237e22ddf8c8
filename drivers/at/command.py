"""AT commands as data: what is sent, what may come back, and when the exchange is over."""

from dataclasses import dataclass
from enum import Flag, auto


class Errors(Flag):
    """Families of numbered errors that may end a command."""

    #: ``+CME ERROR`` (27.007 9.2)
    CME = auto()
    #: ``+CMS ERROR`` (27.005 3.2.5): only message commands; a late one must not end another command
    CMS = auto()
    #: ``NO CARRIER``, ``BUSY``, ``NO ANSWER``, ``NO DIALTONE`` (V.250 5.7.1): only while a call is set up
    CALL = auto()


@dataclass(frozen=True, slots=True)
class Command:
    """One exchange.

    ``text`` is the whole line without its end (``"AT+CREG?"``). ``replies`` are the prefixes of its information
    lines (``"+CREG:"``); empty means that every line which is no known unsolicited code belongs to it
    (``AT+CGSN`` answers without a prefix). ``finals`` are final lines beyond OK, ERROR and the error families
    (``"SEND OK"``); those in ``failures`` (``"SEND FAIL"``) end it as refused. With ``payload`` a prompt is
    expected, then the payload is sent as it is (a message needs its own CTRL-Z). ``completes`` is the prefix of
    the unsolicited code that carries the result after OK (``"+QIOPEN:"``); it is taken as the last reply line.
    ``deadline_s`` is in seconds from sending to the end, completion included.
    """

    text: str
    replies: tuple[str, ...] = ()
    errors: Errors = Errors.CME
    finals: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    payload: bytes | None = None
    completes: str | None = None
    deadline_s: float = 5.0
