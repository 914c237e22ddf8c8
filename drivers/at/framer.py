"""From the bytes of an AT port to what they mean: one state machine without I/O and without time.

V.250 5 gives lines and result codes, 27.007 and 27.005 the codes that arrive unasked, 27.005 3.5 and 4.3 the
prompt. Real modules end lines with CR, LF or both, so both end a line and empty lines mean nothing.
"""

import re
from enum import StrEnum
from typing import NamedTuple

from drivers.at.command import Command, Errors
from drivers.at.dialect import Dialect

#: More than this without a line end is no AT line: its beginning is reported, the rest dropped.
MAX_LINE = 32768
#: A line end inside quotes continues the line (USSD texts) up to this many characters.
MAX_QUOTED = 2048

_SUCCESSES = frozenset({"OK"})
#: V.250 5.7.1, and the older words of Huawei modules
_REFUSALS = frozenset({"ERROR", "COMMAND NOT SUPPORT"})
_CALL_RESULTS = frozenset({"NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE"})
_CME = "+CME ERROR:"
_CMS = "+CMS ERROR:"
_MODEM_ERROR = re.compile(r"MODEM ERROR: \d+")

#: Codes with a second line in PDU mode (27.005 3.4.1), and by the number of fields in text mode too
_TWO_LINES = ("+CMT:", "+CDS:", "+CBM:")
_REGISTRATION = ("+CREG:", "+CGREG:", "+CEREG:", "+C5GREG:")
#: Codes whose unsolicited form starts with a number in quotes while their replies start with a plain one
_NUMBERED = ("+CLIP:", "+CCWA:")
_SHARED = _REGISTRATION + _NUMBERED
#: Unsolicited codes of 27.007 and 27.005; vendors' codes come with the dialect
_UNSOLICITED = (
    *_TWO_LINES,
    *_SHARED,
    "+CRING:",
    "+CMTI:",
    "+CDSI:",
    "+CBMI:",
    "+CUSD:",
    "+CGEV:",
    "+CIREGU:",
    "+CIREPI:",
    "+CIREPH:",
    "+CIEV:",
    "+CTZV:",
    "+CTZE:",
    "+CTZEU:",
    "+CTZU:",
    "+CSSI:",
    "+CSSU:",
    "+CDIP:",
    "+CNAP:",
    "+CCCM:",
    "+CSCON:",
    "+CEDRXP:",
    "+CRTDCP:",
    "+CNEC_MM:",
    "+CNEC_GMM:",
    "+CNEC_ESM:",
    "+CNEMU:",
)
_UNSOLICITED_WORDS = frozenset({"RING", *_CALL_RESULTS})
#: ``+CREG:``, ``^RSSI:``, ``$QCSIMSTAT:``: the line starts with the name of a code
_CODE = re.compile(r"[+^%$#*!&@][A-Za-z]\w*:")
#: No result code and no unsolicited code starts with one (V.250 5.7 with verbose results, which is the default)
_DIGITS = frozenset("0123456789")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
#: The last quote of a line closes one: there is text before it, and at most plain fields behind it
_CLOSED = re.compile(r'[^,: ]"(?:,[^"]*)?$')
_QUOTED = re.compile(r'"[^"]*"')


class Kind(StrEnum):
    """What a line is; the values are the kinds of wire records."""

    ECHO = "echo"
    REPLY = "reply"
    FINAL = "final"
    URC = "urc"
    PROMPT = "prompt"
    NOISE = "noise"


_ECHO, _REPLY, _FINAL, _URC, _PROMPT, _NOISE = Kind  # a member looked up by name costs more than a line may


class Event(NamedTuple):
    """One line and what it is.

    ``text`` is latin-1, so that every byte keeps its value; ``pdu`` is the second line of a two-line unsolicited
    code. ``done`` says that the pending command ended with this line: by its result, or because the module
    started anew (then the line is an unsolicited one of the dialect's boot messages).
    """

    kind: Kind
    text: str
    pdu: str | None = None
    done: bool = False


class Refusal(NamedTuple):
    """What a final line refuses with: ``family`` and ``code`` as in :class:`drivers.api.CommandRefused`."""

    family: str
    code: int | None


def refusal(final: str, command: Command) -> Refusal | None:
    """Return what the final line refuses with, or None when it is a success."""
    if final in _SUCCESSES:
        return None
    for prefix in (_CME, _CMS):
        if final.startswith(prefix):
            number = final.removeprefix(prefix).strip()
            return Refusal(prefix[1:4], int(number) if number.isdecimal() and len(number) < 6 else None)
    if final in _REFUSALS or final in _CALL_RESULTS or final in command.failures or _MODEM_ERROR.fullmatch(final):
        return Refusal(final, None)
    return None


