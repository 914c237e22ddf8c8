"""The contract of a byte link: a serial port, a network port or a pseudo-terminal."""

from typing import Protocol


class ByteLink(Protocol):
    """A full-duplex stream of bytes.

    One thread reads; any thread may write or close. Closing wakes a blocked reader.
    """

    @property
    def where(self) -> str:
        """The port as the bench file names it, for messages."""
        ...

    def read(self, timeout_s: float | None = None) -> bytes:
        """Return what has arrived, at least one byte, or ``b""`` when the timeout passes or the link was closed.

        ``timeout_s`` is in seconds; None waits until something happens.
        Raises :class:`drivers.api.LinkLost` when the device has gone.
        """
        ...

    def write(self, data: bytes) -> None:
        """Write everything; raises :class:`drivers.api.LinkLost` when the device has gone."""
        ...

    def close(self) -> None:
        """Release the port; closing twice is harmless."""
        ...
