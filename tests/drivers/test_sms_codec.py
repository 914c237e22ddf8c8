"""Golden vectors of the SMS codec. Each names the clause it was worked out from."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from drivers.sms import (
    Address,
    Alphabet,
    Command,
    Concat,
    Deliver,
    Element,
    Indication,
    Ports,
    Report,
    SmsFormatError,
    StatusReport,
    Submit,
    UserData,
    Waiting,
    data_coding,
    decode_header,
    decode_tpdu,
    encode_header,
    gsm7_decode,
    gsm7_encode,
    pack_septets,
    split_smsc,
    text_messages,
    unpack_septets,
    with_smsc,
)

CHINA = timezone(timedelta(hours=8))
NOON = datetime(2026, 3, 1, 12, 0, 5, tzinfo=CHINA)


# 23.040 9.1.2.5: length in semi-octets, type of address, swapped digits; 9.1.2.3: fill 1111, * # a b c.
ADDRESSES = [
    ("0D81014619325476F8", Address("1064912345678"), "1064912345678"),
    ("0D81410400000010F0", Address("1440000000010"), "1440000000010"),
    ("0D91683100000000F1", Address("8613000000001", ton=1), "+8613000000001"),
    ("1481" + "01" * 10, Address("10" * 10), "10" * 10),
    ("0581BADCFE", Address("*#abc"), "*#abc"),
    ("0081", Address(""), ""),
    ("14D0C4F23C7D760390EF7619", Address("Design@Home", ton=5, npi=0), "Design@Home"),
    ("0DD0CDF2396C7EBB01", Address("Megafon", ton=5, npi=0), "Megafon"),
]


def _submit(address: str) -> bytes:
    return bytes.fromhex("0100" + address + "000000")


@pytest.mark.parametrize(("encoded", "address", "written"), ADDRESSES)
def test_address(encoded, address, written):
    assert address.encode().hex().upper() == encoded
    assert Submit.decode(_submit(encoded)).destination == address
    assert str(address) == written


def test_thirteen_digit_number_with_country_code_is_fifteen_semi_octets():
    assert Address.of("+861440000000001").encode().hex().upper() == "0F9168410400000000F1"


@pytest.mark.parametrize(
    ("text", "ton", "npi"),
    [("+8613800000000", 1, 1), ("1064912345678", 0, 1), ("*100#", 0, 1), ("Bank", 5, 0), ("bad", 5, 0)],
)
def test_address_as_people_write_it(text, ton, npi):
    address = Address.of(text)
    assert (address.ton, address.npi, str(address)) == (ton, npi, text)


@pytest.mark.parametrize("value", ["1" * 21, "12+3", "１２３"])
def test_numbers_that_do_not_fit(value):
    with pytest.raises(SmsFormatError):
        Address(value)


def test_alphanumeric_address_holds_eleven_septets():
    with pytest.raises(SmsFormatError):
        Address("{twelve sep}"[:11], ton=5, npi=0)


def test_fill_counted_as_digit_is_tolerated():
    """Some phones count the fill semi-octet of an odd number in the length."""
    assert str(Submit.decode(_submit("0C910661345542F6")).destination) == "+60164355246"


def test_fill_inside_a_number_is_refused():
    with pytest.raises(SmsFormatError, match="TP-DA at octet 3"):
        Submit.decode(_submit("0681F10000"))


@pytest.mark.parametrize(
    ("smsc", "head"),
    [
        (None, "00"),
        (Address.of("+8613800100500"), "0891683108100005F0"),
        (Address("12345", ton=2), "04A12143F5"),
    ],
)
def test_service_centre_address_counts_octets(smsc, head):
    """27.005 3.1 with 24.011 8.2.5.1."""
    assert with_smsc(b"\x01\x02", smsc).hex().upper() == head + "0102"
    assert split_smsc(bytes.fromhex(head + "0102")) == (smsc, b"\x01\x02")


def test_service_centre_address_cannot_be_a_text():
    with pytest.raises(SmsFormatError):
        with_smsc(b"", Address.of("Bank"))
    with pytest.raises(SmsFormatError):
        split_smsc(bytes.fromhex("03D0F239"))


# 23.038 6.2.1 and 6.2.1.1
@pytest.mark.parametrize(
    ("text", "septets"),
    [
        ("@", "00"),
        ("£$¥èéùìòÇ\nØø\rÅå", "0102030405060708090A0B0C0D0E0F"),
        ("Δ_ΦΓΛΩΠΨΣΘΞ", "101112131415161718191A"),
        ("ÆæßÉ ¤¡ÄÖÑÜ§¿äöñüà", "1C1D1E1F2024405B5C5D5E5F607B7C7D7E7F"),
        ("\f^{}\\[~]|€", "1B0A1B141B281B291B2F1B3C1B3D1B3E1B401B65"),
    ],
)
def test_default_alphabet(text, septets):
    assert gsm7_encode(text).hex().upper() == septets
    assert gsm7_decode(bytes.fromhex(septets)) == text


@pytest.mark.parametrize("char", ["ç", "`", "中", "\x1b", "Á", "\t", "\x00"])
def test_characters_outside_the_default_alphabet(char):
    with pytest.raises(SmsFormatError, match=f"U\\+{ord(char):04X}"):
        gsm7_encode("a" + char)


def test_escapes_that_lead_nowhere():
    """23.038 6.2.1: unassigned extension shows the main table's character, a bare escape a space."""
    assert gsm7_decode(b"\x1b\x41\x1b\x1bb\x1b") == "A b "


