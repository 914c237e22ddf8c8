"""The rules by which observations become a verdict.

A restriction counts as proven only when a competent witness watched the receiving side for the whole window, the
initiator met a policy cause (or the clause admits a silent drop), and two controls passed before and after on the
same network, bearer and session: the allowed counterpart from the same module, and an unrestricted reference that
reaches the very same target. Whatever is missing makes the verdict inconclusive; a fault of the bench is an error.
"""

from collections.abc import Iterable, Iterator

from bench.judge.casefile import CaseFile
from bench.judge.causes import unexplained
from bench.model import (
    FORWARDED,
    Attempt,
    Cause,
    CauseClass,
    Direction,
    Expectation,
    Observation,
    Outcome,
    Role,
    Service,
    Verdict,
    Went,
    worst,
)

#: how often an ambiguous cause must come back the same before it counts as a refusal by rule
IDENTICAL_REPEATS = 3
#: how often a policy cause must stop an allowed service before that counts as a failure
POLICY_REPEATS = 2

#: how often a payload must be lost before that counts as dropped
DROP_REPEATS = 3

_CONTROL_NAMES = {Role.SUBJECT_CONTROL: "subject control", Role.TARGET_CONTROL: "target control"}


def judge(case: CaseFile) -> Verdict:
    """Return the verdict on one check; the same case file always gives the same verdict."""
    findings = list(_findings(case))
    outcome = worst(outcome for outcome, _ in findings)
    reasons = tuple(dict.fromkeys(reason for found, reason in findings if found is outcome))
    check = case.check
    return Verdict(check.id, check.clause, check.subject, outcome, reasons, tuple(_warnings(case)))


def _findings(case: CaseFile) -> Iterator[tuple[Outcome, str]]:
    faults = [seen.fault for seen in case.observations] + [reading.fault for reading in case.readings]
    yield from ((Outcome.ERROR, fault) for fault in faults if fault)
    if case.check.not_applicable:
        yield Outcome.NOT_APPLICABLE, case.check.not_applicable
        return
    for reading in case.readings:
        if reading.control and not reading.fault and reading.holds is not True:
            yield Outcome.INCONCLUSIVE, f"control {reading.name}: {reading.note or 'did not hold'}"
    for measurement in case.measurements:
        if measurement.value is None:
            yield Outcome.INCONCLUSIVE, f"{measurement.name} was declared and not measured"
        elif not measurement.holds:
            yield (
                Outcome.FAIL,
                f"{measurement.name} is {measurement.value:g} {measurement.unit}, outside its limits",
            )
    if case.check.expectation is Expectation.PROPERTY:
        yield from _property(case)
        return
    trials = list(_trials(case))
    if not trials:
        yield Outcome.ERROR, "the check made no attempt"
    rule = _refused if case.check.expectation is Expectation.REFUSED else _allowed
    for trial in trials:
        yield rule(case, trial)


def _trials(case: CaseFile) -> Iterator[tuple[Attempt, ...]]:
    """Group the subject's attempts into trials: repeats of the same thing, in order of time."""
    trials: dict[tuple[str, ...], list[Attempt]] = {}
    for attempt in sorted(case.attempts, key=lambda a: a.start_ns):
        if attempt.role is Role.SUBJECT:
            key = (attempt.service, attempt.target, attempt.number_format, attempt.bearer, attempt.direction)
            trials.setdefault(key, []).append(attempt)
    yield from (tuple(trial) for trial in trials.values())


