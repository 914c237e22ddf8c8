"""Who holds a device, so that a busy port names the program to stop."""

import os
from pathlib import Path


def holders(port: str) -> list[str]:
    """Return ``"name (pid n)"`` of every other process that has ``port`` open, as far as we may look.

    Processes of other users show only to root (proc(5): ``/proc/pid/fd``).
    """
    device = os.path.realpath(port)
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) != os.getpid() and _holds(process, device):
            found.append(f"{_name(process)} (pid {process.name})")
    return found


def processes(name: str) -> list[str]:
    """Return ``"name (pid n)"`` of every process of that name (proc(5): ``/proc/pid/comm``, 15 characters)."""
    return [f"{name} (pid {path.name})" for path in Path("/proc").glob("[0-9]*") if _name(path) == name]


def _holds(process: Path, device: str) -> bool:
    try:
        descriptors = list((process / "fd").iterdir())
    except OSError:  # ended meanwhile, or not ours to look at
        return False
    return any(_target(descriptor) == device for descriptor in descriptors)


def _target(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except OSError:
        return ""


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return "a process"