def test_every_septet_decodes():
    assert all(len(gsm7_decode(bytes((code,)))) == 1 for code in range(128))


def test_septet_packing():
    """23.038 6.1.2.1: the first character in the low bits; eight characters fit seven octets."""
    assert pack_septets(b"hellohello").hex().upper() == "E8329BFD4697D9EC37"
    assert pack_septets(b"\x7f" * 8) == b"\xff" * 7
    assert unpack_septets(b"\xff" * 7, 8) == b"\x7f" * 8


# 23.038 clause 4, octet by octet of its table
@pytest.mark.parametrize(
    ("dcs", "alphabet", "message_class"),
    [
        (0x00, Alphabet.GSM7, None),
        (0x04, Alphabet.EIGHT_BIT, None),
        (0x08, Alphabet.UCS2, None),
        (0x0C, Alphabet.GSM7, None),
        (0x03, Alphabet.GSM7, None),
        (0x10, Alphabet.GSM7, 0),
        (0x1B, Alphabet.UCS2, 3),
        (0x56, Alphabet.EIGHT_BIT, 2),
        (0x80, Alphabet.GSM7, None),
        (0xB5, Alphabet.GSM7, None),
        (0xF1, Alphabet.GSM7, 1),
        (0xF6, Alphabet.EIGHT_BIT, 2),
    ],
)
def test_data_coding(dcs, alphabet, message_class):
    coding = data_coding(dcs)
    assert (coding.alphabet, coding.message_class, coding.compressed, coding.waiting) == (
        alphabet,
        message_class,
        False,
        None,
    )


@pytest.mark.parametrize(
    ("dcs", "alphabet", "waiting"),
    [
        (0xC8, Alphabet.GSM7, Waiting(Indication.VOICEMAIL, active=True, store=False)),
        (0xC1, Alphabet.GSM7, Waiting(Indication.FAX, active=False, store=False)),
        (0xD2, Alphabet.GSM7, Waiting(Indication.EMAIL, active=False, store=True)),
        (0xEB, Alphabet.UCS2, Waiting(Indication.OTHER, active=True, store=True)),
    ],
)
def test_message_waiting(dcs, alphabet, waiting):
    assert (data_coding(dcs).alphabet, data_coding(dcs).waiting) == (alphabet, waiting)


def test_compressed_data_has_no_text_and_counts_octets():
    user_data = UserData(b"\xff\x00\x01", dcs=0x20)
    assert user_data.text is None
    assert user_data.field == b"\x03\xff\x00\x01"


def test_no_text_in_a_national_language():
    assert UserData(b"abc", header=(Element(0x25, b"\x01"),)).text is None


