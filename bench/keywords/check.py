"""The check under way: makes its attempts with their controls and asks the judge."""

import secrets
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bench.evidence import Recorder
from bench.inventory import Windows
from bench.judge import CaseFile, judge, unexplained
from bench.keywords.trial import Trial
from bench.model import (
    Attempt,
    CauseClass,
    Check,
    Kind,
    Measurement,
    Observation,
    Reading,
    Service,
    Verdict,
    Went,
    Witness,
)
from drivers.api import DriverError

if TYPE_CHECKING:
    from bench.keywords.station import Station

#: tries of the same thing at most: an ambiguous cause must come back three times the same
TRIES = 3
CONTROL_TRIES = 2
#: a control gets this many seconds even where the silence window is shorter
CONTROL_WINDOW_S = 10.0

#: a late look: asks the receiving side at the run's end
LateLook = Callable[[], Observation | None]


class CheckRun:
    """One check from its setup to its verdict; every step goes to the journal as it happens."""

    def __init__(self, check: Check, recorder: Recorder, windows: Windows) -> None:
        self.check = check
        self.late_looks: list[LateLook] = []
        #: what holds until the last control is made
        self.held = ExitStack()
        self._recorder = recorder
        self._windows = windows
        #: the module under test, once it is ready
        self.subject: Station | None = None
        self._attempts: list[Attempt] = []
        self._observations: list[Observation] = []
        self._readings: list[Reading] = []
        self._measurements: dict[str, Measurement] = {}
        self._controls: dict[tuple[str, ...], Trial] = {}
        self._latency_s = 0.0
        recorder.record("suite", check)

    @property
    def faulty(self) -> bool:
        """Whether the bench failed in this check, so that nothing more can be shown by it."""
        return any(o.fault for o in self._observations) or any(r.fault for r in self._readings)

    def not_applicable(self, reason: str) -> None:
        """Record why the check means nothing on this subject."""
        self.check = replace(self.check, not_applicable=reason)
        self._recorder.record("suite", self.check)

    def read(self, reading: Reading) -> None:
        """Record a property."""
        self._readings.append(reading)
        self._recorder.record("suite", reading)

    def measure(self, measurement: Measurement) -> None:
        """Declare a measurement, or record its value."""
        self._measurements[measurement.name] = measurement
        self._recorder.record("suite", measurement)

    def fault(self, where: str, error: DriverError) -> None:
        """Record that the bench failed outside of an attempt."""
        self.read(Reading(self.check.id, where, None, None, fault=str(error)))

    def try_refused(self, trial: Trial, controls: Iterable[Trial]) -> None:
        """Make an attempt that must not arrive, its controls before it (and again when the check concludes)."""
        for control in controls:
            self._control_once(control)
        window = self._silence(trial.service)
        for number in range(1, TRIES + 1):
            seen = self._make(trial, window, number, whole=True)
            if self.faulty or any(o.went is Went.YES for o in seen) or not _worth_repeating(trial, seen):
                break
        if trial.arrived_late is not None:
            self.late_looks += [partial(trial.arrived_late, attempt) for attempt in self._attempts[-number:]]

    def try_allowed(self, trial: Trial, reference: Trial | None) -> list[Observation]:
        """Make an attempt that must arrive; when it is refused, ask whether a reference reaches the far end."""
        name = f"{trial.service} to {trial.receiver} ({trial.bearer}, {trial.number_format}), time to arrival"
        time_to_arrival = Measurement(self.check.id, name, "s")
        self.measure(time_to_arrival)
        seen: list[Observation] = []
        for number in range(1, TRIES + 1):
            seen = self._make(trial, self._patience(trial.service), number)
            if arrival := _arrival(seen):
                self.measure(replace(time_to_arrival, value=arrival.latency_s))
            if self.faulty or arrival:
                return seen
        if reference is not None:
            self._make(reference, self._patience(reference.service), 1)
        return seen

    def conclude(self) -> Verdict:
        """Make the controls once more and return the judge's word on the check."""
        for control in self._controls.values():
            if not self.faulty:
                self._control(control)
        try:
            self.held.close()
        except DriverError as error:
            self.fault(self.check.subject, error)
        verdict = judge(
            CaseFile(
                self.check,
                tuple(self._attempts),
                tuple(self._observations),
                tuple(self._readings),
                tuple(self._measurements.values()),
            )
        )
        self._recorder.record("judge", verdict)
        return verdict

    def _control_once(self, control: Trial) -> None:
        if control.same not in self._controls and not self.faulty:
            self._controls[control.same] = control
            self._control(control)

    def _control(self, control: Trial) -> None:
        for number in range(1, CONTROL_TRIES + 1):
            arrival = _arrival(self._make(control, self._patience(control.service), number))
            if arrival is not None:
                self._latency_s = max(self._latency_s, arrival.latency_s or 0.0)
            if arrival is not None or self.faulty:
                return

    def _window(self, service: Service) -> float:
        match service:
            case Service.VOICE:
                return self._windows.voice_s
            case Service.SMS:
                return self._windows.sms_s
            case Service.DATA | Service.PDN:
                return self._windows.data_s

    def _silence(self, service: Service) -> float:
        """How long the receiving side must stay silent, in seconds, given how long the controls took."""
        if service is Service.PDN:
            return 0.0  # the module's own answer ends the exchange: nothing comes after it
        return max(self._window(service), self._windows.control_latency_factor * self._latency_s)

    def _patience(self, service: Service) -> float:
        """How long a service may take to arrive, in seconds."""
        return max(CONTROL_WINDOW_S, self._window(service))

    def _make(self, trial: Trial, window_s: float, number: int, *, whole: bool = False) -> list[Observation]:
        token = secrets.token_hex(6)
        try:
            place = trial.module.circumstances()
            session = (
                place.session if self.subject in (None, trial.module) else self.subject.circumstances().session
            )
        except DriverError as error:
            self.fault(trial.module.name, error)
            return []
        attempt = Attempt(
            id=f"{self.check.id}/{token}",
            check=self.check.id,
            role=trial.role,
            service=trial.service,
            direction=trial.direction,
            initiator=trial.initiator,
            receiver=trial.receiver,
            target=trial.target,
            number_format=trial.number_format,
            token=token,
            competent=trial.competent,
            session=session,
            plmn=place.plmn,
            rat=place.rat,
            bearer=trial.bearer,
            window_s=window_s,
            start_ns=time.monotonic_ns(),
            repeat=number,
        )
        self._attempts.append(attempt)
        self._recorder.record("suite", attempt)
        seen: list[Observation] = []
        try:
            seen += trial.make(attempt, whole)
            if not _arrival(seen):
                trial.module.circumstances()  # silence of a module that lost the network is no refusal
        except DriverError as error:
            name, now = trial.module.name, time.monotonic_ns()
            seen.append(Observation(attempt.id, Witness.MODULE, name, Went.UNKNOWN, now, fault=str(error)))
        for observation in seen:
            self._observations.append(observation)
            self._recorder.record("suite", observation)
        return seen


def late_arrivals(looks: Iterable[LateLook], recorder: Recorder) -> None:
    """Ask every receiving side of a refused attempt once more, and record what came after its window.

    A receiver that cannot be asked any more was silent in its window all the same: that is told, and no verdict.
    """
    for look in looks:
        try:
            if observation := look():
                recorder.record("suite", replace(observation, late=True))
        except DriverError as error:
            recorder.emit(Kind.STEP, "suite", step="late-look-failed", why=str(error))


def _arrival(seen: Iterable[Observation]) -> Observation | None:
    return next((o for o in seen if o.went is Went.YES and not o.late), None)


def _worth_repeating(trial: Trial, seen: Iterable[Observation]) -> bool:
    """Whether one try shows too little: a cause that proves nothing alone, or a datagram that may just be lost."""
    if trial.bearer == "udp":
        return True
    causes = [o.cause for o in seen if o.cause is not None]
    return any(c.cls in (CauseClass.AMBIGUOUS, CauseClass.TRANSIENT) or unexplained(c) for c in causes)
