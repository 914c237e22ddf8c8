"""Keywords for the binding of a card to its device (letters 224 and 225, clause 6)."""

from robot.api.deco import keyword

from bench.keywords.checks import witnessed
from bench.keywords.data import DataKeywords
from bench.keywords.station import Station
from bench.keywords.trial import Trial, attachment
from bench.model import Direction, Role, Service, Witness
from drivers.api import LinkError

#: ITU-T E.212: 001-01 for tests, 999 for private networks
_TEST_NETWORKS = ("00101", "999")


class BindingKeywords(DataKeywords):
    """A card in a device that it is not bound to."""

    @keyword
    @witnessed
    def use_card_in_foreign_device(self) -> None:
        """Register with a card of the contract in a device outside its binding, and bring its context up.

        Cards are not swapped and IMEIs never written: the bench has a module with such a card in it (``stray_of``
        in the bench file). Only on test networks, since a live network may lock the card for good. Controls: the
        module under test, to which the contract is bound, and a reference activate the same access point.
        """
        self.need("data")
        if not self.subject.subscription.bound_imei:
            self.skip("the contract binds the card to no device")
        strays = self.session.bench.strays_of(self.subject.name)
        if not strays:
            self.skip("the bench has no card of the contract in another device: [modules.NAME] stray_of")
        network = self.subject.modem.serving().plmn
        if not network.startswith(_TEST_NETWORKS):
            self.skip(f"{network} is no test network: there the card may be locked for good")
        _stands(self.subject, bound=True)
        stray = self.session.station(strays[0], registered=False)
        _stands(stray, bound=False)
        apn = stray.subscription.apns[0]
        self.check.try_refused(
            Trial(
                role=Role.SUBJECT,
                service=Service.PDN,
                direction=Direction.MO,
                initiator=stray.name,
                receiver=apn,
                target=apn,
                bearer="pdn",
                competent=Witness.MODULE,
                # a module that is refused stands nowhere: what counts is the place of the one beside it
                module=self.subject,
                make=lambda attempt, _whole: attachment(attempt, stray, apn),
            ),
            (
                self.activating(Role.SUBJECT_CONTROL, self.subject, apn),
                self.activating(Role.TARGET_CONTROL, self.reference("data"), apn),
            ),
        )


def _stands(station: Station, *, bound: bool) -> None:
    """Raise LinkError unless the module is inside, or outside, the binding of the card in it."""
    imei = station.modem.identity().imei
    if station.subscription.binds(imei) is not bound:
        raise LinkError(
            f"The IMEI {imei} is {'not ' if bound else ''}among those that the card is bound to.",
            where=station.name,
            cause=f"[subscriptions.{station.subscription.name}] bound_imei, or the wrong module",
            fix="correct bound_imei" if bound else "put the card into a device that it is not bound to",
        )
