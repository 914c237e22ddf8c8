"""The corpus of published PDUs, read in this driver's terms.

Its expectations carry other projects' views, which are translated here:

- ``direction`` is a label, not TP-MTI: the projects decode a SUBMIT and a DELIVER through one function, so MTI 1
  is read as SUBMIT except where the test's name says SMS-SUBMIT-REPORT.
- 8-bit data is given as a latin-1 text by one project; here it has no text.
- ``+b084...`` shows the semi-octet 1011 by its hexadecimal digit; 23.040 9.1.2.3 calls it ``#``.
- ``flash`` and ``reject_duplicates`` of the encoder's tests contradict their PDUs (TP-RD set where false, TP-DCS 0
  where a class is wanted): these two are not compared.
- ``asserts`` names what a test compared, without values: such items must decode, and encode back.
"""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from drivers.sms import (
    Alphabet,
    Command,
    Deliver,
    Report,
    SmsFormatError,
    StatusReport,
    Submit,
    UserData,
    decode_tpdu,
    split_smsc,
    text_messages,
    with_smsc,
)

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "sms_pdu.json"
ITEMS = json.loads(CORPUS.read_text(encoding="utf-8")) if CORPUS.exists() else []

if not ITEMS:
    pytest.skip("the corpus is not here", allow_module_level=True)

TYPES = {"SMS-DELIVER": Deliver, "SMS-SUBMIT": Submit, "SMS-STATUS-REPORT": StatusReport}
TOWARDS_SC = ("SmsCommand", "SmsSubmit ", "SmsDeliverReport")
#: Shorter than their TP-UDL says: the last octet of 11 septets is missing; 10 of 160 octets are there.
TRUNCATED = {
    "010005912143F500000BC8329BFD06DDDF7236",
    "0041010C910661345542F60008A0050003000301306F3044",
}


def _name(item):
    return f"{ITEMS.index(item)}-{item['source']}-{item['test']}"


def _malformed(item):
    named = any(word in item["test"] for word in ("underflow", "bad"))
    return named or item["pdu"] in TRUNCATED or item.get("expected", {}).get("error", False)


def _decode(item):
    octets = bytes.fromhex(item["pdu"])
    smsc, tpdu = split_smsc(octets) if item["has_smsc"] else (None, octets)
    named = item["test"].startswith("Sms")
    to_sc = item["test"].startswith(TOWARDS_SC) if named else bool(tpdu) and tpdu[0] & 3 == 1
    return smsc, tpdu, decode_tpdu(tpdu, towards="sc" if to_sc else "ms", error=True)


WELL_FORMED = [item for item in ITEMS if not _malformed(item)]


@pytest.mark.parametrize("item", [item for item in ITEMS if _malformed(item)], ids=_name)
def test_malformed(item):
    with pytest.raises(SmsFormatError):
        _decode(item)


@pytest.mark.parametrize("item", [item for item in WELL_FORMED if item["op"] == "decode"], ids=_name)
def test_decode(item):
    smsc, _, message = _decode(item)
    for key, expected in item.get("expected", {}).items():
        _compare(key, expected, smsc, message, item)


@pytest.mark.parametrize(
    "item",
    [item for item in WELL_FORMED if isinstance(_decode(item)[2], Submit | Deliver | StatusReport)],
    ids=_name,
)
def test_decoded_messages_encode_to_the_same_meaning(item):
    smsc, _, message = _decode(item)
    assert type(message).decode(message.encode()) == message
    if item["op"] == "encode":
        assert with_smsc(message.encode(), smsc) == bytes.fromhex(item["pdu"]), "encoders agree octet by octet"


@pytest.mark.parametrize(
    "item", [item for item in ITEMS if item["op"] == "encode" and "text" in item.get("expected", {})], ids=_name
)
def test_encode(item):
    """Built anew from what the item names; the flags that it does not name come from the PDU."""
    expected = item["expected"]
    smsc, _, model = _decode(item)
    message = Submit(
        model.destination,
        UserData.of(expected["text"]),
        reference=expected["reference"],
        validity=_validity(expected["validity"]),
        status_report=model.status_report,
        reject_duplicates=model.reject_duplicates,
    )
    assert (str(message.destination), str(smsc) if smsc else None) == (expected["number"], expected["smsc"])
    assert with_smsc(message.encode(), smsc) == bytes.fromhex(item["pdu"])


@pytest.mark.parametrize(
    "item",
    [item for item in ITEMS if item["op"] == "encode" and "full_text" in item.get("expected", {})],
    ids=_name,
)
def test_encode_concatenated(item):
    expected = item["expected"]
    parts = text_messages(expected["full_text"])
    assert len(parts) == expected["parts"]
    _, tpdu, model = _decode(item)
    part = parts[expected["part"] - 1]
    message = Submit(model.destination, part, reject_duplicates=model.reject_duplicates)
    assert message.encode() == tpdu


def _validity(expected):
    if isinstance(expected, dict):
        return timedelta(seconds=expected["seconds"])
    return expected and datetime.fromisoformat(expected)


def _compare(key, expected, smsc, message, item):
    match key:
        case "type":
            assert isinstance(message, TYPES[expected])
        case "smsc":
            assert (str(smsc) if smsc else None) == expected
        case "number":
            party = getattr(
                message, {Submit: "destination", Deliver: "originator"}.get(type(message), "recipient")
            )
            assert (
                str(party) == expected.replace("b", "#") if expected.startswith("+b") else str(party) == expected
            )
        case "timestamp" | "time":
            wanted = expected and datetime.fromisoformat(expected)
            got = getattr(message, "timestamp", None)
            assert got == wanted
            assert got is None or got.utcoffset() == wanted.utcoffset()
        case "discharge":
            assert message.discharge == datetime.fromisoformat(expected)
        case "text":
            data = getattr(message, "user_data", None)
            if data is not None and data.alphabet is Alphabet.EIGHT_BIT:
                assert data.text is None
                assert expected is None or data.data == expected.encode("latin-1")
            else:
                assert (data.text if data else None) == expected
        case "multipart":
            data = getattr(message, "user_data", None)
            assert bool(data and data.concat) == expected
        case "udh":
            concat = message.user_data.concat
            assert [
                {"iei": 0, "ref": concat.reference, "parts": concat.total, "number": concat.number}
            ] == expected
        case "reference":
            assert message.reference == expected
        case "validity":
            assert message.validity == _validity(expected)
        case "protocol_id":
            assert message.pid == expected
        case "asserts":
            assert not isinstance(message, Command | Report)
        case _:
            pytest.fail(f"nobody compares {key!r} of {_name(item)}")
