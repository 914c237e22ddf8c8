"""Replies of real modules, collected from other projects' tests: in this driver's terms they mean the same.

The corpus lies beside the project; without it these tests are skipped.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from drivers.api import ProtocolError
from drivers.at import Command, Errors, load_dialect, replies
from drivers.at.framer import Framer, refusal
from drivers.at.replies import CallStat
from drivers.sms import Deliver, StatusReport

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "at_replies.json"
#: Of the items with an expectation, for commands that the driver knows, so many must mean what is expected.
RATIO = 0.95

#: Items with an expectation that this driver does not meet, and why.
_EXCEPTIONS = {
    "modemman-0575": "hex without quotes is no reply there; here it is one, since some modules leave them out",
}


def _reason(item: dict[str, Any]) -> str | None:
    """Why an item cannot apply at all, None when it can."""
    if item["source"] == "zephyr" and not item["raw_reply"].startswith("+"):
        return "splits a line without the plus sign, as that library's own chat script does"
    if item["test"] == "devids":
        return "the answer to ATI, with the USB identities of a device database as expectation"
    return _EXCEPTIONS.get(item["id"])


def _lines(item: dict[str, Any]) -> list[str]:
    lines = [line for line in item["raw_reply"].replace("\r", "\n").split("\n") if line.strip()]
    return [line for line in lines if line not in {"OK", "ERROR", "COMMAND NOT SUPPORT"}]


def _expected(item: dict[str, Any]) -> Any:
    expected = item.get("expected") or {}
    found = expected.get("locals", expected)
    return found.get("expected", found.get("expected_call_info_list", found.get("result", found)))


#: That project's flags of access technologies as <AcT> of 27.007 7.3.
_ACT = {0: None, 2: 0, 16: 3, 32: 2, 16384: 7, 32768: 11}


def _is_test_form(item: dict[str, Any]) -> bool:
    asked = item.get("request", "").endswith("=?") or item["test"] == "test_cpms_response_huawei_mu609"
    return asked or any("(" in line.partition(":")[2][:20] for line in _lines(item))


def _check_registration(item: dict[str, Any]) -> None:
    if _is_test_form(item):
        assert replies.offered(_lines(item)[0])[0][:2] == ("0", "1")
        return
    expected = _expected(item)
    unsolicited = "unsolicited" in item["test"]
    for line in [line for line in _lines(item) if line.startswith(f"{item['command']}:")]:
        read = replies.parse_registration(line, unsolicited=unsolicited)
        if "state" in expected:
            assert read.stat == expected["state"]["value"]
            assert (read.area or 0, read.cell or 0) == (expected["lac"], expected["ci"])
            assert read.act == _ACT[expected["act"]["value"]]


def _check_operator(item: dict[str, Any]) -> None:
    if _is_test_form(item):
        _check_operators(item)
        return
    read = replies.parse_operator(_lines(item)[0])
    if expected := _expected(item):
        assert (read.mode, read.format, read.name) == (expected["mode"], expected["format"], expected["operator"])
        assert read.act == _ACT[expected["act"]["value"]]


def _check_operators(item: dict[str, Any]) -> None:
    rows = item["expected"]["locals"].get("expected", [])
    found = replies.parse_operators(_lines(item)[0])
    assert [(row.stat, row.long or None, row.short or None, row.plmn) for row in found] == [
        (row["status"]["value"], row["operator_long"], row["operator_short"], row["operator_code"]) for row in rows
    ]
    assert [replies.rat(row.act) for row in found] == [
        replies.rat(_ACT[row["access_tech"]["value"]]) for row in rows
    ]


def _check_calls(item: dict[str, Any]) -> None:
    states = {4: CallStat.ACTIVE, 3: CallStat.INCOMING, 6: CallStat.WAITING}
    calls = [call for call in map(replies.parse_call, _lines(item)) if call.voice]
    assert [(call.index, call.state, call.number or None) for call in calls] == [
        (call["index"], states[call["state"]["value"]], call["number"]) for call in _expected(item)
    ]
    assert {call.direction for call in calls} == {"mt"}


def _check_own_numbers(item: dict[str, Any]) -> None:
    numbers = [number.number for number in replies.parse_own_numbers(_lines(item))]
    assert numbers == [number for number in _expected(item) if number]


def _check_active_context(item: dict[str, Any]) -> None:
    expected = _expected(item)
    read = replies.parse_active_context(_lines(item)[0])
    dns = tuple(expected[key] for key in ("dns_primary_address", "dns_secondary_address") if key in expected)
    assert (read.cid, read.bearer, read.apn) == (expected["cid"], expected["bearer_id"], expected.get("apn", ""))
    assert (read.address, read.gateway) == (
        expected.get("local_address", ""),
        expected.get("gateway_address", ""),
    )
    assert (read.subnet_mask, read.dns) == (expected.get("subnet", ""), dns)


def _check_signal(item: dict[str, Any]) -> None:
    expected, read = _expected(item), replies.parse_signal(_lines(item)[0])
    assert (read.rxlev_dbm, read.rscp_dbm, read.ecno_db, read.rsrq_db, read.rsrp_dbm) == tuple(
        expected.get(key) for key in ("rssi", "rscp", "ecio", "rsrq", "rsrp")
    )


def _check_stored(item: dict[str, Any]) -> None:
    found = replies.parse_stored_sms(_lines(item))
    if item["source"] == "zephyr":
        assert len(found) == 1
        return
    expected = _expected(item)
    rows = expected if isinstance(expected, list) else [expected]
    assert [(sms.index or 0, sms.stat, sms.pdu.hex().upper()) for sms in found] == [
        (row["index"], row["status"], row["pdu"]) for row in rows
    ]
    assert all(isinstance(sms.message, Deliver) for sms in found)


def _check_iccid(item: dict[str, Any]) -> None:
    if item["expected"]["error"]:
        with pytest.raises(ProtocolError):
            replies.parse_iccid(item["raw_reply"])
    else:
        assert replies.parse_iccid(item["raw_reply"]) == item["expected"]["iccid"]


def _check_pin(item: dict[str, Any]) -> None:
    state = replies.parse_pin(_lines(item)[0])
    lock = (item.get("expected") or {}).get("expected_lock", {"sym": "READY"})["sym"]
    assert state.replace(" ", "_").replace("-", "_") == lock.removeprefix("MM_MODEM_LOCK_")


def _check_storage(item: dict[str, Any]) -> None:
    line = _lines(item)[0]
    if _is_test_form(item):
        offered = replies.offered(line)
        asserts = "".join((item.get("expected") or {}).get("asserts", ()))
        for place, count in re.findall(r"mem(\d)->len, ==, (\d+)", asserts):
            assert len(offered[int(place) - 1]) == int(count)
        assert all(memory.isupper() for group in offered for memory in group)
    elif item.get("request") == "AT+CPMS?":  # a phone that says nothing
        with pytest.raises(ProtocolError):
            replies.parse_storage(line)
    elif item.get("expected"):
        names = {"SM": 1, "ME": 2, "MT": 3, "SR": 4, "BM": 5}
        assert names.get(replies.parse_storage(line).memory, 0) == item["expected"]["mem1_want"]


def _check_card(item: dict[str, Any]) -> None:
    expected, read = _expected(item), replies.parse_card(_lines(item)[0])
    assert (read.sw1, read.sw2, read.data.hex().upper()) == (expected["sw1"], expected["sw2"], expected["hex"])
    assert read.done is expected["ret"]


_PDP_TYPES = {"IP": 1, "IPV6": 2, "IPV4V6": 4}


def _check_context_definitions(item: dict[str, Any]) -> None:
    if _is_test_form(item):
        _check_offered_contexts(item)
        return
    found = replies.parse_context_definitions(_lines(item))
    cid = item["expected"]["expected_profile_id"]
    if item["expected"]["expected_profile_id_reused"]:
        assert cid in {definition.cid for definition in found}
    assert all(definition.pdp_type in _PDP_TYPES for definition in found)


def _check_offered_contexts(item: dict[str, Any]) -> None:
    found = [row for row in replies.parse_offered_contexts(_lines(item)) if row.pdp_type in _PDP_TYPES]
    expected = _expected(item)
    if "expected_profile_id" in expected:  # the one it chooses is one that may be chosen
        assert all(expected["expected_profile_id"] in row.cids for row in found)
        assert {row.pdp_type for row in found} == set(_PDP_TYPES)
    elif expected:
        # that project reads the first range only
        assert [(min(row.cids), _PDP_TYPES[row.pdp_type]) for row in found] == [
            (row["min_cid"], row["pdp_type"]["value"]) for row in expected
        ]
        assert all(row["max_cid"] in read.cids for read, row in zip(found, expected, strict=True))


def _check_context_states(item: dict[str, Any]) -> None:
    assert replies.parse_context_states(_lines(item)) == {row["cid"]: row["active"] for row in _expected(item)}


def _check_report(item: dict[str, Any]) -> None:
    length, pdu = item["expected"]["args"]
    code, body = _lines(item)
    assert replies.fields(code) == (str(length),)
    assert isinstance(replies.read_pdu(replies.parse_pdu(body), received=True), StatusReport)
    assert body == pdu


def _check_caller(item: dict[str, Any]) -> None:
    assert replies.parse_caller(_lines(item)[0]) == replies.Caller(
        _expected(item)["number"], _expected(item)["type"]
    )


def _check_cause(item: dict[str, Any]) -> None:
    assert replies.text_of(_lines(item)[0]) == item["expected"]["result"]


def _check_rssi(item: dict[str, Any]) -> None:
    assert replies.parse_rssi(_lines(item)[0]) == -79


def _check_digits(item: dict[str, Any]) -> None:
    assert replies.parse_digits(_lines(item)) == _lines(item)[0]


def _check_identity(item: dict[str, Any]) -> None:
    assert replies.parse_identity(_lines(item)) == " ".join(line.strip() for line in _lines(item))


def _check_functionality(item: dict[str, Any]) -> None:
    expected = item.get("expected") or {}
    if _is_test_form(item):
        levels = {int(level) for level in replies.offered(_lines(item)[0])[0]}
        if expected:
            assert sum(1 << level for level in levels) == expected["expected_mask"]["value"]
        return
    level = replies.parse_functionality(_lines(item)[0])
    if "allowed" in expected:  # 5 and 6 are that vendor's 2G only and 3G only
        assert {0: 0, 1: 6, 4: 0, 5: 2, 6: 4}[level] == expected["allowed"]["value"]
    elif isinstance(expected.get("state"), dict):
        assert {0: 1, 4: 2}.get(level, 3) == expected["state"]["value"]
    elif expected:
        assert level == expected["state"]


def _check_clock(item: dict[str, Any]) -> None:
    expected, line = item["expected"], _lines(item)[0]
    if not expected["ret"]:
        with pytest.raises(ProtocolError):
            replies.parse_clock(line)
        return
    read = replies.parse_clock(line)
    offset = read.utcoffset()
    assert (0 if offset is None else offset.total_seconds() / 60) == expected["offset"]
    assert read.replace(tzinfo=None) == datetime.fromisoformat(expected["iso8601"][:19])


def _check_event(item: dict[str, Any]) -> None:
    expected = item["expected"]
    read = replies.parse_context_event(_lines(item)[0])
    assert (read.cid or 0, read.parent or 0, read.event_type or 0) == (
        expected["expected_cid"],
        expected["expected_parent_cid"],
        expected["expected_event_type"],
    )
    assert (read.pdp_type or None, read.address or None) == (
        expected["expected_pdp_type"],
        expected["expected_pdp_addr"],
    )
    names = {"PDN ACT": "ACT_PRIMARY", "PDN DEACT": "DEACT_PRIMARY", "ACT": "ACT_SECONDARY"}
    names["DEACT"] = "DEACT_PDP" if read.pdp_type else "DEACT_SECONDARY"
    told = f"{read.by}_{names.get(read.what, read.what)}"
    assert told.replace("NW_REJECT", "REJECT") == expected["expected_type"]["sym"].removeprefix("MM_3GPP_CGEV_")


def _check_waiting(item: dict[str, Any]) -> None:
    expected, lines = item["expected"], _lines(item)
    if item.get("form") == "urc":
        waiting = replies.parse_waiting_call(lines[0])
        assert (waiting.number, waiting.ton, waiting.classes) == tuple(expected.values())
    elif expected["expected_error"] and lines[0].startswith("+CCWA: 2"):
        with pytest.raises(ProtocolError):
            replies.parse_service_states(lines)
    else:
        voice = [active for classes, active in replies.parse_service_states(lines).items() if classes & 1]
        assert voice == ([] if expected["expected_error"] else [expected["expected_status"]])


def _check_lock(item: dict[str, Any]) -> None:
    if _is_test_form(item):
        assert {"SC", "AO", "FD"} <= set(replies.offered(_lines(item)[0])[0])
    else:
        assert replies.parse_service_states(_lines(item)) == {7: True}


def _check_apdu(item: dict[str, Any]) -> None:
    expected, line = item["expected"], _lines(item)[0]
    if "recognize" in (expected["error_message"] or ""):
        with pytest.raises(ProtocolError):
            replies.parse_apdu(line)
        return
    read = replies.parse_apdu(line)
    words = f"{read.sw1:02X}{read.sw2:02X}"
    assert line.endswith(f'{words}"')
    if expected["error_message"] is None:  # tries left, 102 221 10.2.1.5
        assert words == f"63C{expected['result']:X}"


def _check_preferred(item: dict[str, Any]) -> None:
    expected = item["expected"]
    if expected["expected_error"]:
        with pytest.raises(ProtocolError):
            replies.parse_preferred_operators(_lines(item))
        return
    (read,) = replies.parse_preferred_operators(_lines(item))
    assert (read.index, read.plmn) == (expected["expected_index"], expected["expected_operator_code"])
    assert read.technologies == {
        name
        for name, key in (
            ("GSM", "gsm"),
            ("GSM compact", "gsm_compact"),
            ("UTRAN", "utran"),
            ("E-UTRAN", "eutran"),
            ("NG-RAN", "ngran"),
        )
        if expected[f"expected_{key}_act"]
    }


def _check_network_choice(item: dict[str, Any]) -> None:
    if not _is_test_form(item):
        values = {"2g": 12, "3g": 22, "4g": 28, "any": 25, "other": 8}
        read = replies.parse_network_choice(_lines(item)[0])
        assert read == values[item["test"].removeprefix("test_ws46_response_")]
        return
    (offered,) = replies.offered(_lines(item)[0])
    # flags 2, 4 and 8 are that project's 2G, 3G and 4G; 25 means all that the module has
    modes = {"12": 2, "22": 4, "28": 8, "29": 6, "30": 10, "31": 12}
    modes["25"] = 14 if {"28", "30", "31"} & set(offered) else 6
    if expected := _expected(item):
        assert [modes[value] for value in offered] == [mode["value"] for mode in expected]


def _check_message_indications(item: dict[str, Any]) -> None:
    if lines := _lines(item):
        mode, mt, bm, ds, bfr = replies.offered(lines[0])
        assert {"0", "1", "2"} <= set(mode)
        assert {"0", "1"} <= set(mt)
        assert (bm[0], ds[0], bfr) == ("0", "0", ("1",))


def _check_character_sets(item: dict[str, Any]) -> None:
    if _is_test_form(item):
        assert {"GSM", "UCS2"} <= set(replies.offered(_lines(item)[0])[0])


def _check_event_reporting(item: dict[str, Any]) -> None:
    modes = {"DISCARD_URCS": "0", "DISCARD_URCS_IF_LINK_RESERVED": "1", "BUFFER_URCS_IF_LINK_RESERVED": "2"}
    modes["FORWARD_URCS"] = "3"
    indications = {"DISABLE": "0", "ENABLE_NOT_CAUSED_BY_CIND": "1"}
    offered = replies.offered(_lines(item)[0])
    for values, names, key in ((offered[0], modes, "modes"), (offered[3], indications, "inds")):
        told = item["expected"]["locals"][f"expected_{key}"]
        flags = re.findall(r"MM_3GPP_CMER_(?:MODE|IND)_(\w+)", told.get("expr", told.get("sym")))
        assert list(values) == [names[flag] for flag in flags]


def _check_capabilities(item: dict[str, Any]) -> None:
    assert {"+CGSM", "+DS"} <= set(replies.parse_capabilities(_lines(item)[0]))


def _check_final(item: dict[str, Any]) -> None:
    """Whether the lines end a command, and as refused."""
    command = Command("AT+CMGS=1", errors=Errors.CME | Errors.CMS)
    framer = Framer(load_dialect("generic"))
    framer.begin(command)
    finals = [event.text for event in framer.feed(item["raw_reply"].encode("latin-1") + b"\r\n") if event.done]
    expected = item["expected"]
    assert bool(finals) == expected.get("found", True)
    if finals:
        assert (refusal(finals[0], command) is not None) == expected.get("expected_error", True)


_CHECKS: dict[str, Callable[[dict[str, Any]], None]] = {
    "+CREG": _check_registration,
    "+CGREG": _check_registration,
    "+CEREG": _check_registration,
    "+C5GREG": _check_registration,
    "+COPS": _check_operator,
    "+CPOL": _check_preferred,
    "+WS46": _check_network_choice,
    "+CFUN": _check_functionality,
    "+CCLK": _check_clock,
    "+CSQ": _check_rssi,
    "+CESQ": _check_signal,
    "+CLCC": _check_calls,
    "+CLIP": _check_caller,
    "+CCWA": _check_waiting,
    "+CLCK": _check_lock,
    "+CEER": _check_cause,
    "+CNUM": _check_own_numbers,
    "+CPIN": _check_pin,
    "+CRSM": _check_card,
    "+CSIM": _check_apdu,
    "ICCID": _check_iccid,
    "+CGDCONT": _check_context_definitions,
    "+CGACT": _check_context_states,
    "+CGCONTRDP": _check_active_context,
    "+CGEV": _check_event,
    "+CPMS": _check_storage,
    "+CNMI": _check_message_indications,
    "+CMGL": _check_stored,
    "+CMGR": _check_stored,
    "+CDS": _check_report,
    "+CSCS": _check_character_sets,
    "+CMER": _check_event_reporting,
    "+GCAP": _check_capabilities,
    "+CGMI": _check_identity,
    "+CGMM": _check_identity,
    "+CGMR": _check_identity,
    "+CGSN": _check_digits,
    "+CIMI": _check_digits,
    "+CME": _check_final,
    "+CMS": _check_final,
    "+CMTI": _check_final,
    "+CIEV": _check_final,
}


def _items() -> list[dict[str, Any]]:
    if not CORPUS.exists():
        return []
    items = json.loads(CORPUS.read_text(encoding="utf-8"))
    return [item for item in items if item.get("command") in _CHECKS]


def _has_expectation(item: dict[str, Any]) -> bool:
    return item.get("expected") is not None


needs_corpus = pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")


@needs_corpus
@pytest.mark.parametrize("item", [pytest.param(item, id=item["id"]) for item in _items()])
def test_corpus(item: dict[str, Any]) -> None:
    if reason := _reason(item):
        pytest.skip(reason)
    if not (_lines(item) or _has_expectation(item)):
        pytest.skip("an action without an information line")
    _CHECKS[item["command"]](item)


@needs_corpus
def test_nearly_all_expectations_are_met() -> None:
    counted = [item for item in _items() if _has_expectation(item)]
    left_out = Counter(item["command"] for item in counted if _reason(item))
    assert 1 - left_out.total() / len(counted) >= RATIO, left_out


@needs_corpus
def test_what_is_listed_as_an_exception_is_one() -> None:
    for item in _items():
        if item["id"] in _EXCEPTIONS:
            with pytest.raises((AssertionError, pytest.fail.Exception)):
                _CHECKS[item["command"]](item)
