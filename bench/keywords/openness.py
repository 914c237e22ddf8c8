"""Keywords that look whether a module is open to other operators (letters 224 and 225, clause 7)."""

from robot.api.deco import keyword

from bench.keywords.checks import Checks, witnessed
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

    def _read_pin_state(self) -> None:
        check = self.check.check.id
        try:
            state = self.subject.modem.pin_state()
        except CommandRefused as refusal:
            self.check.read(Reading(check, "+CPIN", None, None, note=str(refusal)))
            return
        holds = False if state.locks_module else None
        self.check.read(Reading(check, "+CPIN", state, holds, note=f"the module says {state}"))