def test_ucs2_reads_surrogate_pairs_and_shows_broken_ones():
    assert UserData(bytes.fromhex("4F60D83DDE00"), dcs=8).text == "你😀"
    assert UserData(bytes.fromhex("4F60D83D"), dcs=8).text == "你\ufffd"
    assert UserData(bytes.fromhex("4F60D8"), dcs=8).text == "你\ufffd"


def test_user_data_header():
    """23.040 9.2.3.24: UDHL, then IEI, length, data; 7-bit text starts at the next septet boundary."""
    concat, ports = Concat(0xC3, 2, 1), Ports(2948, 9200)
    user_data = UserData.of("A", header=(concat.element, ports.element))
    # 12 octets of header are 96 bits: 14 septets with 2 fill bits; 'A' is 41 shifted left by 2: 04 01.
    assert user_data.field.hex().upper() == "0F" + "0B0003C3020105040B8423F0" + "0401"
    assert (user_data.concat, user_data.ports) == (concat, ports)
    assert decode_header(bytes.fromhex("050003C30201FF")) == ((concat.element,), b"\xff")
    assert encode_header(()) == b""


@pytest.mark.parametrize(
    ("element", "concat"),
    [
        ("0803ABCD02", None),
        ("0804ABCD0201", Concat(0xABCD, 2, 1, wide=True)),
        ("0003010200", None),
        ("0003010203", None),
        ("00030102010003090302", Concat(9, 3, 2)),
    ],
)
def test_concatenation_elements(element, concat):
    header, _ = decode_header(bytes((len(element) // 2,)) + bytes.fromhex(element))
    assert UserData(b"", 4, header).concat == concat


def test_port_elements_of_eight_bits():
    assert Ports(240, 241, wide=False).element == Element(4, b"\xf0\xf1")
    assert UserData(b"", 4, (Element(4, b"\xf0\xf1"),)).ports == Ports(240, 241, wide=False)


def test_submit_by_hand():
    """23.040 9.2.2.2: 01|VPF 10|SRR; MR; DA; PID; DCS; VP 00 = 5 minutes; UDL; 'hello'."""
    message = Submit(
        Address.of("1064912345678"),
        UserData.of("hello"),
        reference=7,
        validity=timedelta(minutes=5),
        status_report=True,
    )
    assert message.encode().hex().upper() == "3107" + "0D81014619325476F8" + "0000" + "00" + "05E8329BFD06"
    assert decode_tpdu(message.encode(), towards="sc") == message


def test_flash_message_with_all_bits():
    message = Submit(
        Address.of("+861440000000001"),
        UserData.of("你", message_class=0),
        validity=NOON,
        reject_duplicates=True,
        reply_path=True,
        pid=0x41,
    )
    assert message.encode().hex().upper() == (
        "9D00" + "0F9168410400000000F1" + "4118" + "62301021005023" + "024F60"
    )
    assert Submit.decode(message.encode()) == message
    assert message.user_data.message_class == 0


def test_enhanced_validity_is_kept():
    raw = bytes.fromhex("0A1E0000000000")
    message = Submit(Address.of("10086"), UserData.of(""), validity=raw)
    assert message.encode()[0] == 0x09
    assert Submit.decode(message.encode()).validity == raw
    with pytest.raises(SmsFormatError):
        Submit(Address.of("10086"), UserData.of(""), validity=b"\x0a").encode()


# 23.040 9.2.3.12.1
@pytest.mark.parametrize(
    ("period", "value"),
    [
        (timedelta(seconds=1), 0),
        (timedelta(minutes=10), 1),
        (timedelta(minutes=11), 2),
        (timedelta(hours=12), 143),
        (timedelta(hours=12, minutes=30), 144),
        (timedelta(hours=24), 167),
        (timedelta(days=2), 168),
        (timedelta(days=30), 196),
        (timedelta(weeks=5), 197),
        (timedelta(weeks=63), 255),
    ],
)
def test_relative_validity(period, value):
    encoded = Submit(Address.of("1"), UserData(), validity=period).encode()
    assert encoded[-2] == value
    decoded = Submit.decode(encoded).validity
    assert isinstance(decoded, timedelta)
    assert decoded >= period


def test_validity_beyond_63_weeks():
    with pytest.raises(SmsFormatError, match="TP-VP"):
        Submit(Address.of("1"), UserData(), validity=timedelta(weeks=63, seconds=1)).encode()


def test_deliver_by_hand():
    """23.040 9.2.2.1: MTI 00, no more messages, SRI; OA; PID; DCS; SCTS with +8 h = 32 quarters = 23; UD."""
    message = Deliver(Address.of("1064912345678"), NOON, UserData.of("hello"), status_report=True)
    assert (
        message.encode().hex().upper() == "24" + "0D81014619325476F8" + "0000" + "62301021005023" + "05E8329BFD06"
    )
    assert decode_tpdu(message.encode(), towards="ms") == message


def test_reserved_message_type_counts_as_deliver():
    message = Deliver(Address.of("10690000"), NOON, UserData.of("x"), more_messages=True, loop_prevention=True)
    encoded = bytes((message.encode()[0] | 3,)) + message.encode()[1:]
    assert decode_tpdu(encoded, towards="ms") == message


@pytest.mark.parametrize(
    ("octet", "offset"),
    [("00", 0), ("23", 8 * 60), ("8A", -7 * 60), ("0A", -5 * 60), ("61", 4 * 60), ("22", 5 * 60 + 30)],
)
def test_time_zone(octet, offset):
    """23.040 9.2.3.11: quarters of an hour in swapped digits, bit 3 of the octet is the sign."""
    time = Deliver.decode(bytes.fromhex("0401810F0000" + "623010210050" + octet + "00")).timestamp
    assert time.utcoffset() == timedelta(minutes=offset)
    assert f"{time:%Y-%m-%d %H:%M:%S}" == "2026-03-01 12:00:05"


@pytest.mark.parametrize(
    "time",
    [
        NOON.replace(tzinfo=None),
        datetime(1999, 3, 1, tzinfo=UTC),
        datetime(2026, 3, 1, tzinfo=timezone(timedelta(minutes=7))),
        datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=20))),
    ],
)
def test_times_that_have_no_form(time):
    with pytest.raises(SmsFormatError, match="TP-SCTS"):
        Deliver(Address.of("1"), time, UserData()).encode()


