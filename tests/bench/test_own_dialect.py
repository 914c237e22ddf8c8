"""A module of a vendor that the drivers do not know, from a bench file and a dialect file alone."""

import json
from pathlib import Path

from bench.inventory import dump, load_bench
from bench.runner.exchange import exchange
from tests.drivers.scripted import Scripted

OWN = """
unsolicited = ["$ZDATA"]
iccid = ["AT$ZICC"]
"""

BENCH = """
[bench]
name = "own"

[modules.meter]
port = "{port}"
dialect = "{dialect}"
subscription = "meter"
capabilities = ["sms"]

[subscriptions.meter]
operator = "cmcc"
msisdn = "1440000000001"
iccid = "89860000000000000001"
imsi = "460000000000001"
functions = ["data"]
"""


def test_the_bench_file_names_a_dialect_file(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(OWN, encoding="utf-8")
    with Scripted({"AT$ZICC": "$ZDATA 7\n$ZICC: 89860000000000000001\nOK"}) as peer:
        bench_file = tmp_path / "bench.toml"
        bench_file.write_text(BENCH.format(port=peer.port, dialect=own), encoding="utf-8")
        lines = exchange(bench_file, "meter", "AT$ZICC", tmp_path / "runs", 60)
        resolved = tmp_path / "resolved.toml"
        resolved.write_text(dump(load_bench(bench_file)), encoding="utf-8")
    # what only this dialect calls an unsolicited code is no part of the reply
    assert lines == ("$ZICC: 89860000000000000001", "OK")
    assert load_bench(resolved).modules["meter"].dialect == str(own)
    events = map(json.loads, (tmp_path / "runs/latest/journal.jsonl").read_text(encoding="utf-8").splitlines())
    assert any(event.get("meaning", {}).get("kind") == "urc" for event in events)
