"""Memories and bearers of messages against a scripted module on a pseudo-terminal."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from drivers.api import ProtocolError, Unsupported
from drivers.at import AtChannel, MessageService, Messaging, Storage, load_dialect
from tests.drivers.scripted import Scripted


class Nobody:
    """Lets nothing out."""

    def check(self, outbound: object) -> None:
        raise AssertionError(outbound)


Bench = Callable[[dict[str, Any]], tuple[Messaging, Scripted]]


@pytest.fixture
def bench() -> Iterator[Bench]:
    with ExitStack() as stack:

        def build(table: dict[str, Any]) -> tuple[Messaging, Scripted]:
            peer = stack.enter_context(Scripted(table))
            channel = stack.enter_context(
                AtChannel(
                    peer.port,
                    name="dut",
                    guard=Nobody(),
                    dialect=load_dialect("generic"),
                    observer=lambda record: None,
                )
            )
            return Messaging(channel), peer

        yield build


@pytest.mark.parametrize(
    ("line", "storages"),
    [
        ('"SM",3,20,"ME",9,99,"ME",9,99', (Storage("SM", 3, 20), Storage("ME", 9, 99))),
        ('"SM",3,20,"ME",9,99,"SM",3,20', (Storage("SM", 3, 20),)),
        ('"SM",0,20', (Storage("SM", 0, 20),)),
    ],
)
def test_the_card_and_the_memory_of_deliveries_are_read(
    bench: Bench, line: str, storages: tuple[Storage, ...]
) -> None:
    messaging, peer = bench({'AT+CPMS="SM"': "+CPMS: 3,20,9,99,9,99\nOK", "AT+CPMS?": f"+CPMS: {line}\nOK"})
    assert messaging.storages() == storages
    assert peer.heard == ['AT+CPMS="SM"', "AT+CPMS?"]


def test_a_module_without_memories_has_none(bench: Bench) -> None:
    assert bench({})[0].storages() == ()


def test_a_message_is_deleted_where_it_was_chosen(bench: Bench) -> None:
    messaging, peer = bench({'AT+CPMS="ME"': "+CPMS: 1,9,1,9,1,9\nOK", "AT+CMGL=4": "OK", "AT+CMGD=7": "OK"})
    messaging.read_from("ME")
    assert messaging.stored() == ()
    messaging.delete(7)
    assert peer.heard == ['AT+CPMS="ME"', "AT+CMGL=4", "AT+CMGD=7"]


@pytest.mark.parametrize(
    ("offer", "services"),
    [("(0-3)", tuple(MessageService)), ("(0,1,3)", tuple(MessageService(n) for n in (0, 1, 3))), ("(1)", (1,))],
)
def test_offered_bearers(bench: Bench, offer: str, services: tuple[MessageService, ...]) -> None:
    messaging, _ = bench({"AT+CGSMS=?": f"+CGSMS: {offer}\nOK"})
    assert messaging.services() == services


def test_a_module_that_cannot_choose_offers_nothing(bench: Bench) -> None:
    assert bench({})[0].services() == ()


def test_a_bearer_is_read_back(bench: Bench) -> None:
    messaging, peer = bench({"AT+CGSMS=0": "OK", "AT+CGSMS?": "+CGSMS: 0\nOK"})
    messaging.choose_service(MessageService.PS)
    assert peer.heard == ["AT+CGSMS=0", "AT+CGSMS?"]


def test_a_bearer_that_did_not_take_is_an_error(bench: Bench) -> None:
    messaging, _ = bench({"AT+CGSMS=0": "OK", "AT+CGSMS?": "+CGSMS: 1\nOK"})
    with pytest.raises(Unsupported, match="stays with 1"):
        messaging.choose_service(MessageService.PS)


def test_a_bearer_that_makes_no_sense_is_an_error(bench: Bench) -> None:
    messaging, _ = bench({"AT+CGSMS?": "+CGSMS: 9\nOK"})
    with pytest.raises(ProtocolError, match="not understood"):
        messaging.service()
