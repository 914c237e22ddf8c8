"""Keywords for contexts and data."""

from collections.abc import Iterator
from enum import Enum

from robot.api.deco import keyword

from bench.keywords.checks import witnessed
from bench.keywords.sms import SmsKeywords
from bench.keywords.station import Station
from bench.keywords.trial import Trial, context, data, data_arrived_late
from bench.model import Destination, Direction, Role, Service, Witness
from drivers.api import LinkError


class Spelling(Enum):
    """How an APN is written; networks must not tell upper from lower case (3GPP TS 23.003 9.1)."""

    plain = "as the contract writes it"
    upper = "in upper case"

    def of(self, apn: str) -> str:
        """Return the APN in this spelling."""
        return apn.upper() if self is Spelling.upper else apn


class DataKeywords(SmsKeywords):
    """Packet data contexts and payload of the module under test."""

    @keyword
    @witnessed
    def activate_own_context(self) -> None:
        """Activate a context with every APN of the contract."""
        self.need("data")
        for apn in self.subject.subscription.apns:
            reached = self.activating(Role.TARGET_CONTROL, self.reference("data"), apn)
            self.check.try_allowed(self.activating(Role.SUBJECT, self.subject, apn), reached)

    @keyword
    @witnessed
    def activate_foreign_contexts(self, spelling: Spelling = Spelling.plain) -> None:
        """Try a context with every APN that a reference may use and the contract does not contain.

        Example:
        | Activate Foreign Contexts | upper |
        """
        self.need("data")
        reference = self.reference("data")
        own = self.subject.subscription.apns
        foreign = [apn for apn in reference.subscription.apns if apn not in own]
        if not foreign:
            raise LinkError(
                "The bench has no APN to try that the contract does not contain.",
                where=f"[subscriptions.{reference.subscription.name}] apns",
                fix="list APNs there which the reference subscription may use",
            )
        allowed = [self.activating(Role.SUBJECT_CONTROL, self.subject, apn) for apn in own[:1]]
        for apn in foreign:
            trial = self.activating(Role.SUBJECT, self.subject, apn, spelling)
            self.check.try_refused(trial, (*allowed, self.activating(Role.TARGET_CONTROL, reference, apn)))

    @keyword
    @witnessed
    def send_data_to_listed_destinations(self) -> None:
        """Send a token to every destination of the contract at which the bench listens."""
        self.need("data")
        for destination in self._listed():
            reached = self.sending(Role.TARGET_CONTROL, self.reference("data"), destination)
            self.check.try_allowed(self.sending(Role.SUBJECT, self.subject, destination), reached)

    @keyword
    @witnessed
    def send_data_to_unlisted_destinations(self, protocol: str) -> None:
        """Try to send a token to every destination that the contract does not contain, by ``tcp`` or ``udp``.

        Example:
        | Send Data To Unlisted Destinations | udp |
        """
        self.need("data")
        reference = self.reference("data")
        listed = next((d for d in self._listed() if d.protocol == protocol), None)
        contract = self.subject.subscription.data_destinations
        unlisted = [d for d in self.session.destinations() if d.protocol == protocol and d not in contract]
        if not unlisted:
            raise LinkError(
                f"The bench has no {protocol} destination to try that is not on the list of {self.subject.name}.",
                where="[far_ends]",
                fix="add a far end of kind data with such a destination",
            )
        for destination in unlisted:
            controls = [self.sending(Role.TARGET_CONTROL, reference, destination)]
            if listed is not None:
                controls.append(self.sending(Role.SUBJECT_CONTROL, self.subject, listed))
            self.check.try_refused(self.sending(Role.SUBJECT, self.subject, destination), controls)

    def activating(self, role: Role, module: Station, apn: str, spelling: Spelling = Spelling.plain) -> Trial:
        """Return the trial of one context activation."""
        written = spelling.of(apn)
        return Trial(
            role=role,
            service=Service.PDN,
            direction=Direction.MO,
            initiator=module.name,
            receiver=apn,
            target=apn,
            bearer="pdn",
            competent=Witness.MODULE,
            module=module,
            make=lambda attempt, _whole: context(attempt, module, written),
            number_format=spelling.name,
        )

    def sending(self, role: Role, module: Station, destination: Destination) -> Trial:
        """Return the trial of one payload."""
        far_end = self.session.destinations()[destination]
        server = self.session.server(far_end)
        return Trial(
            role=role,
            service=Service.DATA,
            direction=Direction.MO,
            initiator=module.name,
            receiver=far_end,
            target=str(destination),
            bearer=destination.protocol,
            competent=Witness.FAR_END,
            module=module,
            make=lambda attempt, whole: data(attempt, module, server, destination, whole=whole),
            arrived_late=lambda attempt: data_arrived_late(attempt, server),
        )

    def _listed(self) -> Iterator[Destination]:
        return (d for d in self.session.destinations() if d in self.subject.subscription.data_destinations)