def test_status_report_by_hand():
    """23.040 9.2.2.3: MTI 10, no more messages; MR; RA; SCTS; DT; ST."""
    report = StatusReport(7, Address.of("1440000000001"), NOON, NOON + timedelta(seconds=3), status=0)
    plain = "0607" + "0D81410400000000F1" + "62301021005023" + "62301021008023" + "00"
    assert report.encode().hex().upper() == plain
    assert decode_tpdu(report.encode(), towards="ms") == report
    full = StatusReport.decode(bytes.fromhex(plain + "07" + "39" + "04" + "02ABCD"))
    assert (full.pid, full.user_data) == (0x39, UserData(b"\xab\xcd", 4))


def test_status_report_skips_further_indicators():
    """9.2.3.27: bit 7 of TP-PI announces another one."""
    plain = "0607" + "0181F1" + "62301021005023" + "62301021008023" + "00"
    report = StatusReport.decode(bytes.fromhex(plain + "818000" + "39"))
    assert (report.pid, report.user_data) == (0x39, None)


def test_reports_and_command():
    """9.2.2.1a, 9.2.2.2a: TP-FCS only in an RP-ERROR; 9.2.2.4."""
    assert decode_tpdu(bytes.fromhex("00D500"), towards="sc", error=True) == Report(0xD5, None, None, None)
    acknowledged = decode_tpdu(bytes.fromhex("0101" + "62301021005023" + "40"), towards="ms")
    assert acknowledged == Report(None, NOON, 0x40, None)
    command = decode_tpdu(bytes.fromhex("02420000340181F101FF"), towards="sc")
    assert command == Command(0x42, 0, 0, 0x34, Address("1"), b"\xff")


