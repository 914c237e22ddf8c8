"""The doctor's judgements, each on its failing side."""

from datetime import UTC, datetime

import pytest

from bench.runner import findings
from bench.runner.findings import Finding, Level
from drivers.api import LinkBusy
from drivers.at import Identity, PinState, Registration, Serving

NOW = datetime(2026, 11, 22, tzinfo=UTC)
EC25 = Identity("Quectel", "EC25", "EC25EFAR06A01M4G", "860000000000001")
GOOD = {
    "clock": findings.clock(NOW, synchronised=True),
    "clock that nobody vouches for": findings.clock(NOW, synchronised=None),
    "disk": findings.disk("runs", 3 << 30),
    "python": findings.python((3, 11, 2)),
    "robot": findings.robot("7.5"),
    "git": findings.git("git version 2.39.5"),
    "no git": findings.git(None),
    "modemmanager": findings.modem_manager([]),
    "no ports": findings.no_ports("/dev/serial/by-id"),
    "rights": findings.rights("rights:meter", "/dev/ttyUSB2", group="dialout", usable=True, held_by=[]),
    "dialect": findings.dialect("meter", "quectel", "quectel", EC25),
    "own dialect": findings.dialect("meter", "own.toml", "quectel", EC25),
    "unknown maker": findings.dialect("meter", "generic", None, EC25),
    "card": findings.card("meter", PinState.READY),
    "registered": findings.registered("meter", Registration(0, 5, None), Serving("46000", "LTE")),
    "imsi": findings.identity("meter", "imsi", "460000000000001", "460000000000001"),
    "gateway": findings.gateway("sp", "192.0.2.1:2775", ""),
}


@pytest.mark.parametrize("finding", GOOD.values(), ids=GOOD)
def test_what_is_as_it_should_be_needs_no_fix(finding: Finding):
    assert (finding.level, finding.fix) == (Level.OK, "")


BAD = {
    "clock before this program": (
        findings.clock(datetime(1970, 1, 1, tzinfo=UTC), synchronised=True),
        ("clock", "fail", "the clock says 1970-01-01 00:00 UTC, which is past"),
        "timedatectl set-ntp true",
    ),
    "clock on its own": (
        findings.clock(NOW, synchronised=False),
        ("clock", "warn", "the clock is not synchronised: evidence has a doubtful time"),
        "timedatectl set-ntp true",
    ),
    "disk nearly full": (
        findings.disk("runs", 1 << 30),
        ("disk", "warn", "1.0 GiB free for runs"),
        "delete old run folders",
    ),
    "disk full": (
        findings.disk("runs", 0),
        ("disk", "fail", "0.0 GiB free for runs"),
        "delete old run folders",
    ),
    "old Python": (
        findings.python((3, 10, 14)),
        ("python", "fail", "Python 3.10.14 is too old"),
        "use Python 3.11 or later",
    ),
    "no robot": (
        findings.robot(None),
        ("robot", "fail", "Robot Framework is not installed"),
        "install the locked environment again",
    ),
    "ModemManager": (
        findings.modem_manager(["ModemManager (pid 812)"]),
        ("modemmanager", "warn", "ModemManager (pid 812) is running and opens every modem port that appears"),
        "ID_MM_DEVICE_IGNORE=1",
    ),
    "no rights": (
        findings.rights("rights:meter", "/dev/ttyUSB2", group="dialout", usable=False, held_by=[]),
        ("rights:meter", "fail", "this user may not open /dev/ttyUSB2 (group dialout)"),
        "sudo usermod -aG dialout $USER",
    ),
    "held": (
        findings.rights("rights:meter", "/dev/ttyUSB2", group="dialout", usable=True, held_by=["minicom (pid 7)"]),
        ("rights:meter", "fail", "/dev/ttyUSB2 is held by minicom (pid 7)"),
        "stop it before a run",
    ),
    "held by somebody, not needed": (
        findings.rights("port:x", "/dev/x", group="tty", usable=True, held_by=["gpsd (pid 7)"], needed=False),
        ("port:x", "warn", "/dev/x is held by gpsd (pid 7)"),
        "stop it before a run",
    ),
    "missing port": (
        findings.missing_port("rights:meter", "/dev/ttyUSB2"),
        ("rights:meter", "fail", "/dev/ttyUSB2 does not exist"),
        "check cable and power",
    ),
    "dialect of another maker": (
        findings.dialect("meter", "simcom", "quectel", EC25),
        ("dialect:meter", "fail", "Quectel EC25 EC25EFAR06A01M4G is addressed in the dialect simcom"),
        'write dialect = "quectel"',
    ),
    "generic where a dialect fits": (
        findings.dialect("meter", "generic", "quectel", EC25),
        ("dialect:meter", "warn", "Quectel EC25 EC25EFAR06A01M4G is addressed in the dialect generic"),
        'write dialect = "quectel"',
    ),
    "locked card": (
        findings.card("meter", PinState.SIM_PIN),
        ("card:meter", "fail", "the card waits for SIM PIN"),
        "switch its PIN off",
    ),
    "not registered": (
        findings.registered("meter", Registration(2, 0, 8), Serving("", "")),
        ("registered:meter", "fail", "not registered on any network"),
        "check antenna, coverage and subscription",
    ),
    "another card": (
        findings.identity("meter", "iccid", "89860000000000000001", "89860000000000000002"),
        ("iccid:meter", "fail", "the card has iccid 898600************02, the bench file 898600************01"),
        "put the right card in",
    ),
    "gateway out of reach": (
        findings.gateway("sp", "192.0.2.1:2775", "Connection refused"),
        ("gateway:sp", "fail", "192.0.2.1:2775 cannot be reached: Connection refused"),
        "check host and port",
    ),
    "error of a driver": (
        findings.error("port:meter", LinkBusy("held by x.", where="/dev/ttyUSB2", cause="a run.", fix="stop it.")),
        ("port:meter", "fail", "/dev/ttyUSB2: held by x. Likely cause: a run"),
        "stop it.",
    ),
}


@pytest.mark.parametrize(("finding", "told", "fix"), BAD.values(), ids=BAD)
def test_what_is_not_says_so_with_the_fix(finding: Finding, told: tuple[str, str, str], fix: str):
    assert (finding.id, finding.level, finding.what) == told
    assert fix in finding.fix


def test_machines_get_no_identity_in_full():
    path = "/dev/serial/by-id/usb-Quectel_EC25_860000000000001-if02"
    told = findings.missing_port("rights:meter", path).as_json()
    assert told["level"] == "fail"
    assert "860000000000001" not in str(told)
