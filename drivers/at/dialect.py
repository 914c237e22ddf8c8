"""Vendor dialects as data (TOML files in ``dialects/``): adding a vendor is adding a file."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter
from typing import Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from drivers.api import DriverError

_DIALECTS = Path(__file__).parent / "dialects"
_STRICT = ConfigDict(extra="forbid")
_PLACEHOLDERS = frozenset({"cid", "apn", "id", "host", "port", "length", "hex"})


def _check_templates(templates: Iterable[str]) -> None:
    for template in templates:
        for _, name, _, _ in Formatter().parse(template):
            if name is not None and name not in _PLACEHOLDERS:
                known = ", ".join(f"{{{known}}}" for known in sorted(_PLACEHOLDERS))
                raise ValueError(f"unknown placeholder {{{name}}} in {template!r}, known are {known}")


class DialectError(DriverError):
    """A dialect file is missing or does not say what it must; ``where`` names the file."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a socket dialogue.

    ``command`` is a template: ``{cid}`` context, ``{apn}`` its access point name, ``{id}`` socket, ``{host}``,
    ``{port}``, ``{length}`` bytes to send or read at most, ``{hex}`` the bytes to send. With ``prompt`` they
    follow a prompt as they are. ``completes`` is the prefix of the code that carries the result after OK,
    ``finals`` and ``failures`` are final lines beyond OK and ERROR (also templates). Positions count the fields
    behind a reply's prefix from 0: ``succeeds = [1, "0"]`` demands that value there, ``assigns`` is where the
    module names the socket, ``data`` where received hex stands (``"line"``: alone on the line behind the reply).
    The reply is the last line that begins with ``reply``, or the completion. A refused ``optional`` step does
    not matter. A ``bare`` step ends with its first line, since the module sends no final one. ``deadline_s`` is
    in seconds.
    """

    __pydantic_config__ = _STRICT

    command: str
    reply: str = ""
    completes: str = ""
    finals: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    succeeds: tuple[int, str] | None = None
    assigns: int | None = None
    data: int | Literal["line"] | None = None
    prompt: bool = False
    optional: bool = False
    bare: bool = False
    deadline_s: float = 10.0

    def __post_init__(self) -> None:
        wanted = self.succeeds[1] if self.succeeds else ""
        _check_templates((self.command, self.reply, self.completes, wanted, *self.finals, *self.failures))


@dataclass(frozen=True, slots=True)
class SocketDialogue:
    """How a module's own stack opens, uses and closes one kind of socket.

    ``open`` and ``close`` run step by step, and the last step of ``open`` is the connection request; ``send``
    and ``receive`` repeat. ``arrival`` and ``closed`` are prefixes (templates) of the unsolicited codes for data
    to read and for the far end's close. ``ids`` is how many sockets the driver may number, counting from
    ``first``; 0: the module assigns numbers. ``chunk`` is the most bytes of one ``send`` and one ``receive``.
    """

    __pydantic_config__ = _STRICT

    open: tuple[Step, ...]
    send: Step
    receive: Step
    close: tuple[Step, ...]
    arrival: str
    closed: str
    ids: int = 0
    first: int = 0
    chunk: int = 512

    def __post_init__(self) -> None:
        _check_templates((self.arrival, self.closed))


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one vendor's modules differ from 3GPP.

    ``makers`` are words of ``+CGMI`` or ``+CGMM`` (27.007 5.1, 5.2) by which its modules are known.
    ``boot`` are the unsolicited lines a module prints when it starts (``"RDY"``); ``unsolicited`` the prefixes of
    vendor codes that never belong to a reply unless the command asked for them (``"+QIURC:"``). ``init`` are
    commands for :meth:`Modem.prepare`; a module may refuse them. ``registration`` are the status commands of
    27.007 7.2 and 10.1.20 to 10.1.22 and 10.1.47 that the module has. ``iccid`` are commands to try in turn,
    ``hang_up`` ends a voice call. ``release`` are regular expressions for the whole ``+CEER`` text, with a group
    ``cause`` that is a cause of 24.008 10.5.4.11; only forms that cannot mean another vendor's number belong
    there. ``sockets`` holds a dialogue for ``tcp``, ``udp`` or both.
    """

    __pydantic_config__ = _STRICT

    name: str
    makers: tuple[str, ...] = ()
    boot: tuple[str, ...] = ()
    unsolicited: tuple[str, ...] = ()
    init: tuple[str, ...] = ()
    registration: tuple[str, ...] = ("+CREG", "+CGREG", "+CEREG")
    iccid: tuple[str, ...] = ("AT+CCID", "AT+ICCID")
    hang_up: str = "AT+CHUP"
    release: tuple[str, ...] = ()
    sockets: dict[Literal["tcp", "udp"], SocketDialogue] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for pattern in self.release:
            try:
                groups = re.compile(pattern).groupindex
            except re.error as error:
                raise ValueError(f"no regular expression: {pattern!r}: {error}") from error
            if "cause" not in groups:
                raise ValueError(f"no group (?P<cause>...) in {pattern!r}")


_ADAPTER = TypeAdapter(Dialect)


def dialect_names() -> tuple[str, ...]:
    """Return the names of the dialects that come with the driver, sorted."""
    return tuple(sorted(path.stem for path in _DIALECTS.glob("*.toml")))


def dialect_of(manufacturer: str, model: str) -> str | None:
    """Return the name of the dialect that knows the module by its maker or model, None when none does.

    The longest word that fits decides, so that a model can have a dialect apart from its maker's.
    """
    said = f"{manufacturer} {model}".casefold()
    fitting = [
        (len(word), name)
        for name in dialect_names()
        for word in load_dialect(name).makers
        if word.casefold() in said
    ]
    return max(fitting)[1] if fitting else None


def load_dialect(name: str | Path) -> Dialect:
    """Load a dialect by name, or from a file of one's own (a path, or a string that ends in ``.toml``).

    Raises :class:`DialectError` with file, key and fix.
    """
    own_file = isinstance(name, Path) or name.endswith(".toml")
    path = Path(name) if own_file else _DIALECTS / f"{name}.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        fix = f"use one of {', '.join(dialect_names())}, or the path of a TOML file"
        raise DialectError(f"no dialect {str(name)!r}", where=str(path), fix=fix) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DialectError(f"not readable as TOML: {error}", where=str(path)) from error
    try:
        return _ADAPTER.validate_python({"name": path.stem, **data})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "unexpected_keyword_argument":
            what, fix = f"unknown key {key}", "remove it, or check its spelling and its table"
        elif first["type"] in {"missing", "missing_argument"}:
            what, fix = f"missing key {key}", "add it"
        else:
            what, fix = f"{key} = {first['input']!r}: {first['msg']}", "give the key such a value"
        raise DialectError(what, where=str(path), fix=fix) from error
