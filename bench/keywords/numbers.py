"""Keywords for the numbers that a card holds and the network asserts."""

from collections.abc import Callable
from enum import Enum

from robot.api.deco import keyword

from bench.keywords.checks import witnessed
from bench.keywords.data import DataKeywords
from bench.keywords.sms import Correspondent
from bench.keywords.trial import Trial
from bench.keywords.voice import Phone
from bench.model import Reading, Role, Went
from bench.numbering import Classification, Confidence, NumberClass
from drivers.api import CommandRefused


class Rule(Enum):
    """What a clause demands of a number."""

    thirteen_digit_iot = "13 digits in an IoT range (ESIM-03)"
    no_reseller = "in no range of a reseller (ESIM-04)"


#: national length of an IoT number (letters 224 and 225, clause 3)
_IOT_DIGITS = 13
_HOLDS: dict[Rule, Callable[[Classification], bool]] = {
    Rule.thirteen_digit_iot: lambda found: found.cls is NumberClass.IOT13,
    Rule.no_reseller: lambda found: found.cls is not NumberClass.MVNO11,
}


class NumberKeywords(DataKeywords):
    """Numbers of the module under test, on its card and as others are shown them."""

    @keyword
    @witnessed
    def number_on_card_is(self, rule: Rule) -> None:
        """Read EF_MSISDN (3GPP TS 31.102 4.2.26) and +CNUM (27.007 7.1) and compare every number with the rule.

        An empty file is not applicable, not a failure.

        Example:
        | Number On Card Is | thirteen digit iot |
        """
        modem = self.subject.modem
        for name, read in (("EF_MSISDN", modem.msisdn_file), ("+CNUM", modem.own_numbers)):
            try:
                numbers = [own.number for own in read() if own.number]
            except CommandRefused as refusal:
                self.check.read(Reading(self.check.check.id, name, None, None, note=str(refusal)))
                continue
            if not numbers:
                self.check.read(Reading(self.check.check.id, name, None, None, absent=True))
            for number in numbers:
                self._read(name, number, rule)

    @keyword
    @witnessed
    def number_shown_in_call_is(self, rule: Rule) -> None:
        """Call a listed phone and compare the number it is shown with the rule.

        As a control a reference calls the same phone: it must be shown that reference's own number.
        """
        self.need("voice")
        phone = self.phone(Phone.listed_phone, "voice", self.subject.subscription.voice_allowed)
        another = self.reference("voice", other_than=phone)
        self._shown(
            self.calling(Role.SUBJECT, self.subject, phone),
            self.calling(Role.TARGET_CONTROL, another, phone),
            rule,
        )

    @keyword
    @witnessed
    def number_shown_in_message_is(self, rule: Rule) -> None:
        """Write to a listed account and compare the number it is shown with the rule; controlled as a call is."""
        self.need("sms")
        account = self.correspondent(Correspondent.listed_account)
        self._shown(
            self.writing(Role.SUBJECT, self.subject, account),
            self.writing(Role.TARGET_CONTROL, self.reference("sms"), account),
            rule,
        )

    def _shown(self, trial: Trial, control: Trial, rule: Rule) -> None:
        check, place = self.check.check.id, f"{trial.service} number at {trial.receiver}"
        right = next((o.identity_right for o in self.check.try_allowed(control, None) if o.went is Went.YES), None)
        note = "" if right else "the far end does not show who calls or writes"
        self.check.read(Reading(check, f"{place} of a reference", None, right, control=True, note=note))
        shown = next((o.identity for o in self.check.try_allowed(trial, None) if o.went is Went.YES), None)
        if shown:
            self._read(place, shown, rule)
        elif not self.check.faulty:
            self.check.read(Reading(check, place, None, None, note="no number was shown there"))

    def _read(self, name: str, number: str, rule: Rule) -> None:
        """Compare a number with the rule; what the plan knows only vaguely warns and never fails."""
        check, found = self.check.check.id, self.session.plan.classify(number)
        note = (
            f"{found.cls} of {found.holder or 'nobody known'} ({found.confidence} confidence), want {rule.value}"
        )
        wrong_length = rule is Rule.thirteen_digit_iot and len(found.national) != _IOT_DIGITS
        confident = wrong_length or found.confidence is not Confidence.LOW
        self.check.read(Reading(check, name, number, _HOLDS[rule](found), confident=confident, note=note))
        operator = self.subject.subscription.operator
        if rule is Rule.thirteen_digit_iot and found.holder and found.holder != operator:
            note = f"the range belongs to {found.holder}, the subscription to {operator}"
            self.check.read(Reading(check, f"{name}, operator", number, holds=False, confident=False, note=note))