class Framer:
    """Cuts a byte stream into lines and says what each is.

    The channel tells it which command is pending (:meth:`begin`) and when it gave one up (:meth:`abandon`);
    ``overdue`` counts the final lines of given-up commands that have not come yet, so that 0 means that every
    command has had its answer. Where chunks are split makes no difference.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._boot = frozenset(dialect.boot)
        self._unsolicited = _UNSOLICITED + dialect.unsolicited
        self._rest = ""
        self._dropping = False  # the line in progress is too long
        self._held: list[str] = []  # lines of an open quote, or the first line of a two-line code
        self._after_prompt = False
        self._command: Command | None = None
        self._plain = False  # a line that starts with a digit is certainly data of the pending command
        self._prompting = False
        self._payload_lines: frozenset[str] = frozenset()
        self._completed = False  # the result named by `completes` has come
        self._accepted = False  # OK has come, the result has not
        self.overdue = 0

    def begin(self, command: Command) -> None:
        """Take ``command`` as pending; its line is about to leave."""
        self._command = command
        self._completed = self._accepted = self._after_prompt = False
        payload = command.payload
        self._plain = payload is None and command.completes is None and not command.bare
        self._prompting = payload is not None
        if payload is None:
            self._payload_lines = frozenset()
        else:
            if self._rest.lstrip() == ">":  # a stale prompt must not let the payload go before the new one
                self._rest = ""
            self._payload_lines = frozenset(_echoed(payload.decode("latin-1")))

    def abandon(self) -> None:
        """Give the pending command up: its final line, when it still comes, ends no other command."""
        if self._command is not None and not self._accepted:
            self.overdue += 1
        self._end()

    def feed(self, data: bytes) -> list[Event]:
        """Return what the next bytes complete, in their order."""
        *lines, rest = (self._rest + data.decode("latin-1")).replace("\r", "\n").split("\n")
        events: list[Event] = []
        for line in lines:
            if self._dropping:
                self._dropping = False
            elif not line:
                continue
            elif line[0] in _DIGITS and self._plain and not self._held and len(line) <= MAX_LINE:
                events.append(Event(_REPLY, line))
            else:
                self._line(line, events)
        if rest:
            rest = self._partial(rest, events)
        self._rest = rest
        return events

    def _partial(self, rest: str, events: list[Event]) -> str:
        """Look at a line in progress: a prompt has no line end."""
        if self._dropping:
            return ""
        if self._prompting and rest[0] == ">":
            rest = self._prompt(rest, events)
        if len(rest) > MAX_LINE:
            self._emit(events, _NOISE, rest[:MAX_LINE])
            self._dropping = True
            return ""
        return rest

    def _prompt(self, line: str, events: list[Event]) -> str:
        self._prompting = False
        self._release(events)
        self._after_prompt = True
        events.append(Event(_PROMPT, ">"))
        return line[1:]

    def _line(self, line: str, events: list[Event]) -> None:
        if self._prompting and line[0] == ">":
            line = self._prompt(line, events)
        if self._after_prompt and line:
            self._after_prompt = False
            line = line.removeprefix(" ")
        if not line:
            return
        if len(line) > MAX_LINE:
            self._emit(events, _NOISE, line[:MAX_LINE])
        elif self._held:
            self._continue(line, events)
        elif not self._hold(line):
            self._classify(line, events)

    # Lines that belong together

    def _hold(self, line: str) -> bool:
        """Keep the line back when the next one belongs to it."""
        if _quote_stays_open(line) or (line.startswith(_TWO_LINES) and _body_follows(line)):
            self._held.append(line)
            return True
        return False

    def _continue(self, line: str, events: list[Event]) -> None:
        first = self._held[0]
        if first.startswith(_TWO_LINES) and _body_follows(first):
            self._held.clear()
            if _is_body(first, line):
                events.append(Event(_URC, first, pdu=line))
            else:  # the second line got lost
                self._classify(first, events)
                self._line(line, events)
        elif self._interrupts(line) or sum(map(len, self._held)) + len(line) > MAX_QUOTED:
            self._release(events)  # the quote was never closed
            self._line(line, events)
        else:
            self._held.append(line)
            if line.count('"') % 2:
                whole = "\n".join(self._held)
                self._held.clear()
                self._classify(whole, events)

    def _release(self, events: list[Event]) -> None:
        held = self._held
        self._held = []
        for line in held:
            self._classify(line, events)

    def _interrupts(self, line: str) -> bool:
        command = self._command
        return (
            line in _SUCCESSES
            or line in _REFUSALS
            or line in self._boot
            or line.startswith(self._unsolicited)
            or _CODE.match(line) is not None
            or (command is not None and (line == command.text or self._ends(line, command)))
        )

    # What a line is

    def _classify(self, line: str, events: list[Event]) -> None:
        command = self._command
        if command is None:
            self._unasked(line, events)
        elif self._plain and command.replies and line.startswith(command.replies) and not line.startswith(_SHARED):
            events.append(Event(_REPLY, line))
        elif self._ends(line, command):
            self._final(line, command, events)
        elif line == command.text or (self._payload_lines and _stripped(line) in self._payload_lines):
            events.append(Event(_ECHO, line))
        elif command.completes and not self._completed and line.startswith(command.completes):
            self._completed = True
            self._emit(events, _REPLY, line, done=self._accepted)
        elif self._belongs(line, command):
            self._emit(events, _REPLY, line, done=command.bare)
        else:
            self._unasked(line, events)

    def _emit(self, events: list[Event], kind: Kind, line: str, *, done: bool = False) -> None:
        events.append(Event(kind, line, None, done))
        if done:
            self._end()

    def _end(self) -> None:
        self._command = None
        self._plain = self._prompting = False

    def _final(self, line: str, command: Command, events: list[Event]) -> None:
        waits = command.completes is not None and not self._completed and refusal(line, command) is None
        self._accepted = waits
        self._emit(events, _FINAL, line, done=not waits)

    def _unasked(self, line: str, events: list[Event]) -> None:
        numbered = line.startswith((_CME, _CMS))
        if line in _SUCCESSES or line in _REFUSALS or (numbered and self.overdue):
            self.overdue = max(0, self.overdue - 1)
            events.append(Event(_NOISE, line))
        elif line in self._boot:
            self.overdue = 0
            self._emit(events, _URC, line, done=self._command is not None)
        elif line in _UNSOLICITED_WORDS or line.startswith(self._unsolicited) or _CODE.match(line) or numbered:
            events.append(Event(_URC, line))
        else:
            connected = line == "CONNECT" or line.startswith("CONNECT ")
            events.append(Event(_URC if connected else _NOISE, line))

    def _ends(self, line: str, command: Command) -> bool:
        if self._accepted and line in _SUCCESSES:
            return False
        if line in _SUCCESSES or line in _REFUSALS or line in command.finals or line in command.failures:
            return True
        if line.startswith("+CM"):
            # without anything behind the colon it is no numbered error (27.007 9.2: <err> is not optional)
            return (line.startswith(_CME) and len(line) > len(_CME) and Errors.CME in command.errors) or (
                line.startswith(_CMS) and len(line) > len(_CMS) and Errors.CMS in command.errors
            )
        if line in _CALL_RESULTS or line == "CONNECT" or line.startswith("CONNECT "):
            return Errors.CALL in command.errors
        return line.startswith("MODEM") and _MODEM_ERROR.fullmatch(line) is not None

    def _belongs(self, line: str, command: Command) -> bool:
        """Whether a line that ends nothing is part of the pending command's reply."""
        if line.startswith(_REGISTRATION):
            return _asked_registration(line, command.text.upper())
        if line.startswith(_NUMBERED) and line.partition(":")[2].lstrip().startswith('"'):
            return False
        if command.replies and line.startswith(command.replies):
            return True
        if line in self._boot or line in _UNSOLICITED_WORDS or line.startswith((_CME, _CMS)):
            return False
        if line.startswith(self._unsolicited):
            name = line.partition(":")[0]
            text = command.text.upper()
            return f"{name}?" in text or f"{name}=?" in text
        return not command.replies or _CODE.match(line) is None


