"""What is said of a cap, given where data stop."""

from types import SimpleNamespace

import pytest
from robot.api import SkipExecution

from bench.evidence import Recorder
from bench.inventory import Windows
from bench.keywords.budget import ByteBudget
from bench.keywords.check import CheckRun
from bench.keywords.station import Circumstances
from bench.keywords.usage import UsageKeywords
from bench.model import Check, Destination, Expectation, Function, Outcome, Subscription
from drivers.api import CommandRefused, LinkError

CAP = 20_000
THERE = Destination("udp", "127.0.0.1", 7001)


class Network:
    """Data that pass until the subject has had ``stop`` bytes; also the far end that counts them."""

    def __init__(self, stop, *, reference=True):
        self._left = stop
        self._reference = reference
        self._arrived = ""
        self.sent = 0

    def mark(self):
        return 0

    def wait_for(self, predicate, *, since, timeout_s):
        seen = SimpleNamespace(token=self._arrived, mono_ns=0)
        return seen if self._arrived and predicate(seen) else None

    def send(self, payload, *, subject):
        size = 2 * (len(payload) + 28)
        self.sent += size
        passes = self._left >= size if subject else self._reference
        self._left -= size
        self._arrived = payload.split()[1].decode() if passes else ""


class Module:
    def __init__(self, name, network, *, cap=CAP, limit=10 * CAP, registered=True, refused=False):
        self.name = name
        self.budget = ByteBudget(limit)
        self.subscription = Subscription(
            name, "", "", "", "", restricted=True, functions=frozenset(Function), data_destinations=(THERE,),
            cap_bytes=cap,
        )  # fmt: skip
        self.can = lambda capability: True
        self._registered, self._refused = registered, refused
        socket = SimpleNamespace(
            send=lambda payload: network.send(payload, subject=name == "meter"), close=lambda: None
        )
        self.modem = SimpleNamespace(
            open_socket=lambda *where, **how: socket, context=lambda cid: SimpleNamespace(active=True)
        )

    def go_online(self):
        if self._refused:
            raise CommandRefused("refused", family="CME", code=133)
        return 1

    def circumstances(self):
        if not self._registered:
            raise LinkError("lost")
        return Circumstances(f"{self.name}/0/0", "00101", "LTE")


@pytest.fixture
def judged(tmp_path):
    with Recorder(tmp_path / "journal.jsonl", "test") as recorder:

        def run(network, **subject):
            windows = Windows(data_s=0.01)
            keywords = UsageKeywords()
            keywords._session = SimpleNamespace(
                bench=SimpleNamespace(windows=windows),
                destinations=lambda: {THERE: "server"},
                server=lambda name: network,
                references=lambda capability: ["reference"],
                station=lambda name: Module(name, network),
            )
            keywords._check = CheckRun(Check("c", "ESIM-06-1-d", "meter", Expectation.PROPERTY), recorder, windows)
            keywords.check.subject = Module("meter", network, **subject)
            keywords.send_data_up_to_the_cap()
            return keywords.check.conclude().outcome

        yield run


@pytest.mark.parametrize(
    ("stop", "outcome"),
    [
        (CAP, Outcome.PASS),
        (CAP * 0.95, Outcome.PASS),
        (CAP * 1.05, Outcome.PASS),
        (CAP * 0.5, Outcome.INCONCLUSIVE),
        (0, Outcome.INCONCLUSIVE),
        (CAP * 1.5, Outcome.FAIL),
        (CAP * 100, Outcome.FAIL),
    ],
)
def test_data_must_stop_at_the_cap_and_not_before(judged, stop, outcome):
    network = Network(stop)
    assert judged(network) is outcome
    assert network.sent < 1.2 * CAP, "no more is spent than it takes to see"


def test_a_far_end_that_nobody_reaches_shows_nothing(judged):
    assert judged(Network(CAP, reference=False)) is Outcome.INCONCLUSIVE


def test_without_a_context_nothing_is_known(judged):
    assert judged(Network(CAP), refused=True) is Outcome.INCONCLUSIVE


def test_a_module_that_lost_the_network_was_not_stopped_by_the_cap(judged):
    assert judged(Network(CAP), registered=False) is Outcome.ERROR


@pytest.mark.parametrize("subject", [{"cap": None}, {"limit": 2 * CAP}])
def test_it_is_not_tried_without_a_cap_or_without_leave(judged, subject):
    network = Network(CAP)
    with pytest.raises(SkipExecution):
        judged(network, **subject)
    assert network.sent == 0
