"""The AT channel over a pseudo-terminal, against modules that behave and modules that do not."""

import os
import pty
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers.api import (
    CommandRefused,
    CommandTimeout,
    DialRefused,
    LinkLost,
    LinkMissing,
    Outbound,
    ProtocolError,
    WireRecord,
)
from drivers.at.channel import AtChannel, ModuleRebooted, Urc
from drivers.at.command import Command, Errors
from drivers.at.dialect import Dialect

DEADLINE_S = 20.0
SOON_S = 0.05
CMGS = Command("AT+CMGS=1", replies=("+CMGS:",), errors=Errors.CME | Errors.CMS, payload=b"hello\x1a")
OK = b"\r\nOK\r\n"

Answer = bytes | Callable[["Module"], None]


class Module:
    """The module's side: answers each line, or each payload behind CTRL-Z or ESC, from a table; else OK."""

    def __init__(self, answers: dict[bytes, Answer]) -> None:
        self.answers = answers
        self.heard: list[bytes] = []
        self._news = threading.Condition()
        self.master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def say(self, data: bytes) -> None:
        while data:
            data = data[os.write(self.master, data) :]

    def unplug(self) -> None:
        """Make the device go away; only from the module's own thread."""
        os.close(self.master)
        self.master = -1

    def wait_heard(self, line: bytes, times: int = 1) -> None:
        with self._news:
            assert self._news.wait_for(lambda: self.heard.count(line) >= times, DEADLINE_S)

    def close(self) -> None:
        if self.master >= 0:
            os.write(self._slave, b"\x04\r")  # ends the thread, also after the channel has gone
        self._thread.join()
        os.close(self._slave)
        if self.master >= 0:
            os.close(self.master)

    def _serve(self) -> None:
        pending = b""
        while self.master >= 0:
            pending += os.read(self.master, 4096)
            while end := next((at for at, byte in enumerate(pending, 1) if byte in b"\r\x1a\x1b"), 0):
                line, pending = pending[:end].rstrip(b"\r"), pending[end:]
                if line == b"\x04":
                    return
                with self._news:
                    self.heard.append(line)
                    self._news.notify_all()
                answer = self.answers.get(line, b"" if line == b"\x1b" else OK)
                if callable(answer):
                    answer(self)
                else:
                    self.say(answer)
                if self.master < 0:
                    return


class Wire:
    """An observer that can be waited for."""

    def __init__(self) -> None:
        self.records: list[WireRecord] = []
        self._news = threading.Condition()

    def __call__(self, record: WireRecord) -> None:
        with self._news:
            self.records.append(record)
            self._news.notify_all()

    def wait(self, kind: str, data: bytes) -> None:
        with self._news:
            assert self._news.wait_for(lambda: (kind, data) in self.seen(), DEADLINE_S)

    def seen(self) -> list[tuple[str, bytes]]:
        return [(record.kind, record.data) for record in self.records]


class Guard:
    def __init__(self) -> None:
        self.refuses = False
        self.asked: list[Outbound] = []

    def check(self, outbound: Outbound) -> None:
        self.asked.append(outbound)
        if self.refuses:
            raise DialRefused("not ours.")


class Bench:
    """A module, a channel to it, and what both saw."""

    def __init__(self, answers: dict[bytes, Answer], port: Callable[[str], str] = str) -> None:
        self.module = Module(answers)
        self.wire = Wire()
        self.guard = Guard()
        self.channel = AtChannel(
            port(self.module.port),
            name="meter",
            guard=self.guard,
            dialect=Dialect("lab", boot=("RDY",)),
            observer=self.wire,
        )

    def close(self) -> None:
        self.channel.close()
        self.module.close()


