"""Keywords for messages."""

from enum import Enum

from robot.api.deco import keyword

from bench.keywords.account import Account
from bench.keywords.checks import witnessed
from bench.keywords.station import Station
from bench.keywords.trial import MessageParty, Trial, message, message_arrived_late
from bench.keywords.voice import Phone, VoiceKeywords
from bench.model import Direction, Expectation, Function, Role, Service, Witness
from drivers.api import LinkError


class Correspondent(Enum):
    """Whom the module under test writes to or hears from."""

    listed_account = "a service provider's number on the subject's list"
    listed_phone = "a reference module whose number is on the subject's list"
    unlisted_phone = "a reference module whose number is on no list"
    any_phone = "a reference module, listed or not"


class SmsKeywords(VoiceKeywords):
    """Messages from and to the module under test."""

    @keyword
    @witnessed
    def send_message(self, to: Correspondent) -> None:
        """Let the module under test send a text message; it arrives when the receiver gets its token.

        Example:
        | Send Message | listed account |
        """
        self.need("sms")
        receiver = self.correspondent(to)
        trial = self.writing(Role.SUBJECT, self.subject, receiver)
        another = self.reference("sms", other_than=receiver if isinstance(receiver, Station) else None)
        reached = self.writing(Role.TARGET_CONTROL, another, receiver)
        if self.check.check.expectation is not Expectation.REFUSED:
            self.check.try_allowed(trial, reached)
            return
        if self.subject.may(Function.SMS_MO):
            listed = self.correspondent(Correspondent.listed_account)
            allowed = self.writing(Role.SUBJECT_CONTROL, self.subject, listed)
        else:
            allowed = self.writing(Role.SUBJECT_CONTROL, another, receiver)
        self.check.try_refused(trial, (allowed, reached))

    @keyword
    @witnessed
    def receive_message(self, from_: Correspondent) -> None:
        """Let somebody send a text message to the module under test.

        Example:
        | Receive Message | unlisted phone |
        """
        self.need("sms")
        sender = self.correspondent(from_)
        trial = self.writing(Role.SUBJECT, sender, self.subject)
        another = self.reference("sms", other_than=sender if isinstance(sender, Station) else None)
        works = self.writing(Role.TARGET_CONTROL, sender, another, direction=Direction.MT)
        if self.check.check.expectation is not Expectation.REFUSED:
            self.check.try_allowed(trial, works)
            return
        if self.subject.may(Function.SMS_MT):
            listed = self.correspondent(Correspondent.listed_account)
            allowed = self.writing(Role.SUBJECT_CONTROL, listed, self.subject)
        else:
            self.confirm_number()
            allowed = self.writing(Role.SUBJECT_CONTROL, sender, another, direction=Direction.MT)
        self.check.try_refused(trial, (allowed, works))

    def writing(
        self, role: Role, sender: MessageParty, receiver: MessageParty, direction: Direction | None = None
    ) -> Trial:
        """Return the trial of one message."""
        towards_subject = receiver is self.subject
        direction = direction or (Direction.MT if towards_subject else Direction.MO)
        module = sender if direction is Direction.MO else receiver
        if not isinstance(module, Station):
            raise LinkError("A message between two accounts shows nothing of a module.", where=module.name)
        return Trial(
            role=role,
            service=Service.SMS,
            direction=direction,
            initiator=sender.name,
            receiver=receiver.name,
            target=receiver.number,
            bearer="sms",
            competent=Witness.MODULE if towards_subject else Witness.FAR_END,
            module=module,
            make=lambda attempt, whole: message(attempt, sender, receiver, sender.number, whole=whole),
            arrived_late=lambda attempt: message_arrived_late(attempt, receiver),
        )

    def correspondent(self, kind: Correspondent) -> Station | Account:
        """Return somebody of the kind; raises LinkError when the bench has none."""
        allowed = self.subject.subscription.sms_allowed
        if kind is not Correspondent.listed_account:
            return self.phone(Phone[kind.name], "sms", allowed)
        for name in self.session.accounts():
            account = self.session.account(name)
            if account.number in allowed:
                return account
        raise LinkError(
            f"The bench has no message account on the list of {self.subject.name}.",
            where="bench file",
            cause="no far end of kind sms-account whose number is in sms_allowed",
            fix="add the account under [far_ends] and its number to the subscription's sms_allowed",
        )
