"""Keywords for calls."""

from enum import Enum, StrEnum

from robot.api.deco import keyword

from bench.keywords.checks import Checks, witnessed
from bench.keywords.station import Station
from bench.keywords.trial import FORWARDING_ACCEPTED, Trial, call, forwarded_call
from bench.model import (
    FORWARDED,
    Attempt,
    Direction,
    Expectation,
    Function,
    Observation,
    Reading,
    Role,
    Service,
    Witness,
)
from bench.numbering import formats
from drivers.api import LinkError


class Phone(Enum):
    """A reference module as the subject's contract sees it."""

    listed_phone = "its number is on the subject's list"
    unlisted_phone = "its number is on no list"
    any_phone = "listed or not"
    phone_abroad = "its number has another country's code"


class VoiceBearer(StrEnum):
    """How a call travels: circuit-switched (from LTE by fallback) or over IMS."""

    CS = "cs"
    IMS = "ims"


class VoiceKeywords(Checks):
    """Calls from and to the module under test."""

    @keyword
    @witnessed
    def call(self, to: Phone, number_format: str = "plain", bearer: VoiceBearer | None = None) -> None:
        """Let the module under test call a phone.

        ``number_format`` is how the number is dialled: ``plain``, ``0n``, ``+86n``, ``0086n``, ``17951n``,
        ``*31#n`` or ``#31#n``, abroad ``plain`` or ``00n``. With a ``bearer`` the check's calls have no other way
        than that one, on modules that declare two. The phone counts as reached when it rings.

        Examples:
        | Call | unlisted phone | +86n |
        | Call | unlisted phone | bearer=CS |
        """
        self.need("voice")
        if bearer is not None:
            self.need("ims")
        phone = self.phone(to, "voice", self.subject.subscription.voice_allowed)
        another = self.reference("ims" if bearer else "voice", other_than=phone)
        listed = None
        if self.check.check.expectation is Expectation.REFUSED and self.subject.may(Function.VOICE_MO):
            listed = self.phone(Phone.listed_phone, "voice", self.subject.subscription.voice_allowed)
        if bearer is not None:
            self.hold_bearer(bearer, (self.subject, another))
        trial = self.calling(Role.SUBJECT, self.subject, phone, number_format)
        reached = self.calling(Role.TARGET_CONTROL, another, phone)
        if self.check.check.expectation is not Expectation.REFUSED:
            self.check.try_allowed(trial, reached)
            return
        if listed is not None:
            allowed = self.calling(Role.SUBJECT_CONTROL, self.subject, listed)
        else:
            allowed = self.calling(Role.SUBJECT_CONTROL, another, phone)
        self.check.try_refused(trial, (allowed, reached))

    def hold_bearer(self, bearer: VoiceBearer, callers: tuple[Station, ...]) -> None:
        """Leave the callers no other way until the check has made its last controls.

        Once for the whole check: a module may register anew with it, and that begins a new session. A module that
        keeps to another way makes the check inconclusive.
        """
        for caller in callers:
            taken = self.check.held.enter_context(caller.voice_over(bearer))
            name, note = f"voice bearer of {caller.name}", "" if taken == bearer else f"calls go over {taken}"
            self.check.read(
                Reading(self.check.check.id, name, taken, holds=taken == bearer, control=True, note=note)
            )

    @keyword
    @witnessed
    def forward_calls(self, to: Phone) -> None:
        """Let the module forward its calls to a phone, then call the module; the phone must not ring.

        The caller is a phone that may call the module. The forwarding is erased and read back after each attempt.

        Example:
        | Forward Calls | unlisted phone |
        """
        self.need("voice")
        phone = self.phone(to, "voice", self.subject.subscription.voice_allowed)
        if self.subject.may(Function.VOICE_MT):
            caller = self.phone(Phone.listed_phone, "voice", self.subject.subscription.voice_allowed)
            allowed = self.calling(Role.SUBJECT_CONTROL, caller, self.subject)
        else:
            self.confirm_number()
            caller = self.reference("voice", other_than=phone)
            allowed = self.calling(Role.SUBJECT_CONTROL, caller, phone, direction=Direction.MT)
        reached = self.calling(Role.TARGET_CONTROL, caller, phone, direction=Direction.MT)
        self.check.try_refused(self.forwarding(caller, phone), (allowed, reached))

    @keyword
    @witnessed
    def receive_call(self, from_: Phone) -> None:
        """Let a phone call the module under test; the module counts as reached when it rings.

        Example:
        | Receive Call | listed phone |
        """
        self.need("voice")
        phone = self.phone(from_, "voice", self.subject.subscription.voice_allowed)
        trial = self.calling(Role.SUBJECT, phone, self.subject)
        another = self.reference("voice", other_than=phone)
        works = self.calling(Role.TARGET_CONTROL, phone, another, direction=Direction.MT)
        if self.check.check.expectation is not Expectation.REFUSED:
            self.check.try_allowed(trial, works)
            return
        if self.subject.may(Function.VOICE_MT):
            listed = self.phone(Phone.listed_phone, "voice", self.subject.subscription.voice_allowed)
            allowed = self.calling(Role.SUBJECT_CONTROL, listed, self.subject)
        else:
            self.confirm_number()
            allowed = self.calling(Role.SUBJECT_CONTROL, another, phone, direction=Direction.MT)
        self.check.try_refused(trial, (allowed, works))

    def calling(
        self,
        role: Role,
        caller: Station,
        callee: Station,
        number_format: str = "plain",
        *,
        direction: Direction | None = None,
    ) -> Trial:
        """Return the trial of one call."""
        towards_subject = callee is self.subject
        direction = direction or (Direction.MT if towards_subject else Direction.MO)
        module = caller if direction is Direction.MO else callee
        dialled = formats(callee.number)[number_format]

        return Trial(
            role=role,
            service=Service.VOICE,
            direction=direction,
            initiator=caller.name,
            receiver=callee.name,
            target=callee.number,
            bearer=module.voice_bearer(),
            competent=Witness.MODULE if towards_subject else Witness.FAR_END,
            module=module,
            make=lambda attempt, whole: call(attempt, caller, callee, dialled, whole=whole),
            number_format=number_format,
        )

    def forwarding(self, caller: Station, phone: Station) -> Trial:
        """Return the trial of one call to the module that the module has forwarded to the phone."""

        def make(attempt: Attempt, whole: bool) -> list[Observation]:  # noqa: FBT001 - the form of Trial.make
            seen = forwarded_call(attempt, caller, self.subject, phone, whole=whole)
            if seen[0].note == FORWARDING_ACCEPTED:
                name = f"call forwarding to {phone.name}"
                self.check.read(
                    Reading(self.check.check.id, name, None, holds=False, confident=False, note=seen[0].note)
                )
            return seen

        return Trial(
            role=Role.SUBJECT,
            service=Service.VOICE,
            direction=Direction.MT,
            initiator=caller.name,
            receiver=phone.name,
            target=phone.number,
            bearer=self.subject.voice_bearer(),
            competent=Witness.FAR_END,
            module=self.subject,
            make=make,
            number_format=FORWARDED,
        )

    def phone(self, kind: Phone, capability: str, allowed: tuple[str, ...]) -> Station:
        """Return a reference module of the kind; raises LinkError when the bench has none.

        A number abroad is a luxury: without one, or with one that the contract lists, the test is not applicable.
        """
        if kind is Phone.phone_abroad:
            abroad = self.session.references(capability, abroad=True)
            unlisted = [name for name in abroad if self.session.bench.subscription_of(name).msisdn not in allowed]
            if not unlisted:
                self.skip("the contract lists the number abroad" if abroad else "the bench has no number abroad")
            return self.session.station(unlisted[0])
        for name in self.session.references(capability):
            listed = self.session.bench.subscription_of(name).msisdn in allowed
            if kind is Phone.any_phone or listed is (kind is Phone.listed_phone):
                return self.session.station(name)
        raise LinkError(
            f"The bench has no {kind.name.replace('_', ' ')} for {self.subject.name}.",
            where="bench file",
            cause=f"no reference module with {capability} where {kind.value}",
            fix="add a reference module, or put its number on the list the operator keeps",
        )
