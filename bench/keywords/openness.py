"""Keywords that look whether a module is open to other operators (letters 224 and 225, clause 7)."""

from robot.api.deco import keyword

from bench.keywords.checks import Checks, witnessed
from bench.keywords.station import Station
from bench.model import Reading
from drivers.api import CommandRefused

#: the personalisations of 3GPP TS 22.022, by their facilities in 27.007 7.4
_PERSONALISATIONS = {
    "PN": "network",
    "PU": "network subset",
    "PP": "service provider",
    "PC": "corporate",
    "PS": "card",
}
#: 27.007 9.2.1: the +CME codes by which a personalised module asks for the key of its lock
_LOCKED_CODES = frozenset({5, 6, 7, *range(40, 49)})

#: 27.007 9.2.1, "operation not allowed": the module's own word
_NOT_ALLOWED = 3


class OpennessKeywords(Checks):
    """Whether module and card would serve another operator."""

    @keyword
    @witnessed
    def module_is_not_locked(self) -> None:
        """Query every personalisation of the module (+CLCK, 27.007 7.4) and what it waits for (+CPIN, 8.3).

        A query that the module does not support leaves the check inconclusive. That +CPIN is READY proves
        nothing: a locked module says so too while its own operator's card is in it.
        """
        modem, check = self.subject.modem, self.check.check.id
        for facility, what in _PERSONALISATIONS.items():
            name = f"+CLCK {facility}"
            try:
                locked = modem.facility_locked(facility)
            except CommandRefused as refusal:
                if refusal.family == "CME" and refusal.code in _LOCKED_CODES:
                    self.check.read(Reading(check, name, None, holds=False, note=str(refusal)))
                else:
                    self.check.read(Reading(check, name, None, None, control=True, note=f"unknown: {refusal}"))
                continue
            note = f"{what} personalisation is {'active' if locked else 'not active'}"
            self.check.read(Reading(check, name, str(int(locked)), holds=not locked, note=note))
        self._read_pin_state()

    @keyword
    @witnessed
    def module_registers_on_second_network(self) -> None:
        """Register on the bench's second network by hand (+COPS, 27.007 7.3), then let the module choose again.

        As a control a reference registers there first. What the network refuses with a cause, or what has no
        reason to be seen, decides nothing; the module fails when it refuses the selection itself, or does not
        find the network that the reference uses although it finds others.
        """
        plmn = self.session.bench.bench.second_plmn
        if plmn is None:
            self.skip("the bench file names no second network: [bench] second_plmn")
        reference = self.reference("data")
        holds, note = _service_on(reference, plmn)
        name, check = f"registration on {plmn}", self.check.check.id
        self.check.read(Reading(check, f"{name} of a reference", None, holds, control=True, note=note))
        holds, note = _service_on(self.subject, plmn)
        self.check.read(Reading(check, name, None, holds, note=note))

    def _read_pin_state(self) -> None:
        check = self.check.check.id
        try:
            state = self.subject.modem.pin_state()
        except CommandRefused as refusal:
            self.check.read(Reading(check, "+CPIN", None, None, note=str(refusal)))
            return
        holds = False if state.locks_module else None
        self.check.read(Reading(check, "+CPIN", state, holds, note=f"the module says {state}"))


def _service_on(station: Station, plmn: str) -> tuple[bool | None, str]:
    """Return whether a module gets service on a network (None: nobody can tell), and why; it goes home again."""
    refusal: CommandRefused | None = None
    try:
        registered = station.select_network(plmn).registered and station.modem.serving().plmn == plmn
    except CommandRefused as error:
        registered, refusal = False, error
    found = (True, f"{station.name} registered on {plmn}") if registered else _why_not(station, plmn, refusal)
    station.ready()
    return found


def _why_not(station: Station, plmn: str, refusal: CommandRefused | None) -> tuple[bool | None, str]:
    """Tell a module that keeps away from a network from a network that does not take the card."""
    cause = station.modem.denial()
    if cause is not None:
        return None, f"the network refused {station.name} with cause {cause}"
    if refusal is not None and (refusal.family, refusal.code) == ("CME", _NOT_ALLOWED):
        return False, f"{station.name} refuses to select {plmn}: {refusal}"
    around = station.modem.networks()
    if around and plmn not in around:
        return False, f"{station.name} finds {', '.join(sorted(around))} and not {plmn}"
    return None, f"{station.name} did not register on {plmn} and nothing says why: {refusal or 'no refusal'}"
