"""One message: what its witnesses tell, and of a message of type 0 that nobody is shown."""

import time
from typing import Any

import pytest

from bench.keywords.messageform import MessageForm
from bench.keywords.station import MessageReport, MessageSeen
from bench.keywords.trial import message, message_arrived_late
from bench.model import Attempt, CauseClass, Direction, Role, Service, Went, Witness
from drivers.api import CommandRefused

TOKEN = "0123456789ab"
PLAIN, TYPE_0 = MessageForm.plain, MessageForm.type_0


class Party:
    """Sends and receives what the test says."""

    def __init__(self, name: str, number: str) -> None:
        self.name, self.number = name, number
        self.refusal: CommandRefused | None = None
        self.gets: MessageSeen | None = None
        self.report: MessageReport | None = None
        self.waited: list[tuple[str, float]] = []

    def expect_message(self) -> int:
        return 0

    def mark(self) -> int:
        return 0

    def send_message(self, number: str, token: str, form: MessageForm) -> None:
        if self.refusal:
            raise self.refusal

    def wait_message(self, token: str, since: int, timeout_s: float) -> MessageSeen | None:
        self.waited.append(("message", timeout_s))
        return self.gets

    def report_on(self, token: str, timeout_s: float) -> MessageReport | None:
        self.waited.append(("report", timeout_s))
        return self.report


@pytest.fixture
def sender() -> Party:
    return Party("visitor", "13800000009")


@pytest.fixture
def receiver() -> Party:
    return Party("meter", "1440000000001")


def attempt(**changes: Any) -> Attempt:
    fields = {
        "id": "c/t", "check": "c", "role": Role.SUBJECT, "service": Service.SMS, "direction": Direction.MT,
        "initiator": "visitor", "receiver": "meter", "target": "1440000000001", "number_format": "plain",
        "token": TOKEN, "competent": Witness.MODULE, "session": "s", "plmn": "00101", "rat": "LTE",
        "bearer": "sms", "window_s": 60.0, "start_ns": time.monotonic_ns(),
    }  # fmt: skip
    return Attempt(**{**fields, **changes})


def test_what_arrives_is_told_with_who_sent_it(sender: Party, receiver: Party) -> None:
    receiver.gets = MessageSeen("+8613800000009", 5_000_000)
    seen, _ = message(attempt(), sender, receiver, PLAIN, whole=True)
    assert (seen.witness, seen.went, seen.identity_right) == (Witness.MODULE, Went.YES, True)


def test_a_receipt_tells_why_nothing_arrived(sender: Party, receiver: Party) -> None:
    sender.report = MessageReport("REJECTD", "066", 1)
    silent, told = message(attempt(), sender, receiver, PLAIN, whole=True)
    assert silent.went is Went.NO
    assert told.cause is not None
    assert told.cause.cls is CauseClass.POLICY


def test_a_receipt_that_says_delivered_is_neither_an_arrival_nor_a_refusal(sender: Party, receiver: Party) -> None:
    sender.report = MessageReport("DELIVRD", "000", 1)
    silent, told = message(attempt(), sender, receiver, PLAIN, whole=True)
    assert silent.went is Went.NO
    assert told.cause is not None
    assert told.cause.cls is CauseClass.FAR_END


def test_the_report_stands_for_the_receiver_of_a_message_of_type_0(sender: Party, receiver: Party) -> None:
    sender.report = MessageReport("DELIVRD", "TP-ST 00", 5_000_000)
    seen, _ = message(attempt(), sender, receiver, TYPE_0, whole=True)
    assert (seen.witness, seen.name, seen.went, seen.identity) == (Witness.MODULE, "meter", Went.YES, None)
    late = message_arrived_late(attempt(), sender, receiver, TYPE_0)
    assert late is not None
    assert late.went is Went.YES


def test_the_whole_window_is_watched_wherever_a_message_of_type_0_could_show(
    sender: Party, receiver: Party
) -> None:
    message(attempt(), sender, receiver, TYPE_0, whole=True)
    assert [what for what, patience in sender.waited if patience] == ["report"]
    sender.refusal = CommandRefused("no", family="CMS", code=50)
    message(attempt(), sender, receiver, TYPE_0, whole=True)
    assert [what for what, patience in receiver.waited if patience] == ["message"]


def test_a_rejected_message_of_type_0_did_not_arrive_late(sender: Party, receiver: Party) -> None:
    sender.report = MessageReport("REJECTD", "TP-ST 42", 1)
    assert message_arrived_late(attempt(), sender, receiver, TYPE_0) is None