def _refused(case: CaseFile, trial: tuple[Attempt, ...]) -> tuple[Outcome, str]:
    what = _what(trial[0])
    for attempt in trial:
        if arrival := _arrival(case, attempt, late_counts=True):
            if arrival.identity_right is False and _cause(case, attempt) is not None:
                return (
                    Outcome.INCONCLUSIVE,
                    f"{what} was refused, yet somebody else reached {arrival.name} meanwhile",
                )
            when = "after the window" if arrival.late else "in the window"
            return Outcome.FAIL, f"{what} arrived at {arrival.name} {when}"
    for attempt in trial:
        if not _watched_in_silence(case, attempt):
            return Outcome.INCONCLUSIVE, f"{what}: the receiving side was not watched for the whole window"
        if problem := _controls(case, attempt):
            return Outcome.INCONCLUSIVE, f"{what}: {problem}"
    causes = [_cause(case, attempt) for attempt in trial]
    doubt = _doubt(causes, silent_drop=case.check.silent_drop)
    if doubt:
        return Outcome.INCONCLUSIVE, f"{what}: {doubt}"
    return Outcome.PASS, f"{what} was refused ({_words(causes[-1])})"


def _allowed(case: CaseFile, trial: tuple[Attempt, ...]) -> tuple[Outcome, str]:
    what = _what(trial[0])
    for attempt in trial:
        arrival = _arrival(case, attempt, late_counts=False)
        if arrival and arrival.identity_right is False:
            return Outcome.INCONCLUSIVE, f"{what} arrived at {arrival.name} showing another identity"
        if arrival:
            return Outcome.PASS, f"{what} arrived at {arrival.name}"
    causes = [_cause(case, attempt) for attempt in trial]
    if not (_refused_by_rule(causes) or _dropped_alone(case, trial, causes)):
        return Outcome.INCONCLUSIVE, f"{what} did not arrive ({_words(causes[-1])})"
    if not any(_passed(case, control) for control in _matching(case, trial[-1], Role.TARGET_CONTROL)):
        return Outcome.INCONCLUSIVE, f"{what} was refused, but no unrestricted reference reached the same far end"
    return Outcome.FAIL, f"{what} was refused {len(causes)} times ({_words(causes[-1])})"


def _refused_by_rule(causes: list[Cause | None]) -> bool:
    return len(causes) >= POLICY_REPEATS and all(c is not None and c.cls is CauseClass.POLICY for c in causes)


def _dropped_alone(case: CaseFile, trial: tuple[Attempt, ...], causes: list[Cause | None]) -> bool:
    """Whether a payload was dropped again and again while the same module's data reached another destination.

    A packet gateway drops without a cause, so that nothing else can show a blocked destination.
    """
    if trial[0].service is not Service.DATA or len(trial) < DROP_REPEATS:
        return False
    if any(c is not None and c.cls is CauseClass.TRANSIENT for c in causes):
        return False
    return any(
        other.role is Role.SUBJECT
        and other.target != trial[0].target
        and other.session == trial[-1].session
        and _arrival(case, other, late_counts=False)
        for other in case.attempts
    )


def _property(case: CaseFile) -> Iterator[tuple[Outcome, str]]:
    subject = [reading for reading in case.readings if not reading.control and not reading.fault]
    decided = [reading for reading in subject if reading.holds is not None and reading.confident]
    for reading in decided:
        outcome = Outcome.PASS if reading.holds else Outcome.FAIL
        yield outcome, f"{reading.name}: {reading.note}"
    if decided:
        return
    if subject and all(reading.absent for reading in subject):
        yield Outcome.NOT_APPLICABLE, "; ".join(f"{r.name} is empty" for r in subject)
    else:
        notes = "; ".join(f"{r.name}: {r.note}" for r in subject if r.note)
        yield Outcome.INCONCLUSIVE, notes or "nothing could be read"


def _controls(case: CaseFile, attempt: Attempt) -> str:
    """Say which control is missing around the attempt, or return an empty string."""
    if not (attempt.plmn and attempt.rat):
        return "the serving network is not known"
    for role, name in _CONTROL_NAMES.items():
        passed = [control for control in _matching(case, attempt, role) if _passed(case, control)]
        if not any(control.start_ns < attempt.start_ns for control in passed):
            return f"no {name} passed before it in the same session, network and bearer"
        if not any(control.start_ns > attempt.start_ns for control in passed):
            return f"no {name} passed after it in the same session, network and bearer"
    return ""


