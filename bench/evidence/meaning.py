"""Turns the bench's dataclasses into the plain ``meaning`` of an event, and back."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum, StrEnum
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from bench.model import Attempt, Check, Kind, Measurement, Observation, Reading, Verdict

#: What a keyword, witness or judge tells; each has a kind of event of its own.
Told = Check | Attempt | Observation | Reading | Measurement | Verdict

_KINDS: dict[type, Kind] = {
    Check: Kind.CHECK,
    Attempt: Kind.ATTEMPT,
    Observation: Kind.OBSERVATION,
    Reading: Kind.READING,
    Measurement: Kind.MEASUREMENT,
    Verdict: Kind.VERDICT,
}

T = TypeVar("T")


class MeaningError(ValueError):
    """The meaning of an event does not describe the dataclass that its kind promises."""


def kind_of(thing: Told) -> Kind:
    """Return the kind of event that carries the thing."""
    return _KINDS[type(thing)]


def to_meaning(thing: object) -> dict[str, Any]:
    """Return a dataclass as JSON-able values: tuples as lists, enumerations as their words."""
    if not is_dataclass(thing) or isinstance(thing, type):
        raise TypeError(f"not a dataclass instance: {thing!r}")
    return {field.name: _plain(getattr(thing, field.name)) for field in fields(thing)}


def from_meaning(cls: type[T], meaning: Mapping[str, Any]) -> T:
    """Rebuild a dataclass from its meaning; fields with a default may be absent.

    Raises :class:`MeaningError` for an unknown or missing field and for a value of the wrong type.
    """
    hints = get_type_hints(cls)
    unknown = sorted(meaning.keys() - hints.keys())
    if unknown:
        raise MeaningError(f"{cls.__name__} has no field {unknown[0]!r}")
    values = {name: _typed(hints[name], value, f"{cls.__name__}.{name}") for name, value in meaning.items()}
    try:
        return cls(**values)
    except TypeError as error:
        raise MeaningError(f"{cls.__name__}: {error}") from error


def _plain(value: Any) -> Any:  # noqa: ANN401  (what a field may hold is the dataclass's business)
    if isinstance(value, Enum):
        return value.value if isinstance(value, StrEnum) else value.name.lower()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return to_meaning(value) if is_dataclass(value) else value


def _typed(hint: Any, value: Any, place: str) -> Any:  # noqa: ANN401  (hints are any type form)
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        if value is None and NoneType in get_args(hint):
            return None
        (inner,) = (arm for arm in get_args(hint) if arm is not NoneType)
        return _typed(inner, value, place)
    if origin is tuple:
        if not isinstance(value, list):
            raise MeaningError(f"{place} wants a list, not {value!r}")
        return tuple(_typed(get_args(hint)[0], item, place) for item in value)
    return _scalar(hint, value, place)


def _scalar(hint: type, value: Any, place: str) -> Any:  # noqa: ANN401
    if is_dataclass(hint) and isinstance(value, Mapping):
        return from_meaning(cast("type[Any]", hint), value)
    if issubclass(hint, Enum) and isinstance(value, str):
        try:
            return hint(value) if issubclass(hint, StrEnum) else hint[value.upper()]
        except (KeyError, ValueError) as error:
            raise MeaningError(f"{place}: no {hint.__name__} is called {value!r}") from error
    if type(value) is hint or (hint is float and type(value) is int):
        return value
    raise MeaningError(f"{place} wants {hint.__name__}, not {value!r}")
