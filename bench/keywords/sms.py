"""Keywords for messages."""

from contextlib import nullcontext
from enum import Enum

from robot.api.deco import keyword

from bench.keywords.account import Account
from bench.keywords.checks import witnessed
from bench.keywords.messageform import MessageForm
from bench.keywords.station import Station
from bench.keywords.trial import MessageParty, Trial, message, message_arrived_late
from bench.keywords.voice import Phone, VoiceKeywords
from bench.model import Attempt, Direction, Expectation, Function, Observation, Reading, Role, Service, Witness
from drivers.api import LinkError
from drivers.at import MessageService


class Correspondent(Enum):
    """Whom the module under test writes to or hears from."""

    listed_account = "a service provider's number on the subject's list"
    listed_phone = "a reference module whose number is on the subject's list"
    unlisted_account = "a service provider's number that is not on the subject's list"
    unlisted_phone = "a reference module whose number is on no list"
    any_phone = "a reference module, listed or not"


class SmsKeywords(VoiceKeywords):
    """Messages from and to the module under test."""

    @keyword
    @witnessed
    def warn_without_purpose(self) -> None:
        """Warn when the contract profile does not say what its directed calls and messages serve (ESIM-02-D5)."""
        name = f"purpose of {self.subject.subscription.name}"
        purpose = self.subject.subscription.purpose.strip()
        note = "" if purpose else "ESIM-02-D5: the bench file states no purpose of the directed service"
        self.check.read(Reading(self.check.check.id, name, purpose, bool(purpose), confident=False, note=note))

    @keyword
    @witnessed
    def send_message(self, to: Correspondent, form: MessageForm = MessageForm.plain) -> None:
        """Let the module under test send a message; it arrives when the receiver gets its token.

        ``form`` is ``plain``, ``long``, ``binary``, ``port``, ``class 0``, ``class 2`` or ``type 0``.

        Example:
        | Send Message | unlisted phone | class 0 |
        """
        self.need("sms")
        self._send(to, form, None)

    @keyword
    @witnessed
    def send_message_on_every_bearer(self, to: Correspondent) -> None:
        """Let the module under test send a text on each bearer that +CGSMS offers, with controls on the same one.

        A module without the command has one bearer. No command of 3GPP TS 27.007 chooses IMS: where the module is
        registered to IMS for messages, attempt and controls say so and must agree.

        Example:
        | Send Message On Every Bearer | unlisted phone |
        """
        self.need("sms")
        for service in self.subject.messaging.services() or (None,):
            self._send(to, MessageForm.plain, service)

    @keyword
    @witnessed
    def receive_message(self, from_: Correspondent, form: MessageForm = MessageForm.plain) -> None:
        """Let somebody send a message to the module under test; ``form`` as in `Send Message`.

        Example:
        | Receive Message | unlisted phone | binary |
        """
        self.need("sms")
        sender = self.correspondent(from_)
        bearer = _bearer(form, None)
        trial = self.writing(Role.SUBJECT, sender, self.subject, bearer=bearer, form=form)
        another = self.reference("sms", other_than=sender if isinstance(sender, Station) else None)
        works = self.writing(
            Role.TARGET_CONTROL, sender, another, Direction.MT, bearer=bearer, form=_control_form(form)
        )
        if self.check.check.expectation is not Expectation.REFUSED:
            self.check.try_allowed(trial, works)
            return
        if self.subject.may(Function.SMS_MT):
            listed = self.correspondent(Correspondent.listed_account)
            allowed = self.writing(Role.SUBJECT_CONTROL, listed, self.subject, bearer=bearer)
        else:
            self.confirm_number()
            allowed = self.writing(Role.SUBJECT_CONTROL, sender, another, Direction.MT, bearer=bearer)
        self.check.try_refused(trial, (allowed, works))

    def _send(self, to: Correspondent, form: MessageForm, service: MessageService | None) -> None:
        receiver = self.correspondent(to)
        bearer = _bearer(form, service)
        trial = self.writing(Role.SUBJECT, self.subject, receiver, bearer=bearer, form=form, service=service)
        another = self.reference("sms", other_than=receiver if isinstance(receiver, Station) else None)
        reached = self.writing(
            Role.TARGET_CONTROL, another, receiver, bearer=bearer, form=_control_form(form), service=service
        )
        if self.check.check.expectation is not Expectation.REFUSED:
            self.check.try_allowed(trial, reached)
            return
        if self.subject.may(Function.SMS_MO):
            listed = self.correspondent(Correspondent.listed_account)
            allowed = self.writing(Role.SUBJECT_CONTROL, self.subject, listed, bearer=bearer, service=service)
        else:
            allowed = self.writing(Role.SUBJECT_CONTROL, another, receiver, bearer=bearer, service=service)
        self.check.try_refused(trial, (allowed, reached))

    def writing(
        self,
        role: Role,
        sender: MessageParty,
        receiver: MessageParty,
        direction: Direction | None = None,
        *,
        bearer: str = "sms",
        form: MessageForm = MessageForm.plain,
        service: MessageService | None = None,
    ) -> Trial:
        """Return the trial of one message, which a module sends on ``service`` where one is given."""
        towards_subject = receiver is self.subject
        direction = direction or (Direction.MT if towards_subject else Direction.MO)
        module = sender if direction is Direction.MO else receiver
        if not isinstance(module, Station):
            raise LinkError("A message between two accounts shows nothing of a module.", where=module.name)
        if service is not None and module.sms_over_ims():
            bearer += "-ims"

        def make(attempt: Attempt, whole: bool) -> list[Observation]:  # noqa: FBT001 - as Trial.make wants it
            with nullcontext() if service is None else module.sending_over(service):
                return message(attempt, sender, receiver, form, whole=whole)

        return Trial(
            role=role,
            service=Service.SMS,
            direction=direction,
            initiator=sender.name,
            receiver=receiver.name,
            target=receiver.number,
            bearer=bearer,
            competent=Witness.MODULE if towards_subject else Witness.FAR_END,
            module=module,
            make=make,
            number_format=form.label,
            arrived_late=lambda attempt: message_arrived_late(attempt, sender, receiver, form),
        )

    def correspondent(self, kind: Correspondent) -> Station | Account:
        """Return somebody of the kind; raises LinkError when the bench has none."""
        allowed = self.subject.subscription.sms_allowed
        if kind not in (Correspondent.listed_account, Correspondent.unlisted_account):
            return self.phone(Phone[kind.name], "sms", allowed)
        listed = kind is Correspondent.listed_account
        for name in self.session.accounts():
            if (self.session.account_number(name) in allowed) is listed:
                return self.session.account(name)
        raise LinkError(
            f"The bench has no {kind.name.replace('_', ' ')} for {self.subject.name}.",
            where="bench file",
            cause=f"no far end of kind sms-account whose number is {'' if listed else 'not '}in sms_allowed",
            fix="add the account under [far_ends]" + (" and its number to sms_allowed" if listed else ""),
        )


def _bearer(form: MessageForm, service: MessageService | None) -> str:
    """Name what a trial's controls must have in common with it.

    Messages of type 0 show in reports alone, so that only controls made for them count.
    """
    if form is MessageForm.type_0:
        return "sms-report"
    return "sms" if service is None else f"sms-{service.name.lower().replace('_', '-')}"


def _control_form(form: MessageForm) -> MessageForm:
    """Return the form in which a reference reaches the same target: plain, where plain shows that it can."""
    return form if form is MessageForm.type_0 else MessageForm.plain
