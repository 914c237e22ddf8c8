"""What holds for every dialect: those that come with the driver, and an invented vendor that is only a file."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from drivers.api import CommandRefused, Unsupported
from drivers.at import Command, Dialect, Modem, dialect_names, load_dialect
from drivers.at.dialect import SocketDialogue, Step, dialect_of
from drivers.at.framer import Framer, Kind
from drivers.at.outbound import outbound
from tests.drivers.scripted import Prompt, Scripted, open_modem

#: A vendor that nobody knows: own ICCID command, own start, own end of a call, own sockets.
OWN = r"""
boot = ["=ZEPHIR UP="]
unsolicited = ["=ZEPHIR UP=", "$ZDATA:", "$ZGONE:"]
init = ["AT$ZEVENTS=1"]
registration = ["+CEREG"]
iccid = ["AT$ZICC", "AT+CCID"]
hang_up = "AT$ZHUP"
release = ['Z:(?P<cause>\d+)']

[sockets.tcp]
ids = 3
first = 5
chunk = 4
arrival = "$ZDATA: {id}"
closed = "$ZGONE: {id}"
open = [
    { command = 'AT$ZNET="{apn}",{cid}', bare = true },
    { command = 'AT$ZTCP={id},"{host}",{port}', completes = "$ZTCP: {id},", succeeds = [1, "UP"] },
]
send = { command = "AT$ZPUT={id},{length}", prompt = true, finals = ["$ZDONE"], failures = ["$ZLOST"] }
receive = { command = "AT$ZGET={id},{length}", reply = "$ZGET:", data = 1, optional = true }
close = [{ command = "AT$ZEND={id}", optional = true }]
"""
NUMBER = "1440000000001"
ICCID = "89860000000000000001"
APN = "iot.example"
#: What the driver fills in; the number of a socket is the driver's or the module's.
VALUES: dict[str, str | int] = {"cid": 1, "apn": APN, "host": "192.0.2.1", "port": 7}
DATA = b"\x00\xffhi"


@pytest.fixture(params=[*dialect_names(), "own"])
def dialect(request: pytest.FixtureRequest, tmp_path: Path) -> Dialect:
    if request.param != "own":
        return load_dialect(request.param)
    path = tmp_path / "own.toml"
    path.write_text(OWN, encoding="utf-8")
    return load_dialect(str(path))


Open = Callable[..., tuple[Modem, Scripted]]


@pytest.fixture
def module(dialect: Dialect) -> Iterator[Open]:
    with ExitStack() as stack:

        def build(table: dict[str, str | Prompt | list[str | Prompt]]) -> tuple[Modem, Scripted]:
            peer = stack.enter_context(Scripted(table))
            return stack.enter_context(open_modem(peer, dialect)), peer

        yield build


# The framer


@pytest.mark.parametrize("command", [None, Command("AT+CSQ"), Command("AT+CSQ", replies=("+CSQ:",))])
def test_its_codes_are_no_replies(dialect: Dialect, command: Command | None) -> None:
    for prefix in dialect.unsolicited:
        framer = Framer(dialect)
        if command:
            framer.begin(command)
        (event,) = framer.feed(f"\r\n{prefix} 1,2\r\n".encode())
        assert (event.kind, event.done) == (Kind.URC, False)


def test_its_start_ends_what_was_pending(dialect: Dialect) -> None:
    for line in dialect.boot:
        framer = Framer(dialect)
        (idle,) = framer.feed(f"\r\n{line}\r\n".encode())
        framer.begin(Command("AT+CSQ"))
        (pending,) = framer.feed(f"\r\n{line}\r\n".encode())
        assert [(event.kind, event.done) for event in (idle, pending)] == [(Kind.URC, False), (Kind.URC, True)]


# Commands


def test_it_is_prepared_with_its_own_commands(dialect: Dialect, module: Open) -> None:
    modem, peer = module({"AT": "OK", "ATE0": "OK", "AT+CMEE=1": "OK"})  # refuses everything else
    modem.prepare()
    assert [line for line in peer.heard if line in dialect.init] == list(dialect.init)
    assert {f"AT{name}=2" for name in dialect.registration} <= set(peer.heard)


def test_the_iccid_is_found_with_any_of_its_commands(dialect: Dialect, module: Open) -> None:
    for asked in dialect.iccid:
        name = asked.removeprefix("AT").removesuffix("?")
        modem, peer = module({asked: f"{name}: {ICCID}\nOK"})
        assert modem.iccid() == ICCID
        assert peer.heard == list(dialect.iccid[: dialect.iccid.index(asked) + 1])
    modem, _ = module({})
    with pytest.raises(Unsupported):
        modem.iccid()


def test_it_registers(dialect: Dialect, module: Open) -> None:
    modem, _ = module({f"AT{name}?": f"{name}: 2,5\nOK" for name in dialect.registration})
    assert modem.registration().registered


def test_a_call_is_ended_its_way(dialect: Dialect, module: Open) -> None:
    modem, peer = module({f"ATD{NUMBER};": "OK", dialect.hang_up: "OK"})
    modem.dial(NUMBER)
    modem.hang_up()
    assert peer.heard[-1] == dialect.hang_up


# Sockets, against a peer that is built from the dialogue


def fill(template: str, **more: str | int) -> str:
    return template.format_map(VALUES | more)


def reply_line(prefix: str, fields: dict[int, str]) -> str:
    """A line that begins with ``prefix`` and has these fields, counted behind the colon."""
    name, colon, given = prefix.partition(":")
    if not colon:
        return fields.get(0, name)
    row = [field.strip() for field in given.split(",")] if given else []
    row += ["0"] * (max(fields, default=-1) + 1 - len(row))
    return f"{name}: {','.join(fields.get(at, field or '0') for at, field in enumerate(row))}"


def told(step: Step, number: int, data: bytes = b"") -> str | Prompt:
    """What the module answers when the step succeeds; received ``data`` where the step says they stand."""
    values = {"id": number, "length": len(data), "hex": data.hex().upper()}
    fields = {} if step.succeeds is None else {step.succeeds[0]: fill(step.succeeds[1], **values)}
    if step.assigns is not None:
        fields[step.assigns] = str(number)
    if isinstance(step.data, int):
        fields[step.data] = data.hex()
    prefix = fill(step.completes, **values) or step.reply
    line = [reply_line(prefix, fields)] if prefix else []
    final = [fill(step.finals[0], **values)] if step.finals else ["10.0.0.5"] if step.bare else ["OK"]
    behind = [data.hex()] if step.data == "line" else []
    lines = [*final, *line] if step.completes else [*line, *behind, *final]
    return Prompt("\n".join(lines), length=len(data)) if step.prompt else "\n".join(lines)


def code(prefix: str, number: int) -> str:
    """An unsolicited code of the dialogue."""
    text = fill(prefix, id=number)
    return f"{text}1" if text.endswith(",") else text


def peer_of(dialogue: SocketDialogue, number: int) -> dict[str, str | Prompt | list[str | Prompt]]:
    table: dict[str, str | Prompt | list[str | Prompt]] = {"AT+CGDCONT?": f'+CGDCONT: 1,"IP","{APN}"\nOK'}
    for step in (*dialogue.open, *dialogue.close):
        table[fill(step.command, id=number)] = told(step, number)
    for piece in pieces(dialogue):
        sent = fill(dialogue.send.command, id=number, length=len(piece), hex=piece.hex().upper())
        table[sent] = told(dialogue.send, number, piece)
    asked = fill(dialogue.receive.command, id=number, length=dialogue.chunk)
    nothing = "ERROR" if dialogue.receive.optional else "OK"
    received = told(dialogue.receive, number, DATA)
    table[asked] = [f"{nothing}\n{code(dialogue.arrival, number)}", received, nothing]
    return table


def pieces(dialogue: SocketDialogue) -> list[bytes]:
    data = DATA + b"!"
    return [data[at : at + dialogue.chunk] for at in range(0, len(data), dialogue.chunk)]


def test_its_sockets_carry_data_both_ways(dialect: Dialect, module: Open) -> None:
    for protocol, dialogue in dialect.sockets.items():
        number = dialogue.first if dialogue.ids else 2
        modem, peer = module(peer_of(dialogue, number))
        with modem.open_socket(1, protocol, "192.0.2.1", 7, 60) as socket:
            assert socket.number == number
            socket.send(b"".join(pieces(dialogue)))
            if dialogue.send.prompt:
                assert peer.payloads == pieces(dialogue)
            assert socket.receive(60) == DATA
            peer.say(code(dialogue.closed, number))
            assert socket.receive(60) == b""
        opened, closed = ([fill(step.command, id=number) for step in s] for s in (dialogue.open, dialogue.close))
        assert peer.heard[1 : 1 + len(opened)] == opened
        assert peer.heard[-len(closed) :] == closed


def test_a_refused_opening_is_told_and_closed(dialect: Dialect, module: Open) -> None:
    for protocol, dialogue in dialect.sockets.items():
        number = dialogue.first if dialogue.ids else 2
        table = peer_of(dialogue, number)
        last = fill(dialogue.open[-1].command, id=number)
        table[last] = "ERROR"
        modem, peer = module(table)
        with pytest.raises(CommandRefused) as caught:
            modem.open_socket(1, protocol, "192.0.2.1", 7, 60)
        assert caught.value.family
        if last != peer.heard[-1]:  # a module that assigns the number at last has nothing to close
            assert peer.heard[-len(dialogue.close) :] == [fill(step.command, id=number) for step in dialogue.close]


def test_a_failure_within_the_reply_is_a_refusal(dialect: Dialect, module: Open) -> None:
    for protocol, dialogue in dialect.sockets.items():
        number = dialogue.first if dialogue.ids else 2
        table = peer_of(dialogue, number)
        for step in dialogue.open:
            if step.succeeds:
                answer = told(step, number)
                assert isinstance(answer, str)
                wrong = answer.replace("CONNECT OK", "CONNECT FAIL")
                if wrong == answer:
                    prefix = fill(step.completes, id=number) or step.reply
                    right = reply_line(prefix, {step.succeeds[0]: fill(step.succeeds[1], id=number)})
                    wrong = answer.replace(right, reply_line(prefix, {step.succeeds[0]: "599"}))
                table[fill(step.command, id=number)] = wrong
                modem, _ = module(table)
                with pytest.raises(CommandRefused):
                    modem.open_socket(1, protocol, "192.0.2.1", 7, 60)


# The file


def test_it_says_everything_that_the_driver_asks(dialect: Dialect) -> None:
    assert dialect.iccid
    assert set(dialect.registration) <= {"+CREG", "+CGREG", "+CEREG", "+C5GREG"}
    assert dialect.registration
    for dialogue in dialect.sockets.values():
        # the number of a socket comes from the driver or from the module, never from both or neither
        assert (dialogue.ids > 0) != any(step.assigns is not None for step in dialogue.open)
        # what the module says about its sockets must not be taken for a reply
        for prefix in (dialogue.arrival, dialogue.closed):
            assert prefix.startswith(dialect.unsolicited)


def test_none_of_its_commands_reaches_anybody(dialect: Dialect) -> None:
    lines = [*dialect.init, *dialect.iccid, dialect.hang_up]
    for dialogue in dialect.sockets.values():
        steps = (*dialogue.open, dialogue.send, dialogue.receive, *dialogue.close)
        lines += [fill(step.command, id=1, length=2, hex="6869") for step in steps]
    assert [outbound(line, b"hi") for line in lines] == [()] * len(lines)


@pytest.mark.parametrize(
    ("manufacturer", "model", "name"),
    [
        ("Telit", "LE910C1-EU", "telit"),
        ("Cinterion", "PLS8-E", "cinterion"),
        ("Telit Cinterion", "EXS62", "cinterion"),
        ("Fibocom Wireless Inc.", "L716-CN", "fibocom"),
        ("Sierra Wireless, Incorporated", "MC7304", "sierra"),
        ("WAVECOM MODEM", "MULTIBAND  900E  1800", "sierra"),
        ("Nordic Semiconductor ASA", "nRF9160-SICA", "nordic"),
        ("huawei", "E1750", "huawei"),
        ("", "Air724UG", "air72x"),
        ("CMCC", "ML307A", "ml307"),
    ],
)
def test_its_makers_are_known(manufacturer: str, model: str, name: str) -> None:
    assert dialect_of(manufacturer, model) == name
