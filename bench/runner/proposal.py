"""From what ports answered to modules, and from modules to a bench file (pure)."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import tomli_w

from bench.numbering import national
from drivers.at import Identity

_HEAD = """\
# Proposed by `bench discover`. It holds identities in full and is for its owner only.
# What only the contract and you can know stands in comments: fill it in. `bench doctor --bench FILE` says what is
# still missing, `bench config schema` what else may stand here, fixtures/benches/example.toml shows a whole bench.

[bench]
name = "bench"
"""


@dataclass(frozen=True, slots=True)
class Card:
    """What a card told of itself; empty where it told nothing."""

    iccid: str = ""
    imsi: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Port:
    """One port: who answered, or ``why`` nobody did."""

    path: str
    identity: Identity | None = None
    dialect: str = ""
    card: Card = Card()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """One module: the port to use, and further ones that answer AT as well."""

    name: str
    port: str
    others: tuple[str, ...]
    identity: Identity
    dialect: str
    card: Card


def devices(ports: Iterable[Port]) -> tuple[list[Device], list[Port]]:
    """Group the ports that answered by IMEI and card, and return beside them those that did not.

    Names of ports tell no device (four modules may hang on one adapter), nor does an IMEI that was never written.
    Of several AT ports of a module the first by name is used: vendors number the one for data calls behind the one
    for commands.
    """
    answered: dict[tuple[str, str], list[tuple[Port, Identity]]] = {}
    silent = []
    for port in sorted(ports, key=lambda port: port.path):
        if port.identity is None:
            silent.append(port)
        else:
            answered.setdefault((port.identity.imei, port.card.iccid), []).append((port, port.identity))
    names = _names(group[0][1].model for group in answered.values())
    found = []
    for name, group in zip(names, answered.values(), strict=True):
        port, identity = group[0]
        others = tuple(other.path for other, _ in group[1:])
        found.append(Device(name, port.path, others, identity, port.dialect, port.card))
    return found, silent


def proposal(found: Sequence[Device]) -> str:
    """Return a bench file for the modules: valid TOML that lacks what nobody can ask a module."""
    return "\n".join([_HEAD, *(_module(device) for device in found), *(_subscription(device) for device in found)])


def _names(models: Iterable[str]) -> Iterator[str]:
    """Return a name of the bench file for each model: ``ec25``, ``ec25-2`` ..."""
    count: Counter[str] = Counter()
    for model in models:
        name = re.sub(r"[^a-z0-9]+", "-", model.lower()).strip("-") or "module"
        count[name] += 1
        yield f"{name}-{count[name]}" if count[name] > 1 else name


def _module(device: Device) -> str:
    words = (device.identity.manufacturer, device.identity.model, device.identity.revision)
    return "\n".join(
        [
            f"# {_plain(' '.join(words))}, IMEI {device.identity.imei}",
            *(f"# answers AT as well: {_plain(path)}" for path in device.others),
            f"[modules.{device.name}]",
            _pair("port", device.port),
            _pair("dialect", device.dialect),
            _pair("subscription", device.name),
            '# capabilities = ["voice", "sms", "data"]  # what it can do of voice, sms, ims, 5g, euicc, data',
            "",
        ]
    )


def _subscription(device: Device) -> str:
    card = device.card
    number = national(card.number) if card.number else "1440000000000"
    origin = "the card says so; the contract decides" if card.number else "in national form"
    return "\n".join(
        [
            f"[subscriptions.{device.name}]",
            '# operator = "cmcc"',
            f"# {_pair('msisdn', number)}  # {origin}",
            _pair("iccid", card.iccid) if card.iccid else '# iccid = "..."  # the card did not tell',
            _pair("imsi", card.imsi) if card.imsi else '# imsi = "..."  # the card did not tell',
            "# restricted = false  # a reference, which may reach everybody; else what the contract contains:",
            '# functions = ["data", "voice-mo", "voice-mt", "sms-mo", "sms-mt"]',
            '# voice_allowed = ["..."]',
            '# sms_allowed = ["..."]',
            '# apns = ["..."]',
            '# data_destinations = ["tcp://host:port"]',
            "",
        ]
    )


def _pair(key: str, value: str) -> str:
    return tomli_w.dumps({key: value}).strip()


def _plain(text: str) -> str:
    """Return a text that can stand in a TOML comment."""
    return "".join(character for character in text if character.isprintable())
