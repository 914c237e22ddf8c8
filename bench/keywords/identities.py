"""Keywords that compare the identities of one card."""

from collections.abc import Callable, Iterator

from robot.api.deco import keyword

from bench.keywords.checks import Checks, witnessed
from bench.model import Reading
from bench.numbering import Confidence, Issued, issuer_of_iccid, operator_of_imsi
from drivers.api import CommandRefused, Unsupported


class IdentityKeywords(Checks):
    """Number, IMSI and ICCID of the module under test."""

    @keyword
    @witnessed
    def identities_agree(self) -> None:
        """Compare who holds number range, IMSI (+CIMI) and ICCID with the operator of the contract.

        What belongs to somebody else is a warning and never fails; of what the tables name no holder, nothing
        is said.
        """
        check, operator = self.check.check.id, self.subject.subscription.operator
        for name, value, issued in self._identities():
            note = f"{issued.holder or 'nobody known'} holds it ({issued.confidence} confidence: {issued.source})"
            agrees = None if issued.holder is None else issued.holder == operator
            confident = agrees is True and issued.confidence is not Confidence.LOW
            note += "" if agrees is not False else f", the contract is with {operator}"
            self.check.read(Reading(check, name, value, agrees, confident=confident, note=note))

    def _identities(self) -> Iterator[tuple[str, str, Issued]]:
        number = self.session.plan.classify(self.subject.subscription.msisdn)
        yield "number", number.national, Issued(number.holder, number.confidence, number.source)
        modem = self.subject.modem
        read: tuple[tuple[str, Callable[[], str], Callable[[str], Issued]], ...] = (
            ("IMSI", modem.imsi, operator_of_imsi),
            ("ICCID", modem.iccid, issuer_of_iccid),
        )
        for name, value_of, issued_to in read:
            try:
                value = value_of()
            except (CommandRefused, Unsupported) as refusal:
                self.check.read(Reading(self.check.check.id, name, None, None, note=str(refusal)))
            else:
                yield name, value, issued_to(value)
