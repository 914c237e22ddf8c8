"""Which way voice calls go, and where they are forwarded: replies of 3GPP TS 27.007 7.11, 8.71 and 10.1.35."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from drivers.api import ProtocolError
from drivers.at.replies import ImsState, fields

#: what 27.007 7.11 lets a module leave out: voice, data and fax
_DEFAULT_CLASSES = 7
_VOICE = 1


class VoiceDomain(IntEnum):
    """``<setting>`` of ``+CEVDP`` (27.007 10.1.35): the UE's voice domain preference in E-UTRAN."""

    CS_ONLY = 1
    CS_PREFERRED = 2
    IMS_PREFERRED = 3
    IMS_ONLY = 4

    @classmethod
    def only(cls, bearer: str) -> "VoiceDomain":
        """Return the setting that leaves calls no other way than ``"ims"`` or ``"cs"``."""
        return {"cs": cls.CS_ONLY, "ims": cls.IMS_ONLY}[bearer]


@dataclass(frozen=True, slots=True)
class VoiceState:
    """What a module says about its voice calls; None where it does not know the command.

    ``ims`` is its IMS registration, ``available`` whether it can make calls over IMS now (``+CAVIMS``), ``domain``
    what it prefers.
    """

    ims: ImsState | None
    available: bool | None
    domain: VoiceDomain | None

    @property
    def bearer(self) -> str:
        """How the next call travels: ``"ims"`` or ``"cs"``."""
        if self.domain in {VoiceDomain.CS_ONLY, VoiceDomain.CS_PREFERRED} or self.available is False:
            return "cs"
        return "ims" if self.ims is not None and self.ims.voice else "cs"

    def __str__(self) -> str:
        ims = "unknown" if self.ims is None else "with voice" if self.ims.voice else "without voice"
        available = "unknown" if self.available is None else int(self.available)
        domain = "unknown" if self.domain is None else self.domain.value
        return f"IMS {ims}, CAVIMS {available}, CEVDP {domain}"


@dataclass(frozen=True, slots=True)
class Forwarding:
    """One line of a ``+CCFC`` query (27.007 7.11): ``classes`` is the sum of the classes it speaks for."""

    active: bool
    classes: int
    number: str = ""

    @property
    def voice(self) -> bool:
        """Whether the line speaks for voice calls."""
        return bool(self.classes & _VOICE)


def parse_voice_domain(line: str) -> VoiceDomain:
    """Read ``+CEVDP: <setting>``."""
    try:
        return VoiceDomain(int(fields(line)[0]))
    except (IndexError, ValueError) as error:
        raise ProtocolError(f"cannot be understood: {line!r}") from error


def parse_ims_voice(line: str) -> bool:
    """Read ``+CAVIMS: <state>``."""
    return fields(line)[:1] == ("1",)


def parse_forwarding(lines: Iterable[str]) -> tuple[Forwarding, ...]:
    """Read ``+CCFC: <status>,<class>[,<number>,<type>...]`` lines; raises :class:`drivers.api.ProtocolError`."""
    found = []
    for line in lines:
        status, classes, number = (*fields(line), "", "", "")[:3]
        try:
            found.append(Forwarding(int(status) == 1, int(classes or _DEFAULT_CLASSES), number))
        except ValueError as error:
            raise ProtocolError(f"cannot be understood: {line!r}") from error
    return tuple(found)