def _matching(case: CaseFile, attempt: Attempt, role: Role) -> Iterator[Attempt]:
    """Return the controls of one role that stand for the attempt.

    A target control must reach exactly the attempt's target, also when a call to the module could reach it by
    forwarding; for other attempts towards the module the target is the module itself, so the sender has to reach
    another card instead.
    """
    for other in case.attempts:
        if other.role is not role or _circumstances(other) != _circumstances(attempt):
            continue
        if role is Role.SUBJECT_CONTROL or _same_target(attempt, other):
            yield other


def _circumstances(attempt: Attempt) -> tuple[str, ...]:
    return (attempt.service, attempt.direction, attempt.session, attempt.plmn, attempt.rat, attempt.bearer)


def _same_target(attempt: Attempt, control: Attempt) -> bool:
    if attempt.direction is Direction.MO or attempt.number_format == FORWARDED:
        return control.target == attempt.target
    return control.initiator == attempt.initiator and control.receiver != attempt.receiver


def _passed(case: CaseFile, control: Attempt) -> bool:
    arrival = _arrival(case, control, late_counts=False)
    return arrival is not None and arrival.identity_right is not False


def _arrival(case: CaseFile, attempt: Attempt, *, late_counts: bool) -> Observation | None:
    """Return the competent witness's word that the attempt went through."""
    for seen in _seen(case, attempt):
        if seen.witness is attempt.competent and seen.went is Went.YES and (late_counts or not seen.late):
            return seen
    return None


def _watched_in_silence(case: CaseFile, attempt: Attempt) -> bool:
    return any(
        seen.witness is attempt.competent and seen.went is Went.NO and seen.listened_s >= attempt.window_s
        for seen in _seen(case, attempt)
    )


def _cause(case: CaseFile, attempt: Attempt) -> Cause | None:
    return next((seen.cause for seen in _seen(case, attempt) if seen.cause), None)


def _seen(case: CaseFile, attempt: Attempt) -> Iterable[Observation]:
    return (seen for seen in case.observations if seen.attempt == attempt.id and not seen.fault)


def _doubt(causes: list[Cause | None], *, silent_drop: bool) -> str:
    """Say why the causes of a trial do not show a refusal by rule, or return an empty string."""
    last = causes[-1]
    if last is None:
        return "" if silent_drop else "nothing arrived, but the network gave no cause"
    if last.cls is CauseClass.POLICY:
        return ""
    if last.cls is CauseClass.AMBIGUOUS:
        tail = causes[-IDENTICAL_REPEATS:]
        same = len(tail) == IDENTICAL_REPEATS and all(
            c is not None and (c.layer, c.code) == (last.layer, last.code) for c in tail
        )
        return "" if same else f"the cause ({_words(last)}) is ambiguous and did not come back the same"
    if unexplained(last):
        return f"the call ended without a cause of the network ({_words(last)})"
    if last.cls is CauseClass.OTHER and silent_drop:
        return ""
    return f"the cause ({_words(last)}) is no refusal by rule"


def _warnings(case: CaseFile) -> Iterator[str]:
    for reading in case.readings:
        if reading.holds is False and not reading.confident:
            yield f"{reading.name}: {reading.note}"
    if case.check.expectation is Expectation.ALLOWED:
        for trial in _trials(case):
            if len(trial) > 1 and _arrival(case, trial[-1], late_counts=False):
                yield f"{_what(trial[0])} arrived only at try {len(trial)}"


def _words(cause: Cause | None) -> str:
    if cause is None:
        return "no cause given"
    code = "" if cause.code is None else f" {cause.code}"
    return f"{cause.layer}{code} {cause.text}".strip()


def _what(attempt: Attempt) -> str:
    verb, over = ("dialled as", f" over {attempt.bearer}") if attempt.service is Service.VOICE else ("as", "")
    form = {"plain": "", FORWARDED: " by forwarding"}.get(
        attempt.number_format, f" {verb} {attempt.number_format}"
    )
    return f"{attempt.direction.upper()} {attempt.service} {attempt.initiator} to {attempt.receiver}{over}{form}"
