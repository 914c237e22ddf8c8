"""How many bytes a run may still send and receive."""

from drivers.api import DriverError


class ByteBudget:
    """Counts payload of all modules against ``[limits] bytes_total``."""

    def __init__(self, total: int) -> None:
        self._left = total

    @property
    def left(self) -> int:
        """How many bytes may still be spent."""
        return self._left

    def spend(self, count: int) -> None:
        """Take ``count`` bytes; raises DriverError, before anything is sent, when the run has not as many left."""
        if count > self._left:
            raise DriverError(
                f"The run has {self._left} bytes of data left and {count} are wanted.",
                where="[limits] bytes_total",
                cause="the limit of the bench file is reached",
                fix="raise it if the contract allows more data",
            )
        self._left -= count
