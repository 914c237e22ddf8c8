"""The SMPP account against a gateway on a real socket."""

import contextlib
import queue
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from smpplib import consts, smpp

from drivers.api import (
    CommandRefused,
    CommandTimeout,
    DialRefused,
    DriverError,
    LinkLost,
    LinkMissing,
    Outbound,
    WireRecord,
)
from drivers.api.guard import Reach
from drivers.gateway import Delivery, Receipt, SmppAccount
from drivers.gateway.smpp_pdu import encode, take_pdus
from drivers.sms import SmsFormatError

DEADLINE_S = 20.0
NUMBER = "10690000000001"
MODULE = "1440000000001"


class Gateway:
    """A small SMPP 3.4 gateway: answers everything as ``statuses`` say, and sends what a test asks for.

    A status of None leaves a request without a response.
    """

    def __init__(self, port: int = 0) -> None:
        self.statuses: dict[str, int | None] = {}
        self.requests: queue.Queue[Any] = queue.Queue()
        self.responses: queue.Queue[Any] = queue.Queue()
        self.before_response: Callable[[Any], None] = lambda request: None
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._connection: socket.socket | None = None
        self._ids = 0
        self._sequence = 0
        self._thread = threading.Thread(target=self._run, name="gateway")
        self._thread.start()

    def take(self, command: str) -> Any:
        """Return the next request of that command, skipping others."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            request = self.requests.get(timeout=max(0.0, deadline - time.monotonic()))
            if request.command == command:
                return request

    def send(self, raw: bytes) -> None:
        assert self._connection is not None
        self._connection.sendall(raw)

    def request(self, command: str, **fields: object) -> int:
        """Send a request and return its sequence number."""
        self._sequence += 1
        self.send(encode(command, self._sequence, **fields))
        return self._sequence

    def deliver(self, text: bytes, **fields: object) -> int:
        deliver = {
            "source_addr": MODULE,
            "dest_addr_npi": 1,
            "destination_addr": NUMBER,
            "esm_class": 0,
            "data_coding": 0,
            "short_message": text,
        }
        return self.request("deliver_sm", **{**deliver, **fields})

    def drop(self) -> None:
        assert self._connection is not None
        self._connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self.drop()
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection:
                    self._connection = connection
                    with contextlib.suppress(OSError):
                        self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        buffer = bytearray()
        while data := connection.recv(65536):
            buffer += data
            for pdu in take_pdus(buffer):
                parsed = smpp.parse_pdu(pdu.raw, allow_unknown_opt_params=True, client=_NoClient())
                if pdu.answers:
                    self.responses.put(parsed)
                else:
                    status = self.statuses.get(parsed.command, 0)
                    self.before_response(parsed)
                    self.requests.put(parsed)
                    if status is not None:
                        self._respond(parsed, status)

    def _respond(self, request: Any, status: int) -> None:
        fields: dict[str, object] = {"status": status}
        if request.command == "submit_sm" and status == 0:
            self._ids += 1
            fields["message_id"] = f"m-{self._ids}"
        raw = encode(f"{request.command}_resp", request.sequence, **fields)
        # an error response has no body (SMPP 3.4, 4.4.2)
        self.send(raw if status == 0 else struct.pack(">L", 16) + raw[4:16])


class _NoClient:
    sequence = 0

    def next_sequence(self) -> int:
        return 0


class Guard:
    """Lets a number of messages to the module pass."""

    def __init__(self) -> None:
        self.seen: list[Outbound] = []
        self.limit = 1000

    def check(self, outbound: Outbound) -> None:
        self.seen.append(outbound)
        if outbound.target.removeprefix("+86") != MODULE or len(self.seen) > self.limit:
            raise DialRefused("not one of the bench's numbers", where=outbound.target)


class Bench:
    def __init__(self) -> None:
        self.gateway = Gateway()
        self.guard = Guard()
        self.records: list[WireRecord] = []
        self.account: SmppAccount

    def open(self, **options: Any) -> SmppAccount:
        arguments: dict[str, Any] = {"system_id": "sp", "password": "secret", **options}
        return SmppAccount(
            "127.0.0.1",
            self.gateway.port,
            name="lab",
            number=NUMBER,
            guard=self.guard,
            observer=self.records.append,
            **arguments,
        )


@pytest.fixture
def unbound() -> Iterator[Bench]:
    bench = Bench()
    with contextlib.closing(bench.gateway):
        yield bench
    assert "smpp:lab" not in {thread.name for thread in threading.enumerate()}


@pytest.fixture
def bench(unbound: Bench) -> Iterator[Bench]:
    with unbound.open() as unbound.account:
        yield unbound


def anything(_: Delivery) -> bool:
    return True


def test_it_binds_as_transceiver_and_unbinds(unbound: Bench) -> None:
    with unbound.open() as account:
        bind = unbound.gateway.take("bind_transceiver")
        assert (bind.system_id, bind.password, bind.interface_version) == (b"sp", b"secret", 0x34)
        assert account.alive
        assert account.sessions == 1
    unbound.gateway.take("unbind")
    assert not account.alive
    account.close()


def test_a_refused_bind_is_an_observation(unbound: Bench) -> None:
    unbound.gateway.statuses["bind_transceiver"] = consts.SMPP_ESME_RINVPASWD
    with pytest.raises(CommandRefused, match="Invalid Password") as caught:
        unbound.open()
    assert (caught.value.family, caught.value.code) == ("SMPP", 0x0E)


def test_nobody_there_is_a_missing_link(unbound: Bench) -> None:
    unbound.gateway.close()
    with pytest.raises(LinkMissing) as caught:
        unbound.open()
    assert caught.value.fix


@pytest.mark.parametrize("login", [{"password": "123456789"}, {"system_id": "x" * 16}, {"password": "密"}])
def test_credentials_that_would_be_cut_are_refused(unbound: Bench, login: dict[str, str]) -> None:
    with pytest.raises(DriverError, match="longer than"):
        unbound.open(**login)
    assert unbound.records == []


@pytest.mark.parametrize(
    ("destination", "ton", "digits"), [(MODULE, 0, MODULE), (f"+86{MODULE}", 1, f"86{MODULE}")]
)
def test_a_short_text_is_one_message(bench: Bench, destination: str, ton: int, digits: str) -> None:
    assert bench.account.submit(destination, "token {1}") == "m-1"
    submit = bench.gateway.take("submit_sm")
    assert (submit.dest_addr_ton, submit.dest_addr_npi) == (ton, 1)
    assert (submit.source_addr, submit.destination_addr) == (NUMBER.encode(), digits.encode())
    # braces stand in the extension table of 23.038 6.2.1.1: ESC 28 and ESC 29, unpacked
    assert (submit.data_coding, submit.short_message) == (0, b"token \x1b\x281\x1b\x29")
    assert (submit.esm_class, submit.registered_delivery, submit.validity_period) == (0, 1, b"")
    assert bench.guard.seen == [Outbound(Reach.SMS, destination)]


def test_options_of_a_message(bench: Bench) -> None:
    bench.account.submit(MODULE, "x", registered=False, validity=timedelta(days=1, minutes=2, seconds=3))
    submit = bench.gateway.take("submit_sm")
    assert (submit.registered_delivery, submit.validity_period) == (0, b"000001000203000R")


def test_other_characters_go_as_ucs2(bench: Bench) -> None:
    bench.account.submit(MODULE, "标记 t1")
    submit = bench.gateway.take("submit_sm")
    assert (submit.data_coding, submit.short_message.decode("utf-16-be")) == (8, "标记 t1")


@pytest.mark.parametrize(("char", "coding", "room"), [("a", 0, 153), ("字", 8, 67)])
def test_a_long_text_is_concatenated(bench: Bench, char: str, coding: int, room: int) -> None:
    text = char * (2 * room + 1)
    assert bench.account.submit(MODULE, text) == "m-3"
    parts = [bench.gateway.take("submit_sm") for _ in range(3)]
    headers = [part.short_message[:6] for part in parts]
    reference = headers[0][3]
    # 23.040 9.2.3.24.1: length, IEI 00, length, reference, total, number
    assert headers == [bytes((5, 0, 3, reference, 3, number)) for number in (1, 2, 3)]
    assert {(part.esm_class, part.data_coding) for part in parts} == {(0x40, coding)}
    charset = "ascii" if coding == 0 else "utf-16-be"
    assert "".join(part.short_message[6:].decode(charset) for part in parts) == text
    assert [part.registered_delivery for part in parts] == [0, 0, 1]
    assert len(bench.guard.seen) == 3
    bench.account.submit(MODULE, text)
    assert bench.gateway.take("submit_sm").short_message[3] != reference


def test_nothing_leaves_past_the_guard(bench: Bench) -> None:
    before = len(bench.records)
    with pytest.raises(DialRefused):
        bench.account.submit("110", "no")
    bench.guard.limit = len(bench.guard.seen) + 2
    with pytest.raises(DialRefused):
        bench.account.submit(MODULE, "a" * 400)
    assert len(bench.records) == before


@pytest.mark.parametrize("destination", ["", "abc", "1" * 21, f"{MODULE}\0", "１２３"])
def test_what_is_no_number_is_refused(bench: Bench, destination: str) -> None:
    before = len(bench.records)
    with pytest.raises(DriverError):
        bench.account.submit(destination, "x")
    assert len(bench.records) == before


@pytest.mark.parametrize("status", [0x0A, 0x0B, 0x14, 0x45, 0x58, 0x0402])
def test_a_refused_message_raises_once_with_its_status(bench: Bench, status: int) -> None:
    bench.gateway.statuses["submit_sm"] = status
    with pytest.raises(CommandRefused) as caught:
        bench.account.submit(MODULE, "x")
    assert (caught.value.family, caught.value.code, caught.value.where) == ("SMPP", status, "smpp:lab")
    bench.gateway.statuses.clear()
    assert bench.account.submit(MODULE, "x") == "m-1"


def test_a_generic_nack_refuses_too(bench: Bench) -> None:
    bench.gateway.statuses["submit_sm"] = None
    bench.gateway.before_response = lambda request: bench.gateway.send(
        encode("generic_nack", request.sequence, status=3)
    )
    with pytest.raises(CommandRefused, match="generic_nack") as caught:
        bench.account.submit(MODULE, "x")
    assert caught.value.code == 3


def test_no_response_is_a_timeout_and_a_late_one_confuses_nobody(unbound: Bench) -> None:
    with unbound.open(response_s=0.05) as account:
        unbound.gateway.statuses["submit_sm"] = None
        with pytest.raises(CommandTimeout):
            account.submit(MODULE, "x")
        late = unbound.gateway.take("submit_sm").sequence
        unbound.gateway.send(encode("submit_sm_resp", late, message_id="late"))
        assert account.alive
    with unbound.open() as account:
        unbound.gateway.statuses.clear()
        assert account.submit(MODULE, "x") == "m-1"


def test_messages_arrive_after_the_mark(bench: Bench) -> None:
    account, gateway = bench.account, bench.gateway
    gateway.deliver(b"old")
    old = account.wait_for(anything, since=0, timeout_s=DEADLINE_S)
    mark, before = account.mark(), time.monotonic_ns()
    assert old is not None
    assert mark == old.seq == 1
    sequence = gateway.deliver(b"tok\x1b\x3c1\x1b\x3e", source_addr_ton=1, source_addr=f"86{MODULE}")
    found = account.wait_for(lambda delivery: "tok" in delivery.text, since=mark, timeout_s=DEADLINE_S)
    assert found is not None
    assert before < found.mono_ns < time.monotonic_ns()
    assert found == Delivery(2, found.mono_ns, f"+86{MODULE}", NUMBER, "tok[1]", None)
    responses = [gateway.responses.get(timeout=DEADLINE_S) for _ in range(2)]
    assert [(r.command, r.status) for r in responses] == [("deliver_sm_resp", 0)] * 2
    assert responses[1].sequence == sequence
    assert account.wait_for(anything, since=2, timeout_s=0.0) is None


def test_a_wait_under_way_sees_what_comes(bench: Bench) -> None:
    found: list[Delivery | None] = []
    looked = threading.Event()

    def second(delivery: Delivery) -> bool:
        looked.set()
        return delivery.text == "second"

    waiter = threading.Thread(
        target=lambda: found.append(bench.account.wait_for(second, since=0, timeout_s=DEADLINE_S))
    )
    waiter.start()
    bench.gateway.deliver(b"first")
    assert looked.wait(DEADLINE_S)
    bench.gateway.deliver(b"second")
    waiter.join(DEADLINE_S)
    assert [delivery and delivery.text for delivery in found] == ["second"]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"short_message": "标记".encode("utf-16-be"), "data_coding": 8}, "标记"),
        ({"short_message": b"caf\xe9", "data_coding": 3}, "café"),
        ({"short_message": b"caf\xe9", "data_coding": 0}, "café"),
        ({"short_message": b"caf\x05", "data_coding": 0xF0}, "café"),
        ({"short_message": b"\x00\xff", "data_coding": 4}, "\x00ÿ"),
        ({"short_message": b"\x05\x00\x03\x07\x02\x01part", "esm_class": 0x40}, "part"),
        ({"short_message": None, "message_payload": b"long" * 100}, "long" * 100),
        ({"short_message": b""}, ""),
    ],
)
def test_texts_of_all_codings(bench: Bench, fields: dict[str, object], text: str) -> None:
    bench.gateway.deliver(b"", **fields)
    found = bench.account.wait_for(anything, since=0, timeout_s=DEADLINE_S)
    assert found is not None
    assert found.text == text


def test_a_data_sm_is_a_delivery_too(bench: Bench) -> None:
    bench.gateway.request(
        "data_sm", source_addr=MODULE, destination_addr=NUMBER, esm_class=0, data_coding=0, message_payload=b"x"
    )
    found = bench.account.wait_for(anything, since=0, timeout_s=DEADLINE_S)
    assert found is not None
    assert (found.source, found.text) == (MODULE, "x")
    assert bench.gateway.responses.get(timeout=DEADLINE_S).command == "data_sm_resp"


def test_the_receipt_of_a_message_may_come_before_its_response(bench: Bench) -> None:
    text = b"id:m-1 sub:001 dlvrd:001 submit date:2501010000 done date:2501010001 stat:DELIVRD err:000 text:x"

    def deliver_first(request: Any) -> None:
        bench.gateway.deliver(text, esm_class=4)

    bench.gateway.before_response = deliver_first
    mark = bench.account.mark()
    message_id = bench.account.submit(MODULE, "x")
    found = bench.account.wait_for(
        lambda delivery: delivery.receipt is not None and delivery.receipt.id == message_id,
        since=mark,
        timeout_s=DEADLINE_S,
    )
    assert found is not None
    assert found.receipt == Receipt("m-1", "DELIVRD", "000")


def test_only_the_type_makes_a_receipt(bench: Bench) -> None:
    forged = b"id:m-1 stat:DELIVRD err:000"
    bench.gateway.deliver(forged)
    bench.gateway.deliver(b"in words of its own", esm_class=4)
    bench.gateway.deliver(b"id:m-9 stat:ENROUTE err:", esm_class=0x20)
    assert bench.account.wait_for(lambda delivery: delivery.seq == 3, since=0, timeout_s=DEADLINE_S)
    found = [bench.account.wait_for(anything, since=since, timeout_s=0.0) for since in range(3)]
    assert [delivery and delivery.receipt for delivery in found] == [
        None,
        Receipt("", "", ""),
        Receipt("m-9", "ENROUTE", ""),
    ]


def test_optional_parameters_of_a_receipt_win(bench: Bench) -> None:
    tlvs = struct.pack(">HH3s", 0x001E, 3, b"77\0") + struct.pack(">HHB", 0x0427, 1, 5)
    tlvs += struct.pack(">HHBH", 0x0423, 3, 3, 0x1B)
    tlvs += struct.pack(">HHH", 0x1203, 2, 1)  # sms_signal, which smpplib does not expect in a deliver_sm
    raw = encode("deliver_sm", 5, source_addr=MODULE, esm_class=4, data_coding=0, short_message=b"id:4D stat:?")
    bench.gateway.send(struct.pack(">L", len(raw + tlvs)) + raw[4:] + tlvs)
    found = bench.account.wait_for(anything, since=0, timeout_s=DEADLINE_S)
    assert found is not None
    assert found.receipt == Receipt("77", "UNDELIV", "027")


def test_the_gateways_own_requests_are_answered(bench: Bench) -> None:
    gateway = bench.gateway
    for command, answer, status in (
        ("enquire_link", "enquire_link_resp", 0),
        ("query_sm", "generic_nack", consts.SMPP_ESME_RINVCMDID),
    ):
        sequence = gateway.request(command, message_id="1")
        response = gateway.responses.get(timeout=DEADLINE_S)
        assert (response.command, response.sequence, response.status) == (answer, sequence, status)
    gateway.send(struct.pack(">LLLL", 16, 0x00010203, 0, 99))
    assert gateway.responses.get(timeout=DEADLINE_S).sequence == 99
    gateway.send(struct.pack(">LLLL", 16, 0x80010203, 0, 99))
    gateway.request("alert_notification", source_addr=MODULE, esme_addr=NUMBER)
    gateway.request("enquire_link")
    assert gateway.responses.get(timeout=DEADLINE_S).command == "enquire_link_resp"
    assert bench.records[-2].kind == "enquire_link"


def test_a_silent_gateway_is_asked_and_an_answer_keeps_it(unbound: Bench) -> None:
    with unbound.open(keepalive_s=0.05) as account:
        for _ in range(3):
            unbound.gateway.take("enquire_link")
        assert account.alive
        unbound.gateway.statuses["enquire_link"] = None
        with pytest.raises(LinkLost, match="enquire_link"):
            account.wait_for(anything, since=0, timeout_s=DEADLINE_S)
        assert not account.alive


def test_a_lost_connection_ends_everything_under_way_and_reconnect_heals(bench: Bench) -> None:
    account, gateway = bench.account, bench.gateway
    gateway.deliver(b"before")
    assert account.wait_for(anything, since=0, timeout_s=DEADLINE_S)
    gateway.statuses["submit_sm"] = None
    gateway.before_response = lambda request: gateway.drop() if request.command == "submit_sm" else None
    outcome: queue.Queue[BaseException] = queue.Queue()
    looked = threading.Event()

    def looking(_: Delivery) -> bool:
        looked.set()
        return False

    def wait() -> None:
        try:
            account.wait_for(looking, since=0, timeout_s=DEADLINE_S)
        except LinkLost as error:
            outcome.put(error)

    waiter = threading.Thread(target=wait)
    waiter.start()
    assert looked.wait(DEADLINE_S)
    with pytest.raises(LinkLost):
        account.submit(MODULE, "x")
    waiter.join(DEADLINE_S)
    assert isinstance(outcome.get_nowait(), LinkLost)
    with pytest.raises(LinkLost, match="closed the connection"):
        account.submit(MODULE, "x")
    with pytest.raises(LinkLost):
        account.wait_for(anything, since=account.mark(), timeout_s=DEADLINE_S)
    # what came before is still there to be found
    assert account.wait_for(anything, since=0, timeout_s=0.0)

    gateway.statuses.clear()
    gateway.before_response = lambda request: None
    account.reconnect()
    assert account.sessions == 2
    assert account.submit(MODULE, "x") == "m-1"
    gateway.deliver(b"after")
    after = account.wait_for(anything, since=1, timeout_s=DEADLINE_S)
    assert after is not None
    assert (after.seq, after.text) == (2, "after")


def test_a_failed_reconnect_leaves_a_lost_account(bench: Bench) -> None:
    bench.gateway.statuses["bind_transceiver"] = consts.SMPP_ESME_RBINDFAIL
    with pytest.raises(CommandRefused):
        bench.account.reconnect()
    assert not bench.account.alive
    bench.gateway.close()
    with pytest.raises(LinkMissing):
        bench.account.reconnect()
    with pytest.raises(LinkLost):
        bench.account.wait_for(anything, since=0, timeout_s=DEADLINE_S)
    with pytest.raises(LinkLost):
        bench.account.submit(MODULE, "x")


def test_a_gateway_that_unbinds_is_answered_and_lost(bench: Bench) -> None:
    bench.gateway.request("unbind")
    assert bench.gateway.responses.get(timeout=DEADLINE_S).command == "unbind_resp"
    with pytest.raises(LinkLost, match="unbound"):
        bench.account.wait_for(anything, since=0, timeout_s=DEADLINE_S)


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\0\0\0\x0f" + bytes(12),
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        struct.pack(">LLLL", 20, 5, 0, 1) + b"\0\1\1x",  # a deliver_sm that is cut off
    ],
)
def test_nonsense_is_never_taken_for_silence(bench: Bench, nonsense: bytes) -> None:
    bench.gateway.send(nonsense)
    with pytest.raises(LinkLost, match="out of protocol"):
        bench.account.wait_for(anything, since=0, timeout_s=DEADLINE_S)


def test_many_threads_share_the_account(bench: Bench) -> None:
    ids: queue.Queue[str] = queue.Queue()

    def submit() -> None:
        for _ in range(20):
            ids.put(bench.account.submit(MODULE, "x"))

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for _ in range(50):
        bench.gateway.request("enquire_link")
    for thread in threads:
        thread.join(DEADLINE_S)
    assert {ids.get_nowait() for _ in range(160)} == {f"m-{number}" for number in range(1, 161)}


def test_every_unit_is_recorded_and_the_password_is_not(unbound: Bench) -> None:
    with unbound.open() as account:
        account.submit(MODULE, "x")
        unbound.gateway.deliver(b"y")
        assert account.wait_for(anything, since=0, timeout_s=DEADLINE_S)
        unbound.gateway.responses.get(timeout=DEADLINE_S)
    assert [(record.direction, record.kind) for record in unbound.records] == [
        ("tx", "bind_transceiver"),
        ("rx", "bind_transceiver_resp"),
        ("tx", "submit_sm"),
        ("rx", "submit_sm_resp"),
        ("rx", "deliver_sm"),
        ("tx", "deliver_sm_resp"),
        ("tx", "unbind"),
        ("rx", "unbind_resp"),
    ]
    assert {record.source for record in unbound.records} == {"smpp:lab"}
    assert all(len(record.data) == int.from_bytes(record.data[:4]) for record in unbound.records)
    assert not any(b"secret" in record.data for record in unbound.records)
    assert unbound.gateway.take("bind_transceiver").password == b"secret"


def test_a_text_that_no_messages_can_carry_is_refused(bench: Bench) -> None:
    with pytest.raises(SmsFormatError):
        bench.account.submit(MODULE, "a" * 153 * 256)
