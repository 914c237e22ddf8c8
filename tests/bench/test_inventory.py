"""Bench files: what good ones mean, and the one message that each bad one gets."""

import tomllib
from pathlib import Path

import pytest

from bench.inventory import Bench, BenchFileError, SmsAccountEntry, dump, json_schema, load_bench
from bench.model import Destination, Function

EXAMPLE = Path(__file__).parents[2] / "fixtures/benches/example.toml"

GOOD = """\
[bench]
name = "lab"

[modules.meter]
port = "/dev/pts/7"
dialect = "generic"
subscription = "meter"
capabilities = [
    "voice",
    "sms",
]

[modules.phone]
port = "socket://127.0.0.1:4001"
subscription = "phone"
capabilities = ["voice"]

[subscriptions.meter]
operator = "cmcc"
msisdn = "1440000000001"
iccid = "89860000000000000001"
imsi = "460000000000001"
functions = ["data", "voice-mo"]
voice_allowed = ["13800000001"]
data_destinations = ["tcp://127.0.0.1:7001"]

[subscriptions.phone]
operator = "cmcc"
msisdn = "13800000001"
iccid = "89860000000000000002"
imsi = "460000000000002"
restricted = false

[gateways.sp]
kind = "smpp"
host = "127.0.0.1"
port = 2775
system_id = "lab"
lab_password = "lab"

[far_ends.port-number]
kind = "sms-account"
gateway = "sp"
number = "10690000000001"

[far_ends.server]
kind = "data"
destinations = ["tcp://127.0.0.1:7001"]
"""


def load(tmp_path: Path, text: str) -> Bench:
    path = tmp_path / "bench.toml"
    path.write_text(text)
    return load_bench(path)


def test_a_good_file(tmp_path: Path) -> None:
    bench = load(tmp_path, GOOD)
    assert bench.bench.name == "lab"
    assert (bench.subjects(), bench.references()) == (("meter",), ("phone",))
    assert bench.modules["meter"].baud == 115200
    account = bench.far_ends["port-number"]
    assert isinstance(account, SmsAccountEntry)
    assert account.number == "10690000000001"
    assert bench.gateway_password("sp") == "lab"
    assert bench.far_end_token("server") is None


def test_the_clauses_own_windows_are_the_defaults(tmp_path: Path) -> None:
    windows = load(tmp_path, GOOD).windows
    assert (windows.voice_s, windows.sms_s, windows.data_s, windows.control_latency_factor) == (30, 330, 30, 0)


def test_a_subscription_in_the_words_of_the_judge(tmp_path: Path) -> None:
    bench = load(tmp_path, GOOD)
    meter = bench.model("meter")
    assert (meter.name, meter.msisdn, meter.restricted) == ("meter", "1440000000001", True)
    assert meter.functions == {Function.DATA, Function.VOICE_MO}
    assert not meter.allows(Function.SMS_MO)
    assert meter.data_destinations == (Destination("tcp", "127.0.0.1", 7001),)
    assert bench.model("phone").allows(Function.SMS_MO)


def test_a_reference_may_have_a_number_abroad(tmp_path: Path) -> None:
    bench = load(tmp_path, GOOD.replace('msisdn = "13800000001"', 'msisdn = "+85290000010"'))
    assert (bench.references(), bench.references(abroad=True)) == ((), ("phone",))
    assert "+85290000010" in bench.permitted_numbers()


STRAY = """
[modules.stray]
port = "/dev/ttyUSB9"
subscription = "spare"
capabilities = ["data"]
stray_of = "meter"

[subscriptions.spare]
operator = "cmcc"
msisdn = "1440000000004"
iccid = "89860000000000000004"
imsi = "460000000000004"
functions = ["data"]
bound_imei = ["860000000000001", "86000000"]
"""


def test_a_stray_is_neither_tested_nor_a_reference(tmp_path: Path) -> None:
    bench = load(tmp_path, GOOD + STRAY)
    assert (bench.subjects(), bench.references()) == (("meter",), ("phone",))
    assert (bench.strays_of("meter"), bench.strays_of("phone")) == (("stray",), ())


def test_a_card_is_bound_to_whole_imeis_and_to_ranges(tmp_path: Path) -> None:
    bench = load(tmp_path, GOOD + STRAY.replace('"86000000"', '"35000000"'))
    spare = bench.model("spare")
    assert [spare.binds(imei) for imei in ("860000000000001", "860000000000002", "350000001234567")] == [
        True, False, True,
    ]  # fmt: skip
    assert bench.model("meter").binds("860000000000002"), "a contract without bindings takes every device"


def test_a_stray_strays_from_a_module_under_test(tmp_path: Path) -> None:
    with pytest.raises(BenchFileError, match="no module under test is called 'phone'"):
        load(tmp_path, GOOD + STRAY.replace('stray_of = "meter"', 'stray_of = "phone"'))


def test_an_iccid_may_hold_letters(tmp_path: Path) -> None:
    bench = load(tmp_path, GOOD.replace("89860000000000000001", "898604000000000000c1"))
    assert bench.subscriptions["meter"].iccid == "898604000000000000C1"


