"""The forms in which a message is sent: what is special about each, and that its token is found again."""

import pytest

from bench.keywords.messageform import PORTS, MessageForm, carries
from drivers.sms import Alphabet, Submit, UserData

TOKEN = "0123456789ab"
FORMS = pytest.mark.parametrize("form", list(MessageForm))


def sent(form: MessageForm) -> list[Submit]:
    """What the receiver's network reads from the wire."""
    return [Submit.decode(part.encode()) for part in form.submits("13800000009", TOKEN)]


@FORMS
def test_every_part_of_every_form_carries_the_token(form: MessageForm) -> None:
    assert all(carries(part.user_data, TOKEN) for part in sent(form))
    assert not any(carries(part.user_data, "ba9876543210") for part in sent(form))


@FORMS
def test_only_one_thing_is_special_about_a_form(form: MessageForm) -> None:
    special = {
        MessageForm.plain: set(),
        MessageForm.long: {"concat"},
        MessageForm.binary: {"octets"},
        MessageForm.port: {"ports"},
        MessageForm.class_0: {"class 0"},
        MessageForm.class_2: {"class 2"},
        MessageForm.type_0: {"pid 64", "report"},
    }
    for part in sent(form):
        data = part.user_data
        marks = {
            "concat": data.concat is not None,
            "octets": data.alphabet is Alphabet.EIGHT_BIT,
            "ports": data.ports is not None,
            f"class {data.message_class}": data.message_class is not None,
            f"pid {part.pid}": part.pid != 0,
            "report": part.status_report,
        }
        assert {mark for mark, there in marks.items() if there} == special[form]


def test_a_long_message_has_parts_that_belong_together() -> None:
    places = [part.user_data.concat for part in sent(MessageForm.long)]
    assert len(places) > 1
    assert [place.number for place in places] == list(range(1, places[0].total + 1))
    assert {place.reference for place in places} == {int(TOKEN[:2], 16)}


def test_the_port_is_one_that_applications_may_take() -> None:
    assert 16000 <= PORTS.destination <= 16999, "23.040 9.2.3.24.4"


def test_a_token_in_octets_is_found_behind_other_octets() -> None:
    assert carries(UserData(b"\xff\x00" + TOKEN.encode() + b"\x00", 0x04), TOKEN)
