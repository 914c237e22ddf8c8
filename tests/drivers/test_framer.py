"""The framer: what bytes mean, wherever they are split."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.at.command import Command, Errors
from drivers.at.dialect import Dialect
from drivers.at.framer import MAX_LINE, MAX_QUOTED, Event, Framer, Kind, Refusal, refusal

ECHO, REPLY, FINAL, URC, PROMPT, NOISE = Kind
ALL = Errors.CME | Errors.CMS | Errors.CALL
DIALECT = Dialect("lab", boot=("RDY", "+CFUN: 1"), unsolicited=("+QIURC:", "^RSSI:", "^HCSQ:", "^DSFLOWRPT:"))
CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


def frame(command: Command | None, *chunks: bytes, dialect: Dialect = DIALECT) -> list[Event]:
    framer = Framer(dialect)
    if command is not None:
        framer.begin(command)
    return [event for chunk in chunks for event in framer.feed(chunk)]


def shape(events: list[Event]) -> list[tuple[Kind, str]]:
    return [(event.kind, event.text) for event in events]


# Vectors: what is pending, the bytes, what they mean. Sources: V.250, 27.007, 27.005 and the field.
CREG = Command("AT+CREG?", replies=("+CREG:",))
CMGS = Command("AT+CMGS=23", replies=("+CMGS:",), errors=Errors.CME | Errors.CMS, payload=b"0011\x1a")
CMGL = Command("AT+CMGL=4", replies=("+CMGL:",), errors=Errors.CME | Errors.CMS)
QIOPEN = Command('AT+QIOPEN=1,0,"TCP"', completes="+QIOPEN:")
QISEND = Command("AT+QISEND=0,4", payload=b"abcd", finals=("SEND OK", "SEND FAIL"), failures=("SEND FAIL",))
DIAL = Command("ATD1440000000001;", errors=Errors.CME | Errors.CALL)
PDU = "0791000000000000040D91000000000000F00000"

VECTORS = {
    "V.250 5.7.1: result code": (Command("AT"), b"\r\nOK\r\n", [(FINAL, "OK")]),
    "V.250 5.2.3: echo, then CR LF": (Command("AT"), b"AT\r\r\nOK\r\n", [(ECHO, "AT"), (FINAL, "OK")]),
    "echo ended by CR LF": (Command("AT"), b"AT\r\nOK\r\n", [(ECHO, "AT"), (FINAL, "OK")]),
    "lines ended by LF alone": (Command("AT"), b"AT\nOK\n", [(ECHO, "AT"), (FINAL, "OK")]),
    "lines ended by CR alone": (
        Command("AT+CGSN"),
        b"004999010640000\rOK\r",
        [(REPLY, "004999010640000"), (FINAL, "OK")],
    ),
    "a final is the whole line": (
        Command("AT+X"),
        b"\r\nOKAY\r\nERRORS: 0\r\nOK \r\nNO CARRIERS\r\nERROR\r\n",
        [(REPLY, "OKAY"), (REPLY, "ERRORS: 0"), (REPLY, "OK "), (REPLY, "NO CARRIERS"), (FINAL, "ERROR")],
    ),
    "27.007 9.2: numbered error": (CREG, b"\r\n+CME ERROR: 30\r\n", [(FINAL, "+CME ERROR: 30")]),
    "a late +CMS ERROR is not the answer to a query": (
        CREG,
        b"\r\n+CMS ERROR: 38\r\n+CREG: 0,1\r\nOK\r\n",
        [(URC, "+CMS ERROR: 38"), (REPLY, "+CREG: 0,1"), (FINAL, "OK")],
    ),
    "27.005 3.2.5: but it ends a message command": (CMGS, b"\r\n+CMS ERROR: 38\r\n", [(FINAL, "+CMS ERROR: 38")]),
    "27.007 6.3.1: NO CARRIER ends dialling": (DIAL, b"\r\nNO CARRIER\r\n", [(FINAL, "NO CARRIER")]),
    "NO CARRIER during a query is a call that ended": (
        CREG,
        b"\r\nNO CARRIER\r\n+CREG: 0,1\r\nOK\r\n",
        [(URC, "NO CARRIER"), (REPLY, "+CREG: 0,1"), (FINAL, "OK")],
    ),
    "CONNECT with a rate ends dialling": (DIAL, b"\r\nCONNECT 9600\r\n", [(FINAL, "CONNECT 9600")]),
    "27.007 7.2: code and reply with one prefix": (
        CREG,
        b'\r\n+CREG: 5\r\n\r\n+CREG: 2,1,"00C3","00A1"\r\n\r\n+CREG: 1,"00C3","00A1",7\r\n\r\nOK\r\n',
        [(URC, "+CREG: 5"), (REPLY, '+CREG: 2,1,"00C3","00A1"'), (URC, '+CREG: 1,"00C3","00A1",7'), (FINAL, "OK")],
    ),
    "a registration code while another setting is made": (
        Command("AT+CREG=2"),
        b"\r\n+CREG: 2\r\nOK\r\n",
        [(URC, "+CREG: 2"), (FINAL, "OK")],
    ),
    "27.007 7.2: test command": (
        Command("AT+CREG=?"),
        b"\r\n+CREG: (0-2)\r\nOK\r\n",
        [(REPLY, "+CREG: (0-2)"), (FINAL, "OK")],
    ),
    "27.007 7.6: asked for, and a caller between": (
        Command("AT+CLIP?"),
        b'\r\n+CLIP: "1440000000001",129\r\n+CLIP: 1,1\r\nOK\r\n',
        [(URC, '+CLIP: "1440000000001",129'), (REPLY, "+CLIP: 1,1"), (FINAL, "OK")],
    ),
    "known codes stay unsolicited when anything is a reply": (
        Command("AT+CGSN"),
        b'\r\nRING\r\n004999010640000\r\n+QIURC: "recv",0\r\nOK\r\n',
        [(URC, "RING"), (REPLY, "004999010640000"), (URC, '+QIURC: "recv",0'), (FINAL, "OK")],
    ),
    "a reply without its prefix": (
        Command("AT+CPIN?", replies=("+CPIN:",)),
        b"\r\nREADY\r\n^UNKNOWN: 1\r\nOK\r\n",
        [(REPLY, "READY"), (URC, "^UNKNOWN: 1"), (FINAL, "OK")],
    ),
    "27.005 3.4.1: message between the lines of a listing": (
        CMGL,
        f"\n+CMGL: 1,1,,20\n{PDU}\n\n+CMT: ,20\n{PDU[::-1]}\n\n+CMGL: 2,1,,20\n{PDU}\nOK\n".encode(),
        [
            (REPLY, "+CMGL: 1,1,,20"),
            (REPLY, PDU),
            (URC, "+CMT: ,20"),
            (REPLY, "+CMGL: 2,1,,20"),
            (REPLY, PDU),
            (FINAL, "OK"),
        ],
    ),
    "the second line of a message got lost": (
        Command("AT"),
        b"\r\n+CMT: ,20\r\n\r\nOK\r\n",
        [(URC, "+CMT: ,20"), (FINAL, "OK")],
    ),
    "27.005 3.5.1: prompt, echo of the PDU, result": (
        CMGS,
        b"AT+CMGS=23\r\r\n> 0011\x1a\r\n+CMGS: 5\r\n\r\nOK\r\n",
        [(ECHO, "AT+CMGS=23"), (PROMPT, ">"), (ECHO, "0011\x1a"), (REPLY, "+CMGS: 5"), (FINAL, "OK")],
    ),
    "no prompt is expected": (Command("AT+X"), b"\r\n> 5\r\nOK\r\n", [(REPLY, "> 5"), (FINAL, "OK")]),
    "error instead of the prompt": (CMGS, b"\r\nERROR\r\n>", [(FINAL, "ERROR")]),
    "finals of a vendor": (QISEND, b"\r\n> \r\nSEND FAIL\r\n", [(PROMPT, ">"), (FINAL, "SEND FAIL")]),
    "result after OK": (QIOPEN, b"\r\nOK\r\n\r\n+QIOPEN: 0,0\r\n", [(FINAL, "OK"), (REPLY, "+QIOPEN: 0,0")]),
    "result before OK": (QIOPEN, b"\r\n+QIOPEN: 0,0\r\n\r\nOK\r\n", [(REPLY, "+QIOPEN: 0,0"), (FINAL, "OK")]),
    "error instead of the result": (QIOPEN, b"\r\nOK\r\nERROR\r\n", [(FINAL, "OK"), (FINAL, "ERROR")]),
    "27.007 7.15: quoted line ends": (
        None,
        b'\r\n+CUSD: 0,"one\r\ntwo\r\n3",15\r\nRING\r\n',
        [(URC, '+CUSD: 0,"one\ntwo\n3",15'), (URC, "RING")],
    ),
    "a quote that never closes": (
        Command("AT+CNUM", replies=("+CNUM:",)),
        b'\r\n+CNUM: "own,1440,145\r\n\r\nOK\r\n',
        [(REPLY, '+CNUM: "own,1440,145'), (FINAL, "OK")],
    ),
    "a stray quote does not hold the line back": (
        None,
        b'+CUSD: 0,"a 5" pipe",15\r\n',
        [(URC, '+CUSD: 0,"a 5" pipe",15')],
    ),
    "a quoted text that starts with a line end": (
        None,
        b'+CUSD: 0,"\r\none",15\r\n',
        [(URC, '+CUSD: 0,"\none",15')],
    ),
    "bytes outside UTF-8": (
        Command("AT+CPBR=1", replies=("+CPBR:",)),
        b'\r\n+CPBR: 1,"1440",129,"\xff\x00\xe9"\r\nOK\r\n',
        [(REPLY, '+CPBR: 1,"1440",129,"\xff\x00\xe9"'), (FINAL, "OK")],
    ),
    "nothing is pending": (
        None,
        b"\r\nOK\r\n\r\nRING\r\n+CME ERROR: 132\r\nBUSY\r\nhello\r\nCONNECT\r\n",
        [
            (NOISE, "OK"),
            (URC, "RING"),
            (URC, "+CME ERROR: 132"),
            (URC, "BUSY"),
            (NOISE, "hello"),
            (URC, "CONNECT"),
        ],
    ),
    "a module without final result codes": (
        Command("AT+CIFSR", bare=True),
        b"\r\n192.0.2.1\r\nRING\r\n",
        [(REPLY, "192.0.2.1"), (URC, "RING")],
    ),
    "asked for, though modules print it when they start": (
        Command("AT+CFUN?", replies=("+CFUN:",)),
        b"\r\n+CFUN: 1\r\nOK\r\n",
        [(REPLY, "+CFUN: 1"), (FINAL, "OK")],
    ),
    "the module starts anew": (CREG, b"\r\nRDY\r\n+CREG: 1\r\n", [(URC, "RDY"), (URC, "+CREG: 1")]),
}
vectors = pytest.mark.parametrize(("command", "stream", "expected"), VECTORS.values(), ids=VECTORS)


@vectors
def test_meaning(command: Command | None, stream: bytes, expected: list[tuple[Kind, str]]) -> None:
    assert shape(frame(command, stream)) == expected


@vectors
def test_byte_by_byte(command: Command | None, stream: bytes, expected: list[tuple[Kind, str]]) -> None:
    chunks = [stream[at : at + 1] for at in range(len(stream))]
    assert frame(command, *chunks) == frame(command, stream)


@given(st.sampled_from(list(VECTORS.values())), st.data())
def test_split_anywhere(vector: tuple, data: st.DataObject) -> None:
    command, stream, _ = vector
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert frame(command, *chunks) == frame(command, stream)


@given(st.sampled_from([vector for vector in VECTORS.values() if vector[0]]), st.data())
def test_corruption_ends_at_the_next_exchange(vector: tuple, data: st.DataObject) -> None:
    command, stream, _ = vector
    damaged = bytearray(stream)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(damaged)))
        damaged[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    framer = Framer(DIALECT)
    framer.begin(command)
    framer.feed(bytes(damaged))
    framer.abandon()
    framer.begin(Command("AT"))
    probe = framer.feed(b"\r\nAT\r\r\nOK\r\n")  # a rest of what was damaged may end it, then OK is left over
    assert probe[-1].text == "OK"
    assert any(event.done for event in probe)
    framer.begin(Command("AT+CSQ", replies=("+CSQ:",)))
    assert framer.feed(b"AT+CSQ\r\r\n+CSQ: 20,99\r\n\r\nOK\r\n") == [
        Event(ECHO, "AT+CSQ"),
        Event(REPLY, "+CSQ: 20,99"),
        Event(FINAL, "OK", done=True),
    ]


@given(st.binary(max_size=400), st.integers(0, 400))
def test_any_bytes(stream: bytes, cut: int) -> None:
    assert frame(CMGS, stream[:cut], stream[cut:]) == frame(CMGS, stream)


def test_done_with_what_ends_the_exchange() -> None:
    assert [event.done for event in frame(QIOPEN, b"OK\r\n+QIOPEN: 0,0\r\n+QIOPEN: 1,0\r\n")] == [
        False,
        True,
        False,
    ]
    assert [event.done for event in frame(QIOPEN, b"+QIOPEN: 0,0\r\nOK\r\n")] == [False, True]
    assert [event.done for event in frame(CREG, b"RDY\r\n")] == [True]
    assert [event.done for event in frame(None, b"RDY\r\n")] == [False]


def test_pdu_of_a_message_goes_with_its_code() -> None:
    assert frame(None, f"+CMT: ,20\r\n{PDU}\r\n+CDS: 20\r\n{PDU}\r\n".encode()) == [
        Event(URC, "+CMT: ,20", PDU),
        Event(URC, "+CDS: 20", PDU),
    ]


def test_text_mode_messages() -> None:
    """27.005 3.4.1: +CMT carries its text on the next line, +CDS is one line."""
    code = '+CMT: "+1440000000001",,"26/01/01,00:00:00+32"'
    report = '+CDS: 6,5,"1440000000001",129,"26/01/01,00:00:00+32","26/01/01,00:00:00+32",0'
    assert frame(None, f"{code}\r\nOK\r\n{report}\r\nRING\r\n".encode()) == [
        Event(URC, code, "OK"),
        Event(URC, report),
        Event(URC, "RING"),
    ]


def test_final_lines_of_given_up_commands_are_counted() -> None:
    framer = Framer(DIALECT)
    framer.begin(CMGS)
    framer.abandon()
    framer.begin(CREG)
    framer.abandon()
    assert framer.overdue == 2
    assert shape(framer.feed(b"\r\n+CMS ERROR: 38\r\n")) == [(NOISE, "+CMS ERROR: 38")]
    assert framer.overdue == 1
    framer.begin(Command("AT"))
    assert shape(framer.feed(b"\r\nOK\r\n\r\nOK\r\n")) == [(FINAL, "OK"), (NOISE, "OK")]
    assert framer.overdue == 0


def test_a_module_that_starts_anew_owes_nothing() -> None:
    framer = Framer(DIALECT)
    framer.begin(CREG)
    framer.abandon()
    framer.feed(b"\r\nRDY\r\n")
    assert framer.overdue == 0


def test_a_stale_prompt_does_not_open_the_next() -> None:
    framer = Framer(DIALECT)
    framer.feed(b"\r\n>")
    framer.begin(CMGS)
    assert framer.feed(b"AT+CMGS=23\r") == [Event(ECHO, "AT+CMGS=23")]
    assert framer.feed(b"\r\n> ") == [Event(PROMPT, ">")]


def test_a_line_without_end_is_bounded() -> None:
    framer = Framer(DIALECT)
    framer.begin(Command("AT"))
    events = [event for _ in range(64) for event in framer.feed(b"x" * 65536)]
    assert events == [Event(NOISE, "x" * MAX_LINE)]
    assert framer.feed(b"xOK\r\nOK\r\n") == [Event(FINAL, "OK", done=True)]


def test_an_open_quote_is_bounded() -> None:
    lines = [f"menu {number}" for number in range(MAX_QUOTED)]
    events = frame(None, b'+CUSD: 0,"' + "\r\n".join(lines).encode() + b"\r\nRING\r\n")
    assert events[0] == Event(URC, '+CUSD: 0,"menu 0')
    assert events[-1] == Event(URC, "RING")
    assert len(events) == MAX_QUOTED + 1


@pytest.mark.parametrize(
    ("final", "expected"),
    [
        ("OK", None),
        ("CONNECT 9600", None),
        ("SEND OK", None),
        ("SEND FAIL", Refusal("SEND FAIL", None)),
        ("ERROR", Refusal("ERROR", None)),
        ("NO CARRIER", Refusal("NO CARRIER", None)),
        ("+CME ERROR: 30", Refusal("CME", 30)),
        ("+CMS ERROR:500", Refusal("CMS", 500)),
        ("+CME ERROR: SIM not inserted", Refusal("CME", None)),
    ],
)
def test_refusal(final: str, expected: Refusal | None) -> None:
    assert refusal(final, QISEND) == expected


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("AT+CREG?", Errors.CME),
        ("ATD1440000000001;", Errors.CME | Errors.CALL),
        ("ata", Errors.CME | Errors.CALL),
        ("AT+CLIP=1;D1440000000001;", Errors.CME | Errors.CALL),
        ("AT+CMGS=23", Errors.CME | Errors.CMS),
        ("AT+CMGF=0", Errors.CME),
        ("AT+CPMS?", Errors.CME | Errors.CMS),
    ],
)
def test_errors_of_a_typed_line(text: str, errors: Errors) -> None:
    assert Command.of(text).errors == errors


@pytest.mark.parametrize("text", ["AT\rATD1440000000001;", "AT\n", "AT\x1a", "ATD１４４;"])
def test_a_command_is_one_line(text: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        Command(text)


# The corpus


def items(name: str) -> list[dict]:
    path = CORPUS / name
    return (
        json.loads(path.read_text()) if path.exists() else [pytest.param({}, marks=pytest.mark.skip("no corpus"))]
    )


#: what was sent and what the stream means, for the field reports that say it in words
FIELD = {
    "prompt without the space, ended by CRLF": (CMGS, [(PROMPT, ">")]),
    "prompt = CR LF > SP, no line end": (CMGS, [(PROMPT, ">")]),
    "prompt LF > only": (CMGS, [(PROMPT, ">")]),
    "URC before OK": (
        Command('AT+CUSD=1,"2",15', completes="+CUSD:"),
        [(REPLY, '+CUSD: 0,"Lorem ipsum",15'), (FINAL, "OK")],
    ),
    "OK first, result as later URC": (
        Command("AT+CMQTTSTART", completes="+CMQTTSTART:"),
        [(FINAL, "OK"), (REPLY, "+CMQTTSTART: 0")],
    ),
    "same-prefix URC while the read command waits: tell apart by field count": (
        CREG,
        [(URC, "+CREG: 2"), (REPLY, "+CREG: 2,1"), (FINAL, "OK")],
    ),
    "no final result code at all": (Command("AT+CIFSR", bare=True), [(REPLY, "100.83.218.17")]),
    "error arrives unsolicited after OK (network refused USSD)": (
        Command('AT+CUSD=1,"*99#",15', completes="+CUSD:"),
        [(FINAL, "OK"), (FINAL, "+CME ERROR: 132")],
    ),
    "data line, never a final OK": (Command("AT+CGSN", bare=True), [(REPLY, "860000000000000")]),
    "late +CMS ERROR of the previous, timed out CMGS lands in the next command: "
    "a +CMS ERROR can not be the answer to CMGF": (
        Command("AT+CMGF=0"),
        [(URC, "^DSFLOWRPT:00026F12,00000000,00000000"), (URC, "+CMS ERROR: 38"), (FINAL, "OK")],
    ),
    "URCs between lines": (
        Command("AT+CSCA?"),
        [(URC, "^RSSI:20"), (REPLY, '+CSCA: "+3540000000",145'), (URC, '^HCSQ:"LTE",48,44'), (FINAL, "OK")],
    ),
    "echo ends CRLF because the host sent CRLF; URC glued behind OK": (
        Command("AT+EEMGINFO?"),
        [(ECHO, "AT+EEMGINFO?"), (REPLY, "+EEMGINFO: 3, 2"), (FINAL, "OK"), (URC, "+EEMLTESVC: 1120, 2, 17")],
    ),
    "echo ends CR only": (Command("AT+CGSN"), [(ECHO, "AT+CGSN"), (REPLY, "860000000000012"), (FINAL, "OK")]),
    "CRLF inside a quoted string": (
        Command('AT+CUSD=1,"*100#",15', completes="+CUSD:"),
        [(FINAL, "OK"), (REPLY, '+CUSD: 0,"line one\nline two",15')],
    ),
    "split anywhere, also inside OK": (
        Command("AT"),
        [(URC, '+CREG: 1,"FFFE","341B50D",8'), (FINAL, "OK")],
    ),
}


@pytest.mark.parametrize("item", items("framing.json"))
def test_corpus_framing(item: dict) -> None:
    expected = item["expected"]
    chunks = [chunk.encode("latin-1") for chunk in item["chunks"]]
    stream = b"".join(chunks)
    if "note" in expected:
        command, meaning = FIELD[item["test"]]
        assert shape(frame(command, *chunks)) == meaning
    elif "found" in expected:  # whether a final line ends a command that admits all of them
        done = [event for event in frame(Command("AT", errors=ALL), *chunks) if event.done]
        assert bool(done) == expected["found"]
        if done:
            assert (refusal(done[0].text, Command("AT")) is not None) == expected["expected_error"]
    else:  # its echo is whatever stands before the first line end, ours only the command that was sent
        rest = expected["without_echo"].encode("latin-1")
        echo = stream.removesuffix(rest).decode("latin-1")
        events = frame(Command(echo or "AT", errors=ALL), stream + b"\r\n")
        assert [event.text for event in events if event.kind is ECHO] == ([echo] if echo else [])
        lines = [line for line in expected["without_echo"].replace("\r", "\n").split("\n") if line]
        assert [event.text for event in events if event.kind is not ECHO] == lines


def test_corpus_registration() -> None:
    """Every solicited line answers the query for its code, no unsolicited one does."""
    path = CORPUS / "at_replies.json"
    if not path.exists():
        pytest.skip("no corpus")
    seen = 0
    for item in json.loads(path.read_text()):
        if "REG" in item.get("command", "") and "solicited" in item["test"]:
            seen += 1
            command = Command(f"AT{item['command']}?", replies=(f"{item['command']}:",))
            kinds = {event.kind for event in frame(command, item["raw_reply"].encode(), b"\r\n")}
            assert (REPLY in kinds) == ("unsolicited" not in item["test"]), item["raw_reply"]
    assert seen > 30