@pytest.mark.parametrize("text", [GOOD, EXAMPLE.read_text()], ids=["lab", "example"])
def test_the_resolved_file_means_the_same(tmp_path: Path, text: str) -> None:
    bench = load(tmp_path, text)
    resolved = dump(bench)
    assert load(tmp_path, resolved) == bench
    assert tomllib.loads(resolved)["windows"]["sms_s"] == 330


def test_the_example_has_a_caller_on_the_list_and_one_beside_it() -> None:
    bench = load_bench(EXAMPLE)
    allowed = bench.model("meter").voice_allowed
    assert {bench.subscription_of(name).msisdn in allowed for name in bench.references()} == {True, False}


def test_the_schema_knows_every_section() -> None:
    schema = json_schema()
    assert set(schema["properties"]) == set(Bench.model_fields)
    assert schema["additionalProperties"] is False


def test_secrets_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = load_bench(EXAMPLE)
    monkeypatch.delenv("BENCH_SP_PASSWORD", raising=False)
    monkeypatch.setenv("BENCH_SERVE_TOKEN", "t")
    assert bench.far_end_token("server") == "t"
    with pytest.raises(BenchFileError) as caught:
        bench.gateway_password("sp")
    assert str(caught.value) == (
        "[gateways.sp] password_env: the environment variable BENCH_SP_PASSWORD is not set. "
        "Fix: export BENCH_SP_PASSWORD=..."
    )


