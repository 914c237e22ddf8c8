"""The frame of every test: setup opens a check, keywords fill it, teardown asks the judge."""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Concatenate, NoReturn, ParamSpec, TypeVar

from robot.api import SkipExecution, logger
from robot.api.deco import keyword
from robot.libraries.BuiltIn import BuiltIn
from robot.result import TestCase as TestResult
from robot.running import TestCase, TestSuite

from bench.clauses import Clause, load_catalogue
from bench.evidence import ENDED, PLANNED, STARTED
from bench.keywords.check import CheckRun, LateLook, late_arrivals
from bench.keywords.session import Session
from bench.keywords.station import Station
from bench.keywords.subjects import module_of
from bench.masking import mask_text
from bench.model import Check, Expectation, Function, Kind, Outcome, Reading, Verdict
from bench.numbering import national
from drivers.api import CommandRefused, DriverError, LinkError


class Verdicted(AssertionError):
    """A verdict other than pass; its first word is the outcome."""

    ROBOT_SUPPRESS_NAME = True


P = ParamSpec("P")
ChecksT = TypeVar("ChecksT", bound="Checks")


def witnessed(method: Callable[Concatenate["ChecksT", P], None]) -> Callable[Concatenate["ChecksT", P], None]:
    """Make a keyword record faults of the bench instead of raising them, and do nothing once there was one."""

    @wraps(method)
    def wrapper(self: "ChecksT", /, *args: P.args, **kwargs: P.kwargs) -> None:
        if self.check.faulty:
            return
        try:
            method(self, *args, **kwargs)
        except DriverError as error:
            self.check.fault(self.module_name, error)

    return wrapper


