"""What holds for every message: encode and decode agree, and rubbish is refused in one way only."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from drivers.sms import (
    Address,
    Alphabet,
    Deliver,
    Element,
    SmsFormatError,
    StatusReport,
    Submit,
    UserData,
    dcs_octet,
    decode_tpdu,
    gsm7_decode,
    gsm7_encode,
    pack_septets,
    split_smsc,
    text_messages,
    unpack_septets,
    with_smsc,
)

octet = st.integers(0, 255)
flag = st.booleans()
gsm_text = st.text("".join(gsm7_decode(bytes((code,))) for code in range(128) if code != 0x1B) + "^{}[]~|€\\\f")
numbers = st.builds(
    Address,
    st.text("0123456789*#abc", max_size=20),
    st.integers(0, 7).filter(lambda ton: ton != 5),
    st.integers(0, 15),
)
names = gsm_text.filter(lambda text: len(gsm7_encode(text)) <= 11).map(lambda text: Address(text, 5, 0))
addresses = numbers | names
times = st.builds(
    lambda seconds, quarters: (datetime(2000, 1, 2, tzinfo=UTC) + timedelta(seconds=seconds)).astimezone(
        timezone(quarters * timedelta(minutes=15))
    ),
    st.integers(0, 3_155_000_000),
    st.integers(-79, 79),
)
relative = (
    st.integers(1, 144).map(lambda n: timedelta(minutes=5 * n))
    | st.integers(25, 48).map(lambda n: timedelta(minutes=30 * n))
    | st.integers(1, 30).map(lambda n: timedelta(days=n))
    | st.integers(5, 63).map(lambda n: timedelta(weeks=n))
)
headers = st.lists(st.builds(Element, octet, st.binary(max_size=10)), max_size=4).map(tuple)


@st.composite
def user_data(draw):
    dcs, header = draw(octet), draw(headers)
    head = 1 + sum(2 + len(element.data) for element in header) if header else 0
    if UserData(dcs=dcs).alphabet is Alphabet.GSM7 and not UserData(dcs=dcs).coding.compressed:
        data = st.lists(st.integers(0, 127), max_size=(140 - head) * 8 // 7).map(bytes)
    else:
        data = st.binary(max_size=140 - head)
    return UserData(draw(data), dcs, header)


submits = st.builds(
    Submit,
    addresses,
    user_data(),
    octet,
    st.none() | relative | times | st.binary(min_size=7, max_size=7),
    flag,
    flag,
    flag,
    octet,
)
delivers = st.builds(Deliver, addresses, times, user_data(), octet, flag, flag, flag, flag)
reports = st.builds(
    StatusReport,
    octet,
    addresses,
    times,
    times,
    octet,
    flag,
    flag,
    flag,
    st.none() | octet,
    st.none() | user_data(),
)


@given(submits)
def test_submit_round_trip(message):
    assert decode_tpdu(message.encode(), towards="sc") == message


@given(delivers)
def test_deliver_round_trip(message):
    assert decode_tpdu(message.encode(), towards="ms") == message


@given(reports)
def test_status_report_round_trip(message):
    assert decode_tpdu(message.encode(), towards="ms") == message


@given(numbers, st.binary())
def test_service_centre_round_trip(smsc, tpdu):
    assert split_smsc(with_smsc(tpdu, smsc)) == (smsc, tpdu)


@given(gsm_text)
def test_alphabet_round_trip(text):
    assert gsm7_decode(gsm7_encode(text)) == text


@given(st.lists(st.integers(0, 127)).map(bytes), st.integers(0, 6))
def test_septet_round_trip(septets, fill_bits):
    assert unpack_septets(pack_septets(septets, fill_bits), len(septets), fill_bits) == septets


@given(st.sampled_from(Alphabet), st.none() | st.integers(0, 3))
def test_data_coding_round_trip(alphabet, message_class):
    coded = UserData(dcs=dcs_octet(alphabet, message_class))
    assert (coded.alphabet, coded.message_class) == (alphabet, message_class)


@given(st.text(max_size=400) | gsm_text, octet, flag)
def test_every_part_fits_and_the_text_comes_back(text, reference, wide):
    parts = text_messages(text, reference=reference, wide=wide)
    received = [Submit.decode(Submit(Address.of("1"), part).encode()).user_data for part in parts]
    assert "".join(part.text for part in received) == text
    assert len({part.dcs for part in parts}) == 1


@given(st.data(), st.sampled_from(["sc", "ms"]), flag)
def test_rubbish_raises_only_format_errors(data, towards, error):
    """Corrupted, cut and invented octets; whatever decodes also shows its text."""
    valid = data.draw(
        (submits | delivers | reports).map(lambda message: message.encode()) | st.binary(max_size=40)
    )
    octets = bytearray(valid)
    for place in data.draw(st.lists(st.integers(0, max(len(octets) - 1, 0)), max_size=4)):
        octets[place : place + 1] = data.draw(st.binary(max_size=2))
    for decode in (
        lambda: decode_tpdu(bytes(octets), towards=towards, error=error),
        lambda: split_smsc(bytes(octets)),
    ):
        try:
            decoded = decode()
        except SmsFormatError:
            continue
        if getattr(decoded, "user_data", None):
            assert decoded.user_data.text is None or isinstance(decoded.user_data.text, str)
            assert decoded.user_data.concat is None or decoded.user_data.concat.total