#: what is replaced by what; line and cause; fix
BAD = {
    "unknown key": (
        "subscription = ",
        "subscribtion = ",
        "7: unknown key 'subscribtion' in [modules.meter]",
        "did you mean 'subscription'?",
    ),
    "unknown key of a far end": (
        'number = "10690000000001"',
        'numero = "1069"',
        "44: unknown key 'numero' in [far_ends.port-number]",
        "did you mean 'number'?",
    ),
    "nothing like it": (
        'name = "lab"',
        'xyzzy = "lab"',
        "2: unknown key 'xyzzy' in [bench]",
        "write one of lab, name, second_plmn",
    ),
    "unknown section": (
        "[gateways.sp]",
        "[gatewys.sp]",
        "34: unknown key 'gatewys' in the file",
        "did you mean 'gateways'?",
    ),
    "digits as an integer": (
        '"1440000000001"',
        "1440000000001",
        "20: [subscriptions.meter] msisdn: is a number",
        "put the digits in quotes; a TOML number loses leading zeros",
    ),
    "digits in a list as an integer": (
        '["13800000001"]',
        '["13800000001", 13800000002]',
        "24: [subscriptions.meter] voice_allowed item 2: is a number",
        "put the digits in quotes; a TOML number loses leading zeros",
    ),
    "not digits": (
        '"1440000000001"',
        '"+861440000000001"',
        "20: [subscriptions.meter] msisdn: wants 3 to 15 digits",
        "write digits only, without +, 86 or separators",
    ),
    "not an ICCID": (
        '"89860000000000000001"',
        '"8986"',
        "21: [subscriptions.meter] iccid: wants 18 to 20 digits",
        "write the ICCID as the card shows it; China Mobile's may hold A to F",
    ),
    "dangling subscription": (
        'subscription = "meter"',
        'subscription = "metre"',
        "7: [modules.meter] subscription: no subscription is called 'metre'",
        "did you mean 'meter'?",
    ),
    "dangling gateway": (
        'gateway = "sp"',
        'gateway = "cmpp"',
        "43: [far_ends.port-number] gateway: no gateway is called 'cmpp'",
        "write one of sp",
    ),
    "unknown dialect": (
        'dialect = "generic"',
        'dialect = "qectel"',
        "6: [modules.meter] dialect: no dialect is called 'qectel'",
        "did you mean 'quectel'?",
    ),
    "dialect file that depends on where one stands": (
        'dialect = "generic"',
        'dialect = "own.toml"',
        "6: [modules.meter] dialect: 'own.toml' is no absolute path",
        "write it from / on, since a run's programs start elsewhere",
    ),
    "dialect file that says what no dialect says": (
        'dialect = "generic"',
        f'dialect = "{EXAMPLE}"',
        f"6: [modules.meter] dialect: {EXAMPLE}: unknown key bench",
        "remove it, or check its spelling and its table",
    ),
    "bad port": (
        '"/dev/pts/7"',
        '"ttyUSB2"',
        "5: [modules.meter] port: 'ttyUSB2' is not a port",
        "write /dev/serial/by-id/..., rfc2217://host:port or socket://host:port",
    ),
    "network port without a number": (
        "socket://127.0.0.1:4001",
        "socket://127.0.0.1",
        "14: [modules.phone] port: 'socket://127.0.0.1' is not a port",
        "write /dev/serial/by-id/..., rfc2217://host:port or socket://host:port",
    ),
    "bad destination": (
        '["tcp://127.0.0.1:7001"]\n\n[sub',
        '["127.0.0.1:7001"]\n\n[sub',
        "25: [subscriptions.meter] data_destinations item 1: '127.0.0.1:7001' is not a destination",
        "write tcp://host:port or udp://host:port",
    ),
    "missing section": (
        '[bench]\nname = "lab"\n',
        "",
        "1: the section [bench] is missing",
        "add it",
    ),
    "missing key": (
        'port = "/dev/pts/7"\n',
        "",
        "4: [modules.meter] has no port",
        "add port = ...",
    ),
    "missing contract": (
        'functions = ["data", "voice-mo"]\n',
        "",
        "18: [subscriptions.meter]: a restricted subscription has no functions",
        "add functions = [...] with what the contract contains of data, voice-mo, voice-mt, sms-mo, sms-mt",
    ),
    "unknown capability": (
        '    "sms",',
        '    "fax",',
        "8: [modules.meter] capabilities item 2: 'fax' is unknown",
        "write 'voice', 'sms', 'ims', '5g', 'euicc' or 'data'",
    ),
    "unknown kind of far end": (
        'kind = "data"',
        'kind = "date"',
        "46: [far_ends.server] is of no known kind",
        "write kind = one of data, sms-account",
    ),
    "duplicate port": (
        "socket://127.0.0.1:4001",
        "/dev/pts/7",
        "14: [modules.phone] port: the same as in [modules.meter]",
        "give each its own",
    ),
    "duplicate number": (
        'msisdn = "13800000001"',
        'msisdn = "1440000000001"',
        "29: [subscriptions.phone] msisdn: the same as in [subscriptions.meter]",
        "give each its own",
    ),
    "one card in two modules": (
        'subscription = "phone"',
        'subscription = "meter"',
        "15: [modules.phone] subscription: the same as in [modules.meter]",
        "give each its own",
    ),
    "a number in quotes": (
        "port = 2775",
        'port = "2775"',
        "37: [gateways.sp] port: wants a number",
        "write the number without quotes",
    ),
    "a port that cannot be": (
        "port = 2775",
        "port = 70000",
        "37: [gateways.sp] port: Input should be less than 65536",
        "see bench config schema",
    ),
    "a flag in quotes": (
        "restricted = false",
        'restricted = "false"',
        "32: [subscriptions.phone] restricted: wants true or false",
        "write it without quotes",
    ),
    "a lab password for a far host": (
        'host = "127.0.0.1"',
        'host = "192.0.2.1"',
        "39: [gateways.sp]: lab_password is for gateways on this host, not for 192.0.2.1",
        'replace it by password_env = "NAME" of an environment variable',
    ),
    "no password": (
        'lab_password = "lab"\n',
        "",
        "34: [gateways.sp]: wants exactly one password",
        'add password_env = "NAME" of an environment variable',
    ),
    "control without its token": (
        'kind = "data"\n',
        'kind = "data"\ncontrol = "http://127.0.0.1:7100"\n',
        "46: [far_ends.server]: control needs a token",
        'add token_env = "NAME" of an environment variable',
    ),
    "not TOML": (
        'name = "lab"',
        "name = lab",
        "2: is not TOML: Invalid value",
        "correct the line; texts and digit strings stand in quotes",
    ),
    "a name that is no name": (
        "[far_ends.server]",
        '[far_ends."a b"]',
        "46: [far_ends.a b]: 'a b' is not a name",
        "use letters, digits, '.', '_' and '-'",
    ),
    "an entry that is a value": (
        '[bench]\nname = "lab"\n',
        'bench = "lab"\n',
        "1: [bench]: is not a section",
        "write it as [bench] with its keys below",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_gets_one_message(tmp_path: Path, case: str) -> None:
    old, new, cause, fix = BAD[case]
    assert old in GOOD
    with pytest.raises(BenchFileError) as caught:
        load(tmp_path, GOOD.replace(old, new, 1))
    assert str(caught.value) == f"{tmp_path}/bench.toml:{cause}. Fix: {fix}"


def test_no_modules_at_all(tmp_path: Path) -> None:
    with pytest.raises(
        BenchFileError, match=r"bench.toml:1: the section \[modules.NAME\] is missing. Fix: add it"
    ):
        load(tmp_path, '[modules]\n[subscriptions]\n[bench]\nname = "x"\n')


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BenchFileError) as caught:
        load_bench(tmp_path / "none.toml")
    assert str(caught.value) == (
        f"{tmp_path}/none.toml: cannot be read: No such file or directory. Fix: name an existing bench file"
    )
    (tmp_path / "latin.toml").write_bytes(b"\xff")
    with pytest.raises(BenchFileError, match=r"is not UTF-8 text\. Fix: save it as UTF-8"):
        load_bench(tmp_path / "latin.toml")


def test_a_message_never_shows_an_identity(tmp_path: Path) -> None:
    with pytest.raises(BenchFileError) as caught:
        load(tmp_path, GOOD.replace('"460000000000001"', "460000000000001"))
    assert "460000000000001" not in str(caught.value)