class Checks:
    """Session, current check and the keywords that open and conclude it; also Robot's listener."""

    ROBOT_LISTENER_API_VERSION = 3

    def __init__(self) -> None:
        self._clauses = load_catalogue()
        self._session: Session | None = None
        self._check: CheckRun | None = None
        self._late_looks: list[LateLook] = []
        self._last_refused = 0.0
        self._count = 0
        self._clause: Clause | None = None
        self._test: TestCase | None = None
        self._planned = False
        #: the module that the current test is for
        self.module_name = ""

    # -- Robot's listener: must never raise -------------------------------------------------------------------

    def start_test(self, data: TestCase, _result: TestResult) -> None:
        """Remember the test and the module it is for, and tell the journal."""
        if not self._planned:
            self._planned = True
            for test in _root(data).all_tests:
                self._step(PLANNED, test)
        self._check, self._test = None, data
        self.module_name = module_of(data.tags)
        self._clause = self._clause_of(data)
        self._step(STARTED, data)

    def end_test(self, data: TestCase, result: TestResult) -> None:
        """Tell the journal how Robot saw the end."""
        self._step(ENDED, data, status=result.status)

    def close(self) -> None:
        """Ask the far ends what came late, then close everything."""
        if self._session is not None:
            listened_s = time.monotonic() - self._last_refused
            time.sleep(max(0.0, self._session.bench.windows.linger_s - listened_s) if self._late_looks else 0.0)
            late_arrivals(self._late_looks, self._session.recorder)
            self._session.close()
            self._session = None

    def _step(self, step: str, test: TestCase, status: str = "") -> None:
        clause = self._clause_of(test)
        self.session.recorder.emit(
            Kind.STEP,
            "suite",
            step=step,
            test=test.name,
            module=module_of(test.tags),
            clause=clause.id if clause else "",
            status=status,
        )

    def _clause_of(self, test: TestCase) -> Clause | None:
        return next((self._clauses[tag] for tag in test.tags if tag in self._clauses), None)

    # -- what keywords stand on -------------------------------------------------------------------------------

    @property
    def session(self) -> Session:
        """The session of this run, joined on first use."""
        if self._session is None:
            self._session = Session.from_environment()
        return self._session

    @property
    def check(self) -> CheckRun:
        """The check under way."""
        if self._check is None:
            raise AssertionError(
                "No check is open. Fix: begin the test with [Setup] Expect Refusal or another Expect."
            )
        return self._check

    @property
    def subject(self) -> Station:
        """The module under test."""
        if self.check.subject is None:
            raise LinkError("The module under test is not open.", where=self.module_name)
        return self.check.subject

    def reference(self, capability: str, *, other_than: Station | None = None) -> Station:
        """Return an unrestricted module with the capability; raises LinkError when the bench has none."""
        for name in self.session.references(capability):
            if other_than is None or name != other_than.name:
                return self.session.station(name)
        raise LinkError(
            f"The bench has no further reference module for {capability}.",
            where="bench file",
            cause="controls need two unrestricted modules",
            fix=f'add a module with capabilities = ["{capability}"] and a subscription with restricted = false',
        )

    def need(self, capability: str) -> None:
        """Skip the test when the module does not declare the capability."""
        if not self.subject.can(capability):
            self.skip(f"{self.subject.name} declares no {capability}")

    def confirm_number(self) -> None:
        """Read the card's own number as a control: what is sent to the module must be sent to this module.

        Wanted where no attempt of the check reaches the module, so that nothing else would show a wrong number.
        """
        modem, number = self.subject.modem, self.subject.number
        held: set[str] = set()
        for read in (modem.msisdn_file, modem.own_numbers):
            with suppress(CommandRefused):
                held.update(national(own.number) for own in read() if own.number)
        note = (
            ""
            if number in held
            else "the card does not hold the number of the bench file, so another may be reached"
        )
        name = f"number on the card of {self.subject.name}"
        self.check.read(
            Reading(
                self.check.check.id, name, ",".join(sorted(held)) or None, number in held, control=True, note=note
            )
        )

    def skip(self, reason: str) -> NoReturn:
        """End the test as not applicable."""
        self.check.not_applicable(reason)
        raise SkipExecution(reason)

    # -- keywords ---------------------------------------------------------------------------------------------

    @keyword
    def expect_refusal(self) -> None:
        """Open a check whose attempts must not arrive.

        Every attempt keyword then makes its two controls before it, and once more when the check concludes.
        """
        self._open(Expectation.REFUSED)

    @keyword
    def expect_service(self) -> None:
        """Open a check whose attempts must arrive with the right identity."""
        self._open(Expectation.ALLOWED)

    @keyword
    def expect_property(self) -> None:
        """Open a check that reads a property and compares it with its rule."""
        self._open(Expectation.PROPERTY)

    @keyword
    @witnessed
    def function_is_on(self, function: Function) -> None:
        """Go on only when the contract contains the function; the test is not applicable otherwise."""
        if not self.subject.may(function):
            self.skip(f"the contract has no {function}")

    @keyword
    @witnessed
    def function_is_off(self, function: Function) -> None:
        """Go on only when the contract does not contain the function; the test is not applicable otherwise."""
        if self.subject.may(function):
            self.skip(f"the contract has {function}")

    @keyword
    def conclude_check(self) -> Verdict:
        """Make the controls once more and ask the judge; anything but pass and not_applicable fails the test.

        A body that failed for a reason of its own makes the verdict an error.
        """
        if self._check is None:
            return self._without_check()
        built_in = BuiltIn()
        if built_in.get_variable_value("${TEST STATUS}") == "FAIL":
            message = built_in.get_variable_value("${TEST MESSAGE}")
            self.check.fault("suite", DriverError(f"the test body failed: {message}"))
        verdict = self.check.conclude()
        if self.check.late_looks:
            self._late_looks += self.check.late_looks
            self._last_refused = time.monotonic()
        return _told(verdict)

    def _without_check(self) -> Verdict:
        reason = "the test opened no check"
        clause = self._clause.id if self._clause else "none"
        return _told(Verdict(f"{clause}@{self.module_name}", clause, self.module_name, Outcome.ERROR, (reason,)))

    def _open(self, expectation: Expectation) -> None:
        if self._clause is None:
            raise AssertionError("The test has no clause. Fix: tag it with an id that `bench clauses` prints.")
        self._count += 1
        check = Check(
            f"{self._clause.id}@{self.module_name}#{self._count}",
            self._clause.id,
            self.module_name,
            expectation,
            test=self._test.name if self._test else "",
            silent_drop=self._clause.silent_drop,
        )
        self._check = CheckRun(check, self.session.recorder, self.session.bench.windows)
        try:
            self._check.subject = self.session.station(self.module_name)
        except DriverError as error:
            self._check.fault(self.module_name, error)


def _root(test: TestCase) -> TestSuite:
    suite = test.parent
    while suite.parent is not None:
        suite = suite.parent
    return suite


def _told(verdict: Verdict) -> Verdict:
    """Pass the verdict on to Robot: anything but pass and not_applicable fails the test with its word first."""
    for warning in verdict.warnings:
        logger.warn(mask_text(warning))
    if verdict.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE):
        raise Verdicted(mask_text(f"{verdict.outcome.name}: {'; '.join(verdict.reasons)}"))
    return verdict
