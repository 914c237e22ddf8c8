"""The dial guard: which calls, messages and codes may leave the bench at all."""

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn

from bench.masking import mask
from bench.numbering.forms import Form, without_separators
from bench.numbering.plan import Classification, NumberClass, NumberPlan
from drivers.api import DialRefused, Outbound
from drivers.api.guard import Reach

# Compiled in on top of the plan's classes, so that no edited table opens them: 3GPP TS 22.101 10.1 (what a
# terminal takes for an emergency number), the police's SMS number, rescue at sea. Three digits 1xx: by rule.
_NEVER = frozenset({"112", "911", "999", "000", "08", "118", "110", "119", "120", "122", "12110", "12395"})
_THREE_DIGITS = re.compile(r"1[0-9]{2}")
_CLOSED_CLASSES = frozenset({NumberClass.EMERGENCY, NumberClass.PUBLIC_SERVICE})

_IP_CALL = r"179[0-9]{2}|12593|10193|11808"
_AREA = r"10|2[0-9]|[3-9][0-9]{2}"
#: What a network may take off before it looks at the rest.
_PREFIXES = tuple(re.compile(prefix) for prefix in ("00", "86", "0", rf"(?:0|86)(?:{_AREA})", _IP_CALL))

# What a module may be given: V.250 tone and pulse, CLIR for this call (22.030 annex B), an IP call prefix, the
# number, then modifiers that carry no digits. Digits behind a modifier are refused, since 27.007 6.2 lets a
# module ignore the modifier and dial them all as one number.
_DIALLED = re.compile(
    rf"(?:tel:|[tp])?(?:\*31#|#31#)*((?:{_IP_CALL})(?=[0-9]{{11}}))?(\+?[0-9]+)[,;tpw!@ig]*", re.I | re.A
)
# A code with menu choices, but none that carries a number and none of call forwarding (22.030 annex B).
_CODE = re.compile(r"[*#]{1,2}(?!(?:21|61|62|67|002|004)[*#])[0-9]{2,4}(?:\*[0-9]{1,2})*#")

_SUBSCRIBERS = frozenset(
    {
        NumberClass.IOT13,
        NumberClass.IOT11,
        NumberClass.MOBILE11,
        NumberClass.MVNO11,
        NumberClass.SATELLITE11,
        NumberClass.NP700,
        NumberClass.NP700_BLOCK,
        NumberClass.FIXED_LINE,
    }
)
_SHOWN = 8
_EMERGENCY = "it is, or can be taken for, one of the emergency and public-service numbers"


@dataclass(frozen=True, slots=True)
class Limits:
    """How many calls and messages one run may make."""

    calls: int = 200
    sms: int = 200


_DEFAULT_LIMITS = Limits()


