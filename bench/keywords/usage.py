"""Keywords for the limits on how much a card may use (letters 224 and 225, clause 6)."""

import secrets
from contextlib import ExitStack, suppress

from robot.api.deco import keyword

from bench.keywords.checks import witnessed
from bench.keywords.data import DataKeywords
from bench.keywords.trial import SOCKET_S
from bench.model import Destination, Measurement, Reading, Role, Went
from drivers.api import CommandRefused, NotConnected
from drivers.at import Socket
from drivers.packet import DataFarEnd

#: how far from the cap data may stop, unless a contract says otherwise
_TOLERANCE = 0.1
#: how many datagrams must be lost one after the other before data count as stopped
_LOSSES = 3
#: IPv4 and UDP header (RFC 791, RFC 768)
_HEADERS = 28


class UsageKeywords(DataKeywords):
    """How much data the module under test gets."""

    @keyword
    @witnessed
    def send_data_up_to_the_cap(self) -> None:
        """Send datagrams to a listed destination until they stop arriving, and measure how many bytes that took.

        Counted are IP packets both ways, as networks charge them. Data that go on beyond the cap and its tolerance
        of 10 % fail. Data that stop before it show nothing: anything else may have stopped them. As a control a
        reference reaches the destination afterwards. This uses the card's data up: it is tried only where the
        bench file says what the cap leaves (``cap_bytes``) and ``[limits]`` have room for it.
        """
        self.need("data")
        cap = self.subject.subscription.cap_bytes
        if cap is None:
            self.skip("the bench file names no cap of the contract: cap_bytes")
        upper = cap * (1 + _TOLERANCE)
        if self.subject.budget.left < 2 * upper:
            self.skip(f"[limits] bytes_total leaves {self.subject.budget.left} bytes, the cap is {cap}")
        destination = next((d for d in self._listed() if d.protocol == "udp"), None)
        if destination is None:
            self.skip("the bench listens on no listed destination by udp")
        check = self.check.check.id
        name = "bytes that passed"
        self.check.measure(Measurement(check, name, "byte", upper=upper))
        try:
            used, stopped = self._until_stopped(destination, upper)
        except CommandRefused as refusal:
            self.check.read(Reading(check, "data", None, None, note=f"there were none: {refusal}"))
            return
        self.check.measure(Measurement(check, name, "byte", float(used), upper=upper))
        seen = self.check.try_allowed(self.sending(Role.TARGET_CONTROL, self.reference("data"), destination), None)
        reached = any(o.went is Went.YES for o in seen)
        note = "" if reached else "the destination cannot be reached by a reference either"
        self.check.read(Reading(check, f"{destination} from a reference", None, reached, control=True, note=note))
        if stopped:
            at_cap = True if used >= cap * (1 - _TOLERANCE) else None
            note = f"data stopped after {used} bytes, the cap is {cap}"
            self.check.read(Reading(check, "cap", str(used), at_cap, note=note))

    def _until_stopped(self, destination: Destination, most: float) -> tuple[int, bool]:
        """Return how many bytes passed and whether data stopped before there were more than ``most``."""
        server = self.session.server(self.session.destinations()[destination])
        used = lost = 0
        with ExitStack() as stack:
            socket = self.subject.modem.open_socket(
                self.subject.go_online(), destination.protocol, destination.host, destination.port, SOCKET_S
            )
            stack.callback(socket.close)
            while lost < _LOSSES and used <= most:
                passed = self._passed(server, socket)
                lost = 0 if passed else lost + 1
                used += passed
        self.subject.circumstances()  # a module that has lost the network was not stopped by a cap
        return used, lost == _LOSSES

    def _passed(self, server: DataFarEnd, socket: Socket) -> int:
        """Send one datagram and return how many bytes passed with it and its answer: none when it was lost."""
        token, since = secrets.token_hex(32), server.mark()
        payload = f"BENCH {token}\n".encode("ascii")
        size = 2 * (len(payload) + _HEADERS)
        self.subject.budget.spend(size)
        with suppress(CommandRefused, NotConnected):
            socket.send(payload)
            patience = self.session.bench.windows.data_s
            if server.wait_for(lambda seen: seen.token == token, since=since, timeout_s=patience):
                return size
        return 0
