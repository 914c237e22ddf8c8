"""Reads a bench file and says in one message what is wrong with it; writes it back resolved."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import tomli_w
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bench.clauses import load_catalogue
from bench.inventory.benchfile import (
    Bench,
    BenchEntry,
    DataServerEntry,
    GatewayEntry,
    Limits,
    ModuleEntry,
    QuarantineEntry,
    SmsAccountEntry,
    SubscriptionEntry,
    Windows,
)
from bench.inventory.errors import BenchFileError, Misplaced
from drivers.at.dialect import DialectError, dialect_names, load_dialect

_SINGLE: dict[str, type[BaseModel]] = {"bench": BenchEntry, "windows": Windows, "limits": Limits}
_NAMED: dict[str, type[BaseModel]] = {
    "modules": ModuleEntry,
    "subscriptions": SubscriptionEntry,
    "gateways": GatewayEntry,
    "quarantine": QuarantineEntry,
}
_FAR_ENDS: dict[str, type[BaseModel]] = {"sms-account": SmsAccountEntry, "data": DataServerEntry}

_Path = tuple[str | int, ...]


class _Complaint(NamedTuple):
    """What is wrong at a path of the file; ``rank`` 0 comes first, whatever its line."""

    path: _Path
    cause: str
    fix: str
    rank: int = 1


def load_bench(path: Path) -> Bench:
    """Return the bench of a file; raises :class:`BenchFileError` for the first thing that is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        raise BenchFileError(
            str(path), f"cannot be read: {error.strerror}", "name an existing bench file"
        ) from error
    except UnicodeDecodeError as error:
        raise BenchFileError(str(path), "is not UTF-8 text", "save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(path, error) from error
    try:
        bench = Bench.model_validate(data)
    except ValidationError as error:
        raise _first(path, text, map(_complaint, error.errors())) from error
    complaints = [*_dangling(bench), *_dialect_files(bench), *_duplicates(bench), *_quarantine(bench)]
    if complaints:
        raise _first(path, text, complaints)
    return bench


def dump(bench: Bench) -> str:
    """Return the bench as TOML text with every default written out; :func:`load_bench` reads it back."""
    return tomli_w.dumps(bench.model_dump(mode="json", exclude_none=True))


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the bench file, for editors."""
    return Bench.model_json_schema()


def _first(path: Path, text: str, complaints: Iterable[_Complaint]) -> BenchFileError:
    """Return the complaint to show: an unknown key explains the missing one, else the first in the file."""
    lines = _lines(text)
    _, line, complaint = min(
        ((complaint.rank, _line(lines, complaint.path), complaint) for complaint in complaints),
        key=lambda found: found[:2],
    )
    return BenchFileError(f"{path}:{line}", complaint.cause, complaint.fix)


def _syntax_error(path: Path, error: tomllib.TOMLDecodeError) -> BenchFileError:
    match = re.fullmatch(r"(.*) \(at line (\d+), column \d+\)", str(error))
    place, cause = (f"{path}:{match[2]}", match[1]) if match else (f"{path}", str(error))
    return BenchFileError(
        place, f"is not TOML: {cause}", "correct the line; texts and digit strings stand in quotes"
    )


def _complaint(error: ErrorDetails) -> _Complaint:
    """Put one of pydantic's errors into the words of the bench file."""
    path: _Path = tuple(part for part in error["loc"] if part != "[key]")
    kind = ""
    if path[0] == "far_ends" and len(path) > 2:  # pydantic names the kind between entry and key
        kind, path = str(path[2]), path[:2] + path[3:]
    reason = error.get("ctx", {}).get("error")
    if isinstance(reason, Misplaced):
        place = (*path, reason.key) if reason.key else path
        return _Complaint(place, f"{_label(path)}: {reason.cause}", reason.fix)
    if error["type"] == "extra_forbidden":
        key, section = str(path[-1]), _label(path[:-1]) or "the file"
        return _Complaint(path, f"unknown key {key!r} in {section}", _instead(key, _known(path, kind)), rank=0)
    if error["type"] in ("missing", "too_short"):
        return _Complaint(path, *_lacking(path))
    return _Complaint(path, *_wrong_value(_label(path), error))


def _lacking(path: _Path) -> tuple[str, str]:
    """Return cause and fix for a section or key that is not there."""
    if len(path) > 1:
        return f"{_label(path[:-1])} has no {path[-1]}", f"add {path[-1]} = ..."
    section = str(path[0]) if path[0] in _SINGLE else f"{path[0]}.NAME"
    return f"the section [{section}] is missing", "add it"


def _wrong_value(label: str, error: ErrorDetails) -> tuple[str, str]:
    """Return cause and fix for a value that is not what its key wants."""
    given = error["input"]
    match error["type"]:
        case "string_type" if isinstance(given, int | float):
            return f"{label}: is a number", "put the digits in quotes; a TOML number loses leading zeros"
        case "literal_error" | "enum":
            cause, fix = f"{label}: {given!r} is unknown", f"write {error['ctx']['expected']}"
        case "union_tag_not_found" | "union_tag_invalid":
            cause, fix = f"{label} is of no known kind", f"write kind = one of {_listed(_FAR_ENDS)}"
        case "bool_type":
            cause, fix = f"{label}: wants true or false", "write it without quotes"
        case "model_type" | "dict_type" | "model_attributes_type":
            cause, fix = f"{label}: is not a section", f"write it as {label} with its keys below"
        case _:
            cause, fix = f"{label}: {error['msg']}", "see bench config schema"
    return cause, fix


def _dangling(bench: Bench) -> Iterator[_Complaint]:
    for name, module in bench.modules.items():
        if module.subscription not in bench.subscriptions:
            yield _Complaint(
                ("modules", name, "subscription"),
                f"[modules.{name}] subscription: no subscription is called {module.subscription!r}",
                _instead(module.subscription, bench.subscriptions),
            )
        if not module.dialect.endswith(".toml") and module.dialect not in dialect_names():
            yield _Complaint(
                ("modules", name, "dialect"),
                f"[modules.{name}] dialect: no dialect is called {module.dialect!r}",
                _instead(module.dialect, dialect_names()),
            )
        if module.stray_of is not None and module.stray_of not in bench.subjects():
            yield _Complaint(
                ("modules", name, "stray_of"),
                f"[modules.{name}] stray_of: no module under test is called {module.stray_of!r}",
                _instead(module.stray_of, bench.subjects()),
            )
    for name, far_end in bench.far_ends.items():
        if isinstance(far_end, SmsAccountEntry) and far_end.gateway not in bench.gateways:
            yield _Complaint(
                ("far_ends", name, "gateway"),
                f"[far_ends.{name}] gateway: no gateway is called {far_end.gateway!r}",
                _instead(far_end.gateway, bench.gateways)
                if bench.gateways
                else f"add [gateways.{far_end.gateway}]",
            )


def _dialect_files(bench: Bench) -> Iterator[_Complaint]:
    """Complain about dialect files of the bench's own that cannot be had."""
    for name, module in bench.modules.items():
        place, own = ("modules", name, "dialect"), module.dialect
        if own.endswith(".toml") and not Path(own).is_absolute():
            cause, fix = (
                f"{own!r} is no absolute path",
                "write it from / on, since a run's programs start elsewhere",
            )
            yield _Complaint(place, f"[modules.{name}] dialect: {cause}", fix)
        elif own.endswith(".toml"):
            try:
                load_dialect(own)
            except DialectError as error:
                cause, fix = f"{own}: {error.what}", error.fix or "see docs/dialects.md"
                yield _Complaint(place, f"[modules.{name}] dialect: {cause}", fix)


def _duplicates(bench: Bench) -> Iterator[_Complaint]:
    """Complain about what can exist once only: ports, cards in modules, identities, numbers of far ends."""
    tables: list[tuple[str, str, Mapping[str, Any]]] = [
        ("modules", "port", bench.modules),
        ("modules", "subscription", bench.modules),
        ("subscriptions", "msisdn", bench.subscriptions),
        ("subscriptions", "iccid", bench.subscriptions),
        ("subscriptions", "imsi", bench.subscriptions),
        ("far_ends", "number", bench.far_ends),
    ]
    for section, key, entries in tables:
        owners: dict[str, str] = {}
        for name, entry in entries.items():
            value = getattr(entry, key, None)
            if value is None:
                continue
            owner = owners.setdefault(value, name)
            if owner != name:
                yield _Complaint(
                    (section, name, key),
                    f"[{section}.{name}] {key}: the same as in [{section}.{owner}]",
                    "give each its own",
                )


def _quarantine(bench: Bench) -> Iterator[_Complaint]:
    """Complain about quarantines that are over, or that name what there is not."""
    today = datetime.now(UTC).date()
    for place, entry in enumerate(bench.quarantine):
        label = _label(("quarantine", place))
        if entry.expires < today:
            yield _Complaint(
                ("quarantine", place, "expires"),
                f"{label} expires: {entry.expires} is past",
                "remove the entry so that its verdicts count again, or give a later day and say why",
            )
        for key, name, known in (
            ("clause", entry.clause, load_catalogue()),
            ("module", entry.module, bench.modules),
        ):
            if name and name not in known:
                cause = f"{label} {key}: no {key} is called {name!r}"
                yield _Complaint(("quarantine", place, key), cause, _instead(name, known))


def _known(path: _Path, kind: str) -> Iterable[str]:
    """Return the keys that may stand where an unknown one was found."""
    section = str(path[0])
    if len(path) == 1:
        return Bench.model_fields
    entry = _SINGLE.get(section) or _NAMED.get(section) or _FAR_ENDS[kind]
    return entry.model_fields


def _instead(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"write one of {_listed(known)}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))


def _label(path: _Path) -> str:
    """Return a path as a reader of the file would name it: ``[modules.meter] capabilities item 2``."""
    if not path:
        return ""
    if path[0] == "quarantine" and len(path) > 1:
        return " ".join([f"[[quarantine]] {int(path[1]) + 1}", *map(str, path[2:])])
    depth = 1 if path[0] in _SINGLE else 2
    label = "[" + ".".join(map(str, path[:depth])) + "]"
    for part in path[depth:]:
        label += f" item {part + 1}" if isinstance(part, int) else f" {part}"
    return label


def _lines(text: str) -> dict[_Path, int]:
    """Return the line number of every section header and key, found by reading each line as TOML of its own."""
    lines: dict[_Path, int] = {}
    section: _Path = ()
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("["):
            path = _chain(stripped)
            if path:
                if stripped.startswith("[["):  # one more table of a list
                    path += (sum(key[:-1] == path for key in lines if isinstance(key[-1], int)),)
                section = path
                for length in range(1, len(path) + 1):
                    lines.setdefault(path[:length], number)
        elif "=" in stripped:
            key = _chain(f"{stripped.partition('=')[0]}= 0")
            if key:
                lines.setdefault(section + key, number)
    return lines


def _chain(line: str) -> _Path:
    """Return the keys that a line of TOML leads through, none when it is the middle of a value."""
    try:
        node: Any = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return ()
    path: list[str] = []
    while isinstance(node, dict) and node:
        ((key, node),) = node.items()
        path.append(key)
    return tuple(path)


def _line(lines: Mapping[_Path, int], path: Sequence[str | int]) -> int:
    """Return the line of the longest part of the path that stands in the file, else the first."""
    for length in range(len(path), 0, -1):
        line = lines.get(tuple(path[:length]))
        if line is not None:
            return line
    return 1
