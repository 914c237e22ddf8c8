"""A service provider's number: which receipt speaks of which message."""

from collections.abc import Callable

import pytest

from bench.keywords.account import Account
from bench.keywords.messageform import MessageForm
from drivers.api import Unsupported
from drivers.gateway import Delivery
from drivers.gateway.smpp_pdu import Receipt

TOKEN = "0123456789ab"


class Link:
    """A gateway that delivers what the test says."""

    alive = True

    def __init__(self, *receipts: tuple[str, str]) -> None:
        self.deliveries = [
            Delivery(n, n, "1440000000001", "106900000001", "", Receipt(id_, stat, "001"))
            for n, (id_, stat) in enumerate(receipts, 1)
        ]

    def mark(self) -> int:
        return 0

    def submit(self, number: str, text: str, **options: object) -> str:
        assert TOKEN in text
        return "A1"

    def wait_for(self, predicate: Callable[[Delivery], bool], *, since: int, timeout_s: float) -> Delivery | None:
        return next((d for d in self.deliveries if d.seq > since and predicate(d)), None)


def account(*receipts: tuple[str, str]) -> Account:
    account = Account("platform", "106900000001", Link(*receipts))  # type: ignore[arg-type]
    account.send_message("1440000000001", TOKEN, MessageForm.plain)
    return account


@pytest.mark.parametrize(
    ("receipts", "word"),
    [
        ([("A1", "REJECTD")], "REJECTD"),
        ([("B2", "REJECTD"), ("A1", "MK:0012")], "MK:0012"),
        ([("A1", "ENROUTE"), ("A1", "UNDELIV")], "UNDELIV"),
        ([("A1", "UNDELIV"), ("A1", "DELIVRD")], "DELIVRD"),
        ([("A1", "ACCEPTD")], None),
        ([("B2", "DELIVRD")], None),
        ([], None),
    ],
)
def test_the_last_word_on_a_message_is_the_receipt_of_its_own_id(
    receipts: list[tuple[str, str]], word: str | None
) -> None:
    report = account(*receipts).report_on(TOKEN, 0)
    assert (report.word if report else None) == word


def test_nothing_is_reported_of_what_was_not_sent() -> None:
    assert account(("A1", "DELIVRD")).report_on("ba9876543210", 0) is None


def test_an_account_sends_plain_texts_only() -> None:
    with pytest.raises(Unsupported, match="plain texts"):
        account().send_message("1440000000001", TOKEN, MessageForm.class_0)
