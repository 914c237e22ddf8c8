"""Keywords for calls."""

from enum import Enum

from robot.api.deco import keyword

from bench.keywords.checks import Checks, witnessed
from bench.keywords.station import Station
from bench.keywords.trial import Trial, call
from bench.model import Direction, Expectation, Function, Role, Service, Witness
from bench.numbering import formats
from drivers.api import LinkError


class Phone(Enum):
    """A reference module as the subject's contract sees it."""

    listed_phone = "its number is on the subject's list"
    unlisted_phone = "its number is on no list"
    any_phone = "listed or not"


class VoiceKeywords(Checks):
    """Calls from and to the module under test."""

    @keyword
    @witnessed
    def call(self, to: Phone, number_format: str = "plain") -> None:
        """Let the module under test call a phone.

        ``number_format`` is how the number is dialled: ``plain``, ``0n``, ``+86n``, ``0086n``, ``17951n``,
        ``*31#n`` or ``#31#n``. The phone counts as reached when it rings.

        Example:
        | Call | unlisted phone | +86n |
        """
        self.need("voice")
        phone = self.phone(to, "voice", self.subject.subscription.voice_allowed)
        trial = self.calling(Role.SUBJECT, self.subject, phone, number_format)
        reached = self.calling(Role.TARGET_CONTROL, self.reference("voice", other_than=phone), phone)
        if self.check.check.expectation is not Expectation.REFUSED:
            self.check.try_allowed(trial, reached)
            return
        if self.subject.may(Function.VOICE_MO):
            listed = self.phone(Phone.listed_phone, "voice", self.subject.subscription.voice_allowed)
            allowed = self.calling(Role.SUBJECT_CONTROL, self.subject, listed)
        else:
            allowed = self.calling(Role.SUBJECT_CONTROL, self.reference("voice", other_than=phone), phone)
        self.check.try_refused(trial, (allowed, reached))

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

    def phone(self, kind: Phone, capability: str, allowed: tuple[str, ...]) -> Station:
        """Return a reference module of the kind; raises LinkError when the bench has none."""
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
