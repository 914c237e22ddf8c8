"""A service provider's number at a message gateway, as the suites use it."""

from bench.keywords.station import VALIDITY, MessageSeen
from drivers.gateway import Delivery, SmppAccount


class Account:
    """The far end of directed messages: sends and receives under its own number."""

    def __init__(self, name: str, number: str, link: SmppAccount) -> None:
        self.name = name
        self.number = number
        self._link = link

    def ready(self) -> None:
        """Bind again when the session was lost; raises DriverError when the gateway does not let it."""
        if not self._link.alive:
            self._link.reconnect()

    def mark(self) -> int:
        """Return the place in the history of deliveries from which a later wait looks."""
        return self._link.mark()

    def send_message(self, number: str, text: str) -> None:
        """Submit a text; raises CommandRefused with the gateway's status."""
        self._link.submit(number, text, validity=VALIDITY)

    def wait_message(self, token: str, since: int, timeout_s: float) -> MessageSeen | None:
        """Wait for a message that carries the token."""

        def carries(delivery: Delivery) -> bool:
            return delivery.receipt is None and token in delivery.text

        seen = self._link.wait_for(carries, since=since, timeout_s=timeout_s)
        return None if seen is None else MessageSeen(seen.source, seen.mono_ns)

    def close(self) -> None:
        """Unbind."""
        self._link.close()