def _asked_registration(line: str, text: str) -> bool:
    """Tell the reply to a registration query from the unsolicited code with the same prefix (27.007 7.2, 10.1).

    The reply is ``<n>,<stat>[,<lac>,<ci>[,<AcT>...]]``, the code ``<stat>[,<lac>,<ci>[,<AcT>...]]``: so one or
    three fields are the code's, two are the reply's, and from four on the second field tells: a number of at most
    three digits is <stat> (four when <lac> behind it is in quotes), anything else <lac>.
    """
    name, _, rest = line.partition(":")
    if f"{name}=?" in text:
        return rest.lstrip().startswith("(")
    fields = [field.strip() for field in rest.split(",")]
    if f"{name}?" not in text or len(fields) in {1, 3} or not fields[1].isdecimal():
        return False
    return len(fields) == 2 or len(fields[1]) <= 3 or fields[2].startswith('"')


def _quote_stays_open(line: str) -> bool:
    """Whether a code's line ended inside quotes; a stray quote within a text does not keep it open."""
    if '"' not in line or line.count('"') % 2 == 0:
        return False
    return _CODE.match(line) is not None and _CLOSED.search(line) is None


def _fields(line: str) -> int:
    return _QUOTED.sub("", line).count(",") + 1


def _body_follows(line: str) -> bool:
    """In text mode ``+CDS:`` is one line of more than two fields (27.005 3.4.1)."""
    return not (line.startswith("+CDS:") and _fields(line) > 2)


def _is_body(first: str, line: str) -> bool:
    """In PDU mode (at most two fields: ``[<alpha>],<length>``) the second line is hexadecimal, else any text."""
    return _fields(first) > 2 or _HEX.fullmatch(line) is not None


def _echoed(payload: str) -> list[str]:
    return ["", *(_stripped(line) for line in payload.replace("\r", "\n").split("\n"))]


def _stripped(line: str) -> str:
    """Strip what surrounds an echoed payload line: continuation prompts in front, CTRL-Z or ESC behind."""
    return line.removeprefix("> ").rstrip("\x1a\x1b")