@pytest.mark.parametrize(
    ("encoded", "towards", "where"),
    [
        ("", "ms", "TP-MTI at octet 1"),
        ("03", "sc", "TP-MTI at octet 1"),
        ("0100158101", "sc", "TP-DA at octet 3"),
        ("01000181F1000005E832", "sc", "TP-UD at octet 9"),
        ("41000181F1000000", "sc", "TP-UDH at octet 9"),
        ("41000181F1000403050003", "sc", "TP-UDH at octet 10"),
        ("41000181F100040403000301", "sc", "TP-UDH at octet 12"),
        ("0401810F000062301021005F2300", "ms", "TP-SCTS at octet 7"),
        ("0401810F00006200102100502300", "ms", "TP-SCTS at octet 7"),
    ],
)
def test_errors_name_field_and_octet(encoded, towards, where):
    with pytest.raises(SmsFormatError) as caught:
        decode_tpdu(bytes.fromhex(encoded), towards=towards)
    assert caught.value.where == where


@pytest.mark.parametrize("decode", [Submit.decode, StatusReport.decode])
def test_wrong_type_of_message(decode):
    with pytest.raises(SmsFormatError, match="TP-MTI"):
        decode(Deliver(Address.of("1"), NOON, UserData()).encode())


def test_octets_behind_the_message_are_ignored():
    message = Submit(Address.of("10690000"), UserData.of("x"))
    assert Submit.decode(message.encode() + b"\x00\x2e") == message


# 23.040 9.2.3.24.1: 160 septets or 70 UCS-2 characters; 153, 152 and 67, 66 beside a concatenation element.
@pytest.mark.parametrize(
    ("text", "wide", "sizes"),
    [
        ("", False, [0]),
        ("a" * 160, False, [160]),
        ("a" * 161, False, [153, 8]),
        ("a" * 161, True, [152, 9]),
        ("中" * 70, False, [140]),
        ("中" * 71, False, [134, 8]),
        ("中" * 71, True, [132, 10]),
        ("a" * 152 + "€" * 5, False, [152, 10]),
        ("a" * 66 + "😀" * 5, False, [132, 20]),
        ("€" * 80, False, [160]),
        ("€" * 81, False, [152, 10]),
    ],
)
def test_splitting_cuts_no_character(text, wide, sizes):
    parts = text_messages(text, reference=0x1234 if wide else 0x12, wide=wide)
    assert [len(part.data) for part in parts] == sizes
    assert "".join(part.text for part in parts) == text
    if len(parts) > 1:
        reference = 0x1234 if wide else 0x12
        assert [part.concat for part in parts] == [
            Concat(reference, len(parts), number, wide) for number in range(1, len(parts) + 1)
        ]


def test_parts_keep_ports_and_class():
    for part in text_messages("x" * 200, header=(Ports(1, 2).element,), message_class=1):
        assert (part.ports, part.message_class) == (Ports(1, 2), 1)


def test_text_that_fits_nowhere():
    with pytest.raises(SmsFormatError):
        text_messages("a" * (153 * 255 + 1))
    with pytest.raises(SmsFormatError):
        text_messages("half \ud83d")
    with pytest.raises(SmsFormatError):
        text_messages("中", alphabet=Alphabet.GSM7)
    with pytest.raises(SmsFormatError):
        UserData.of("x", alphabet=Alphabet.EIGHT_BIT)
    assert len(text_messages("a" * (153 * 255))) == 255


@pytest.mark.parametrize(
    "make",
    [
        lambda: UserData(b"\x80"),
        lambda: UserData(b"a" * 161),
        lambda: UserData(b"a" * 141, dcs=4),
        lambda: UserData(dcs=256),
        lambda: UserData.of("x", message_class=4),
        lambda: Concat(256, 1, 1).element,
        lambda: Concat(1, 256, 1).element,
        lambda: Ports(65536, 0).element,
        lambda: encode_header((Element(1, b"x" * 256),)),
        lambda: Submit(Address.of("1"), UserData(), reference=256).encode(),
        lambda: StatusReport(0, Address.of("1"), NOON, NOON, status=-1).encode(),
        lambda: Address("1", ton=8),
    ],
)
def test_values_that_do_not_fit(make):
    with pytest.raises(SmsFormatError):
        make()