@pytest.fixture
def bench() -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(answers: dict[bytes, Answer] | None = None, **options: Callable[[str], str]) -> Bench:
        made.append(Bench(answers or {}, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def text_is(text: str) -> Callable[[Urc], bool]:
    return lambda urc: urc.text == text


CSQ: dict[bytes, Answer] = {b"AT+CSQ": b"AT+CSQ\r\r\n+CSQ: 20,99\r\n\r\nOK\r\n"}


def test_an_exchange_and_its_records(bench: Callable[..., Bench]) -> None:
    it = bench(CSQ)
    reply = it.channel.execute("AT+CSQ")
    assert reply.lines == ("+CSQ: 20,99",)
    assert reply.final == "OK"
    assert 0 < reply.latency_s < DEADLINE_S
    assert it.wire.seen() == [
        ("command", b"AT+CSQ"),
        ("echo", b"AT+CSQ"),
        ("reply", b"+CSQ: 20,99"),
        ("final", b"OK"),
    ]
    assert {record.source for record in it.wire.records} == {"at:meter"}
    assert [record.direction for record in it.wire.records] == ["tx", "rx", "rx", "rx"]
    assert [record.mono_ns for record in it.wire.records] == sorted(record.mono_ns for record in it.wire.records)


@pytest.mark.parametrize(
    ("command", "final", "family", "code"),
    [
        ("AT+X", "ERROR", "ERROR", None),
        ("AT+X", "+CME ERROR: 30", "CME", 30),
        ("AT+CMGR=1", "+CMS ERROR: 321", "CMS", 321),
        ("ATD1440000000001;", "NO CARRIER", "NO CARRIER", None),
    ],
)
def test_refusals(bench: Callable[..., Bench], command: str, final: str, family: str, code: int | None) -> None:
    it = bench({command.encode(): f"\r\n{final}\r\n".encode()})
    with pytest.raises(CommandRefused) as refused:
        it.channel.execute(command)
    assert (refused.value.family, refused.value.code) == (family, code)
    assert it.channel.execute("AT").final == "OK"


def test_the_guard_stands_before_the_wire(bench: Callable[..., Bench]) -> None:
    it = bench()
    it.guard.refuses = True
    with pytest.raises(DialRefused):
        it.channel.execute("ATD110;")
    it.channel.execute("AT")
    assert [asked.target for asked in it.guard.asked] == ["110"]
    assert it.module.heard == [b"AT"]
    assert it.wire.seen()[0] == ("command", b"AT")


def test_a_message_behind_its_prompt(bench: Callable[..., Bench]) -> None:
    it = bench({b"AT+CMGS=1": b"\r\n>\r\n", b"hello\x1a": b"hello\x1a\r\n+CMGS: 7\r\n\r\nOK\r\n"})
    assert it.channel.execute(CMGS).lines == ("+CMGS: 7",)
    assert it.module.heard == [b"AT+CMGS=1", b"hello\x1a"]
    assert [kind for kind, _ in it.wire.seen()] == ["command", "prompt", "payload", "echo", "reply", "final"]


def test_an_error_instead_of_the_prompt(bench: Callable[..., Bench]) -> None:
    it = bench({b"AT+CMGS=1": b"\r\n+CMS ERROR: 500\r\n"})
    with pytest.raises(CommandRefused):
        it.channel.execute(CMGS)
    it.channel.execute("AT")
    assert it.module.heard == [b"AT+CMGS=1", b"AT"]


def test_an_error_right_behind_the_prompt(bench: Callable[..., Bench]) -> None:
    it = bench({b"AT+CMGS=1": b"\r\n> \r\n+CMS ERROR: 500\r\n"})
    with pytest.raises(CommandRefused):
        it.channel.execute(CMGS)
    it.channel.execute("AT")
    assert it.module.heard == [b"AT+CMGS=1", b"AT"]


def test_what_came_before_a_call_does_not_end_it(bench: Callable[..., Bench]) -> None:
    def hang_up(module: Module) -> None:
        module.say(b"\r\nOK\r\n\r\nNO CARRIER\r\n")

    it = bench({b"ATH": hang_up})
    for _ in range(20):
        mark = it.channel.mark()
        it.channel.execute("ATH")
        assert it.channel.wait_for(text_is("NO CARRIER"), since=mark, timeout_s=DEADLINE_S)
        assert it.channel.execute("ATD1440000000001;").final == "OK"


def test_a_prompt_that_does_not_come(bench: Callable[..., Bench]) -> None:
    it = bench({b"AT+CMGS=1": b"", b"\x1b": OK, **CSQ})
    with pytest.raises(CommandTimeout):
        it.channel.execute(CMGS, SOON_S)
    assert it.channel.execute("AT+CSQ").lines == ("+CSQ: 20,99",)
    assert it.module.heard[:2] == [b"AT+CMGS=1", b"\x1b"]
    assert b"hello\x1a" not in it.module.heard


def test_a_prompt_left_open_by_an_earlier_session(bench: Callable[..., Bench]) -> None:
    def swallow(module: Module) -> None:
        module.say(b"\r\n> ")
        module.answers[b"AT"] = OK

    it = bench({b"AT": swallow, b"\x1b": OK})
    it.channel.synchronise()
    assert b"\x1b" in it.module.heard
    assert it.channel.execute("AT").final == "OK"


def test_result_after_ok(bench: Callable[..., Bench]) -> None:
    it = bench({b"AT+QIOPEN=1": b"\r\nOK\r\n\r\n+QIOPEN: 0,0\r\n"})
    assert it.channel.execute(Command("AT+QIOPEN=1", completes="+QIOPEN:")).lines == ("+QIOPEN: 0,0",)


class TestLateReplies:
    """A reply behind its deadline is never given to another command."""

    LATE = b"\r\n+COPS: 0\r\n\r\nOK\r\n"

    def give_up(self, it: Bench) -> None:
        with pytest.raises(CommandTimeout) as timeout:
            it.channel.execute("AT+COPS?", SOON_S)
        assert timeout.value.where.startswith("meter")

    def test_before_the_next_command(self, bench: Callable[..., Bench]) -> None:
        it = bench({b"AT+COPS?": b"", **CSQ})
        self.give_up(it)
        it.module.say(self.LATE)
        it.wire.wait("noise", b"OK")
        assert it.channel.execute("AT+CSQ").lines == ("+CSQ: 20,99",)
        assert b"AT" not in it.module.heard  # every final has come: nothing to synchronise

    def test_before_the_answer_to_the_probe(self, bench: Callable[..., Bench]) -> None:
        it = bench({b"AT+COPS?": b"", b"AT": self.LATE + OK, **CSQ})
        self.give_up(it)
        assert it.channel.execute("AT+CSQ").lines == ("+CSQ: 20,99",)

    def test_behind_the_answer_to_the_probe(self, bench: Callable[..., Bench]) -> None:
        def answer(module: Module) -> None:
            module.say(OK)
            it.wire.wait("final", b"OK")
            module.say(self.LATE)

        it = bench({b"AT+COPS?": b"", b"AT": answer, **CSQ})
        self.give_up(it)
        assert it.channel.execute("AT+CSQ").lines == ("+CSQ: 20,99",)

    def test_never(self, bench: Callable[..., Bench]) -> None:
        it = bench({b"AT+COPS?": b"", **CSQ})
        self.give_up(it)
        assert it.channel.execute("AT+CSQ").lines == ("+CSQ: 20,99",)
        assert it.module.heard == [b"AT+COPS?", b"AT", b"AT+CSQ"]
        it.channel.execute("AT+CSQ")
        assert it.module.heard.count(b"AT") == 1

    def test_a_module_that_has_fallen_silent(
        self, bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("drivers.at.channel._SYNCHRONISE_S", 0.2)
        it = bench({b"AT+COPS?": b"", b"AT": b"", **CSQ})
        self.give_up(it)
        with pytest.raises(CommandTimeout):
            it.channel.execute("AT+CSQ")
        assert b"AT+CSQ" not in it.module.heard
        assert it.channel.alive


class TestLostLinks:
    def test_during_a_command(self, bench: Callable[..., Bench]) -> None:
        it = bench({b"AT+COPS?": Module.unplug})
        with pytest.raises(LinkLost):
            it.channel.execute("AT+COPS?", DEADLINE_S)
        assert not it.channel.alive
        with pytest.raises(LinkLost):
            it.channel.execute("AT")
        with pytest.raises(LinkLost):
            it.channel.wait_for(text_is("RING"), since=0, timeout_s=DEADLINE_S)

    def test_during_a_wait(self, bench: Callable[..., Bench]) -> None:
        def ring_and_go(module: Module) -> None:
            module.say(b"\r\nOK\r\n\r\nRING\r\n")
            it.wire.wait("urc", b"RING")
            module.unplug()

        it = bench({b"ATZ": ring_and_go})
        mark = it.channel.mark()
        it.channel.execute("ATZ")
        assert it.channel.wait_for(text_is("RING"), since=mark, timeout_s=DEADLINE_S)
        with pytest.raises(LinkLost):
            it.channel.wait_for(text_is("BUSY"), since=mark, timeout_s=DEADLINE_S)

    def test_closing_ends_a_wait_and_a_command(self, bench: Callable[..., Bench]) -> None:
        it = bench({b"AT+COPS?": b""})
        failures: list[str] = []

        def expect_loss(call: Callable[[], object]) -> None:
            try:
                call()
            except LinkLost as error:
                failures.append(error.what)

        threads = [
            threading.Thread(
                target=expect_loss,
                args=(lambda: it.channel.wait_for(text_is("RING"), since=0, timeout_s=DEADLINE_S),),
            ),
            threading.Thread(target=expect_loss, args=(lambda: it.channel.execute("AT+COPS?", DEADLINE_S),)),
        ]
        for thread in threads:
            thread.start()
        it.module.wait_heard(b"AT+COPS?")
        it.channel.close()
        for thread in threads:
            thread.join(DEADLINE_S)
        assert failures == ["the channel is closed."] * 2
        with pytest.raises(LinkLost):
            it.channel.reopen(0)

    def test_reopening_by_the_same_path(self, bench: Callable[..., Bench], tmp_path: Path) -> None:
        path = tmp_path / "usb-module-if02"

        def by_id(port: str) -> str:
            path.symlink_to(port)
            return str(path)

        it = bench({b"AT+CFUN=1,1": Module.unplug}, port=by_id)
        mark = it.channel.mark()
        with pytest.raises(LinkLost):
            it.channel.execute("AT+CFUN=1,1")
        path.unlink()
        with pytest.raises(LinkMissing):
            it.channel.reopen(0)
        again = Module(CSQ)
        try:
            opening = threading.Thread(target=it.channel.reopen, args=(DEADLINE_S,))
            opening.start()
            path.symlink_to(again.port)
            opening.join()
            assert it.channel.alive
            assert it.channel.boots == 1
            assert it.channel.execute("AT+CSQ").lines == ("+CSQ: 20,99",)
            again.say(b"\r\nRING\r\n")
            assert it.channel.wait_for(text_is("RING"), since=mark, timeout_s=DEADLINE_S)
            it.channel.close()
        finally:
            again.close()


def test_a_reboot_ends_the_command(bench: Callable[..., Bench]) -> None:
    it = bench({b"AT+COPS?": b"\r\nRDY\r\n", **CSQ})
    with pytest.raises(ModuleRebooted) as rebooted:
        it.channel.execute("AT+COPS?", DEADLINE_S)
    assert isinstance(rebooted.value, LinkLost)
    assert it.channel.boots == 1
    assert it.channel.alive
    assert it.channel.execute("AT+CSQ").lines == ("+CSQ: 20,99",)


def test_a_reboot_between_commands_is_counted(bench: Callable[..., Bench]) -> None:
    it = bench()
    mark = it.channel.mark()
    it.module.say(b"\r\nRDY\r\n")
    assert it.channel.wait_for(text_is("RDY"), since=mark, timeout_s=DEADLINE_S)
    assert it.channel.boots == 1


class TestUnsolicited:
    def test_nothing_that_came_after_the_mark_is_missed(self, bench: Callable[..., Bench]) -> None:
        it = bench({b"AT+A": b"\r\nRING\r\n\r\nOK\r\n\r\n+CMT: ,2\r\nABCD\r\n"})
        it.channel.execute("AT+A")
        mark = it.channel.mark()
        it.channel.execute("AT+A")
        message = it.channel.wait_for(lambda urc: urc.pdu == "ABCD", since=mark, timeout_s=DEADLINE_S)
        assert message is not None
        assert message.text == "+CMT: ,2"
        ring = it.channel.wait_for(text_is("RING"), since=mark, timeout_s=0)
        assert ring is not None
        assert mark <= ring.seq < message.seq
        assert it.channel.wait_for(text_is("RING"), since=ring.seq + 1, timeout_s=0) is None
        assert ("urc", b"ABCD") in it.wire.seen()

    def test_nothing_came(self, bench: Callable[..., Bench]) -> None:
        it = bench()
        assert it.channel.wait_for(text_is("RING"), since=it.channel.mark(), timeout_s=SOON_S) is None

    def test_the_predicate_may_use_the_channel(self, bench: Callable[..., Bench]) -> None:
        it = bench(CSQ)
        it.module.say(b"\r\nRING\r\n")

        def predicate(_: Urc) -> bool:
            return it.channel.execute("AT+CSQ").lines == ("+CSQ: 20,99",)

        assert it.channel.wait_for(predicate, since=0, timeout_s=DEADLINE_S)

    def test_a_storm(self, bench: Callable[..., Bench]) -> None:
        codes = 3000

        def answer(module: Module) -> None:
            for number in range(codes):
                module.say(f"\r\n+CIEV: 2,{number}\r\n".encode())
                if number == codes // 2:
                    module.say(b"\r\n+CSQ: 20,99\r\n\r\nOK\r\n")

        it = bench({b"AT+CSQ": answer})
        mark = it.channel.mark()
        assert it.channel.execute(Command("AT+CSQ", replies=("+CSQ:",)), DEADLINE_S).lines == ("+CSQ: 20,99",)
        assert it.channel.wait_for(text_is(f"+CIEV: 2,{codes - 1}"), since=mark, timeout_s=DEADLINE_S)
        seen: list[str] = []
        it.channel.wait_for(lambda urc: bool(seen.append(urc.text)), since=mark, timeout_s=0)
        assert seen == [f"+CIEV: 2,{number}" for number in range(codes)]

    def test_more_than_is_kept_is_an_error(
        self, bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("drivers.at.channel.HISTORY", 4)
        it = bench({b"AT+A": b"\r\nRING\r\n" * 5 + OK})
        it.channel.execute("AT+A")
        with pytest.raises(ProtocolError):
            it.channel.wait_for(text_is("BUSY"), since=0, timeout_s=0)
        assert it.channel.wait_for(text_is("RING"), since=1, timeout_s=0)


def test_threads_get_their_own_replies(bench: Callable[..., Bench]) -> None:
    it = bench({f"AT+N={number}".encode(): f"\r\n+N: {number}\r\n\r\nOK\r\n".encode() for number in range(200)})
    wrong: list[int] = []

    def work(numbers: range) -> None:
        wrong.extend(n for n in numbers if it.channel.execute(f"AT+N={n}").lines != (f"+N: {n}",))

    threads = [threading.Thread(target=work, args=(range(first, 200, 2),)) for first in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(it.module.heard) == 200
