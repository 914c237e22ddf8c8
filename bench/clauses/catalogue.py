"""Loads the clause catalogue: one TOML file per family of papers, beside this module."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib.resources import files
from typing import Any

_KINDS = frozenset("MUGPDEO")
_CONFIDENCES = frozenset({"high", "medium", "low"})
_WINDOWS = frozenset({"voice", "sms", "data", "none"})
_FILES = (
    "esim_iot.toml",
    "call_centres.toml",
    "resale.toml",
    "number_protection.toml",
    "data_handling.toml",
    "notices.toml",
)


class CatalogueError(ValueError):
    """The catalogue does not keep its own rules: a fault of the program, not of a bench."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a founding paper, as far as one test can show it.

    ``paper`` names paper and article, ``text_zh`` is its wording, empty where the reference quotes none. ``kind``
    holds letters: M module, U eUICC or profile, G gateway, P packets, D the bench's own data, E evidence without
    verdict, O organisational. ``rule`` says what passes and fails, ``observables`` where that shows (nowhere, for
    what is merely organisational). ``confidence`` is how surely the rule follows from the paper: high (its own
    words), medium (through platform practice or standards), low (public hearsay). ``check`` is True when a test
    exists. ``silent_drop`` is True when a network may satisfy the clause by dropping without a cause. ``window``
    names the silence window of the bench file: voice, sms, data or none.
    """

    id: str
    paper: str
    text_zh: str
    summary_en: str
    kind: str
    rule: str
    observables: tuple[str, ...]
    confidence: str
    check: bool
    silent_drop: bool
    window: str

    @property
    def evidence_only(self) -> bool:
        """Whether the clause leads to no verdict: by its kind, or because its rule says so first."""
        return set(self.kind) <= set("EO") or self.rule.startswith("recorded without verdict")


def load_catalogue() -> dict[str, Clause]:
    """Return every clause by id, in the order of the papers."""
    folder = files(__package__)
    catalogue: dict[str, Clause] = {}
    for name in _FILES:
        catalogue |= parse_catalogue((folder / name).read_text(encoding="utf-8"), name)
    return catalogue


def parse_catalogue(text: str, name: str) -> dict[str, Clause]:
    """Return the clauses of one file; raises :class:`CatalogueError` naming the clause that breaks a rule.

    ``[section.ID]`` holds what the clauses ``[clause.ID...]`` have in common, ``paper`` and ``text_zh`` at least;
    a clause overrides it. ``ESIM-022`` does not belong to ``ESIM-02``: an id is not split within a number.
    """
    data = tomllib.loads(text)
    catalogue: dict[str, Clause] = {}
    for id_, entry in data["clause"].items():
        section = next(
            (data["section"][key] for key in data["section"] if re.match(rf"{key}(?!(?<=\d)\d)", id_)), None
        )
        if section is None:
            raise CatalogueError(f"{name}: {id_} belongs to no section")
        catalogue[id_] = _clause(id_, section | entry, f"{name}: {id_}")
    return catalogue


def _clause(id_: str, entry: Mapping[str, Any], place: str) -> Clause:
    expected = {field.name for field in fields(Clause)} - {"id"}
    if entry.keys() != expected:
        raise CatalogueError(f"{place}: wrong keys {sorted(entry.keys() ^ expected)}")
    clause = Clause(**{**entry, "id": id_, "observables": tuple(entry["observables"])})
    for field in fields(Clause):
        value = getattr(clause, field.name)
        if type(value) is not field.type and field.name != "observables":
            raise CatalogueError(f"{place}: {field.name} is {value!r}")
    if not (
        set(clause.kind) <= _KINDS
        and clause.kind
        and clause.confidence in _CONFIDENCES
        and clause.window in _WINDOWS
    ):
        raise CatalogueError(f"{place}: kind, confidence or window is none of the known")
    if not (clause.summary_en and clause.rule and (clause.observables or clause.kind == "O")):
        raise CatalogueError(f"{place}: summary_en, rule and observables must say something")
    return clause
