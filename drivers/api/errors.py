"""What can go wrong at a wire.

::

    DriverError
    ├── LinkError            the way to the device: a fault of the bench, never of the network
    │   ├── LinkMissing      no such port, host or device
    │   ├── LinkBusy         somebody else holds it
    │   └── LinkLost         it went away while open (unplugged, peer closed)
    ├── CommandTimeout       the device said nothing in time: a fault of the bench
    ├── ProtocolError        the device said something that cannot be understood
    ├── CommandRefused       the device answered with an error: an observation, not a fault
    │   └── NotConnected     it did what it was told, and the far end of a connection did not answer
    ├── Unsupported          device or dialect has no such function
    └── DialRefused          the dial guard kept the attempt from the wire

Every error says what happened, where, the likely cause and the fix, each in its own field.
"""


class DriverError(Exception):
    """Base of all driver errors.

    ``what`` is one sentence; ``where`` names the module, port or gateway; ``cause`` the likely reason and
    ``fix`` the next step, both empty when unknown.
    """

    def __init__(self, what: str, *, where: str = "", cause: str = "", fix: str = "") -> None:
        self.what = what
        self.where = where
        self.cause = cause
        self.fix = fix
        super().__init__(what)

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        if self.cause:
            text += f" Likely cause: {self.cause.removesuffix('.')}."
        if self.fix:
            text += f" Fix: {self.fix}"
        return text


class LinkError(DriverError):
    """The way to the device is not usable."""


class LinkMissing(LinkError):
    """No such port, host or device."""


class LinkBusy(LinkError):
    """Somebody else holds the link."""


class LinkLost(LinkError):
    """The link went away while it was open."""


class CommandTimeout(DriverError):
    """The device did not finish an exchange before its deadline."""


class ProtocolError(DriverError):
    """The device answered something that its protocol does not allow."""


class CommandRefused(DriverError):
    """The device answered an exchange with an error.

    ``family`` is ``"CME"`` or ``"CMS"`` for the numbered errors of 27.007 9.2 and 27.005 3.2.5, else the
    final result code itself (``"ERROR"``, ``"NO CARRIER"``, ``"BUSY"`` ...). ``code`` is the number when the
    error carries one.
    """

    def __init__(self, what: str, *, family: str, code: int | None = None, where: str = "") -> None:
        super().__init__(what, where=where)
        self.family = family
        self.code = code


class NotConnected(CommandRefused):
    """The device's own stack tried to connect, and nothing answered: what a silent drop looks like."""


class Unsupported(DriverError):
    """The device or its dialect has no such function."""


class DialRefused(DriverError):
    """The dial guard kept an outgoing call, message, USSD or forwarding from the wire."""
