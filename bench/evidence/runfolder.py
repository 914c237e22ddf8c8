"""The run folder: everything that one run leaves behind, and the manifest that seals it."""

import hashlib
import json
import os
import platform
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Self

from bench.evidence.journal import Journal
from bench.masking import mask_text
from bench.model import Event, Kind

_TOOLS = ("esim-iot-bench", "robotframework", "pyserial", "smpplib", "gsm0338", "pydantic")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class RunFolderError(Exception):
    """A run folder cannot be made or is not there; the message says where, why and what to do."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One ``runs/<utc>-<bench>-<id>/``: the folder is 0700 and what is written through it 0600."""

    path: Path

    @classmethod
    def create(cls, root: Path, bench_name: str) -> Self:
        """Make a new folder below ``root`` and point ``root/latest`` to it."""
        if not _NAME.fullmatch(bench_name):
            raise RunFolderError(
                f"bench name {bench_name!r} cannot be part of a folder name. Fix: use a-z, 0-9 and -"
            )
        identity = secrets.token_hex(3)
        folder = cls(root / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{bench_name}-{identity}")
        link = root / f".latest-{identity}"
        try:
            root.mkdir(parents=True, exist_ok=True)
            for path in (folder.path, folder.robot, folder.captures):
                path.mkdir(mode=0o700)
            link.symlink_to(folder.path.name)
            link.replace(root / "latest")
        except OSError as error:
            raise RunFolderError(
                f"{root}: cannot hold run folders: {error.strerror}. Fix: name a folder that you may write to"
            ) from error
        return folder

    @classmethod
    def open(cls, run: str | Path, root: Path = Path("runs")) -> Self:
        """Return an existing run: a folder, the name of one below ``root``, or ``"latest"``."""
        for path in (root / run, Path(run)):
            if (path / "journal.jsonl").is_file():
                return cls(path.resolve())
        raise RunFolderError(f"{run}: no run with a journal there or below {root}. Fix: name a folder of {root}/")

    @property
    def name(self) -> str:
        """The run's name: time, bench and id."""
        return self.path.name

    @property
    def journal(self) -> Path:
        """Where every process of the run appends its events."""
        return self.path / "journal.jsonl"

    @property
    def bench_file(self) -> Path:
        """The resolved bench file, from which keyword libraries learn what is on the bench."""
        return self.path / "bench.toml"

    @property
    def robot(self) -> Path:
        """Robot Framework's own output."""
        return self.path / "robot"

    @property
    def captures(self) -> Path:
        """Packet captures."""
        return self.path / "captures"

    @property
    def junit(self) -> Path:
        """The JUnit file."""
        return self.path / "junit.xml"

    @property
    def manifest(self) -> Path:
        """The manifest, written last."""
        return self.path / "manifest.json"

    def write(self, path: Path, text: str) -> None:
        """Write a file of the folder atomically, readable by its owner only."""
        draft = path.with_name(f".{path.name}.{secrets.token_hex(3)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        draft.replace(path)

    def header(self, bench_name: str) -> dict[str, Any]:
        """Return what the manifest knows at the start: the meaning of the journal's first event.

        The resolved bench file must stand in the folder; its hash says which bench was meant.
        """
        return {
            "run": self.name,
            "bench": bench_name,
            "config_sha256": _sha256(self.bench_file),
            "tools": _tool_versions(),
        }

    def write_manifest(self, devices: Mapping[str, Mapping[str, str]]) -> None:
        """Seal the run: write header, devices, clock and the SHA-256 of every file.

        ``devices`` holds per module what it said of itself (manufacturer, model, revision, identities); numbers
        are masked here. To be called when all writers have closed.
        """
        journal = Journal(self.journal)
        header: Mapping[str, Any] = {}
        clocks: list[Event] = []
        for event in journal:
            if event.kind is Kind.RUN and not header:
                header = event.meaning
            elif event.kind is Kind.CLOCK:
                clocks.append(event)
        manifest = {
            **header,
            "devices": {
                name: {key: mask_text(value) for key, value in device.items()} for name, device in devices.items()
            },
            "clock": _clock(clocks),
            "journal": {"torn": journal.torn, "missing": journal.missing},
            "files": {
                str(path.relative_to(self.path)): _sha256(path)
                for path in sorted(self.path.rglob("*"))
                if path.is_file() and path != self.manifest
            },
        }
        self.write(self.manifest, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def _clock(clocks: list[Event]) -> dict[str, Any]:
    """Return when the clock events began and ended, and how the wall clock moved against CLOCK_MONOTONIC."""
    if not clocks:
        return {}
    first, last = clocks[0], clocks[-1]
    offset_ns = first.wall_ns - first.mono_ns
    return {
        "first": datetime.fromtimestamp(first.wall_ns / 1e9, UTC).isoformat(),
        "last": datetime.fromtimestamp(last.wall_ns / 1e9, UTC).isoformat(),
        "offset_ns": offset_ns,
        "drift_ns": last.wall_ns - last.mono_ns - offset_ns,
    }


def _tool_versions() -> dict[str, str]:
    versions = {"python": platform.python_version(), "kernel": platform.release()}
    for tool in _TOOLS:
        try:
            versions[tool] = version(tool)
        except PackageNotFoundError:
            versions[tool] = "not installed"
    return versions


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