class Guard:
    """Lets pass what reaches one of the permitted numbers, and nothing else (implements drivers.api.DialGuard).

    ``permitted`` are numbers of the bench and its contracts, national or with country code, and USSD codes
    (``*100#``). ``ecc`` are the emergency numbers that a card or network names (EF_ECC, ``+CEN``). Emergency and
    public-service numbers never pass; permitting one raises DialRefused here. Threads may share a guard.
    """

    def __init__(
        self,
        permitted: Iterable[str],
        *,
        plan: NumberPlan,
        ecc: Iterable[str] = (),
        limits: Limits = _DEFAULT_LIMITS,
    ) -> None:
        self._plan = plan
        self._limits = limits
        self._lock = threading.Lock()
        self._used = {Reach.VOICE: 0, Reach.SMS: 0}
        self._ecc: frozenset[str] = frozenset()
        self.add_emergency_numbers(ecc)
        entries = tuple(permitted)
        self._codes = frozenset(entry for entry in entries if _CODE.fullmatch(entry))
        self._numbers = {self._permit(entry): mask(entry) for entry in entries if entry not in self._codes}

    def add_emergency_numbers(self, numbers: Iterable[str]) -> None:
        """Also refuse these from now on: what EF_ECC and ``+CEN`` turn out to hold once a module is open."""
        with self._lock:
            self._ecc |= {digits for number in numbers if (digits := re.sub(r"[^0-9]", "", number))}

    def check(self, outbound: Outbound) -> None:
        """Let the attempt pass and count it, or raise DialRefused."""
        reach, target = outbound
        if reach is Reach.FROM_MEMORY:
            _refuse(
                outbound,
                "the target stands in the module's memory, where nobody can check it",
                fix="Give the number itself.",
            )
        if reach is Reach.USSD:
            if target not in self._codes:
                self._refuse_unknown(outbound)
            return
        if self._is_emergency(target):
            _refuse(
                outbound,
                f"{_EMERGENCY}, which are never dialled",
            )
        dialled = _DIALLED.fullmatch(without_separators(target))
        if dialled is None:
            _refuse(
                outbound,
                "the target is no plain number",
                cause="it holds a control code, or digits behind a pause, which some modules dial as well.",
                fix="Write the number with at most +86, 0086, 0, an IP call prefix or *31#/#31# before it.",
            )
        prefix, number = dialled[1] or "", dialled[2]
        readings = [self._plan.classify(prefix + number), self._plan.classify(number)]
        found = [reading for reading in readings if _one_form(reading) in self._numbers]
        if not found:
            self._refuse_unknown(outbound)
        if reach is Reach.FORWARDING and found[-1].form is Form.FOREIGN:
            _refuse(outbound, "calls are never forwarded abroad", fix="Forward to a number of the bench.")
        self._count(outbound)

    def _count(self, outbound: Outbound) -> None:
        limit = {Reach.VOICE: ("calls", self._limits.calls), Reach.SMS: ("sms", self._limits.sms)}.get(
            outbound.reach
        )
        if limit is None:
            return
        name, most = limit
        with self._lock:
            if self._used[outbound.reach] < most:
                self._used[outbound.reach] += 1
                return
        _refuse(
            outbound,
            f"the run has used up its {name} ({most})",
            fix=f"Raise {name} in the bench file's [limits] section.",
        )

    def _permit(self, entry: str) -> str:
        if self._is_emergency(entry):
            problem = _EMERGENCY
        elif (reading := self._plan.classify(entry)).form is Form.UNREADABLE:
            problem = "it is neither a number nor a code that may pass"
        else:
            return _one_form(reading)
        raise DialRefused(
            f"{mask(entry)} cannot be permitted: {problem}.", where="dial guard", fix="Correct the bench file."
        )

    def _refuse_unknown(self, outbound: Outbound) -> NoReturn:
        allowed = sorted({*self._numbers.values(), *self._codes})
        shown = ", ".join(allowed[:_SHOWN]) or "none"
        more = f" and {len(allowed) - _SHOWN} more" if len(allowed) > _SHOWN else ""
        _refuse(
            outbound,
            "the target is not one of this bench's numbers",
            fix=f"Permitted are {shown}{more}. If the target is the bench's own or contracted, add it to "
            "[subscriptions.NAME] or [far_ends.NAME] of the bench file.",
        )

    def _is_emergency(self, target: str) -> bool:
        """Whether any device or network on the way could take the target, or a part of it, for such a number."""
        return any(
            rest in _NEVER
            or rest in self._ecc
            or _THREE_DIGITS.fullmatch(rest)
            or self._plan.classify(rest).cls in _CLOSED_CLASSES
            for run in _digit_runs(target)
            for rest in _rests(run)
        )


def _one_form(reading: Classification) -> str:
    """Write a number so that two targets are the same party exactly when they are equal.

    A short code with country code is another party: +86 10 648x xxxx is a landline, 10648xxxxx a message code.
    """
    if reading.form is Form.FOREIGN or (reading.form is Form.BARE and reading.cls not in _SUBSCRIBERS):
        return reading.national
    return f"+86{reading.national}"


def _digit_runs(target: str) -> set[str]:
    """Return the digits between other characters, and all of them together, whatever script they are in."""
    text = "".join(str(unicodedata.decimal(char, char)) for char in without_separators(target))
    runs = set(re.findall(r"[0-9]+", text))
    return runs | {"".join(re.findall(r"[0-9]", text))}


def _rests(digits: str) -> Iterator[str]:
    """Yield the digits, and what is left of them behind every sequence of prefixes."""
    waiting, seen = [digits], {digits}
    while waiting:
        rest = waiting.pop()
        yield rest
        for prefix in _PREFIXES:
            found = prefix.match(rest)
            if found and (behind := rest[found.end() :]) not in seen:
                seen.add(behind)
                waiting.append(behind)


def _refuse(outbound: Outbound, what: str, *, cause: str = "", fix: str = "") -> NoReturn:
    raise DialRefused(
        f"{outbound.reach} to {mask(outbound.target)} refused: {what}.", where="dial guard", cause=cause, fix=fix
    )
