"""The one place where a suite's drivers, guard and observer are put together."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from bench.evidence import Recorder, RunFolder
from bench.inventory import Bench, DataServerEntry, SmsAccountEntry, load_bench
from bench.keywords.account import Account
from bench.keywords.budget import ByteBudget
from bench.keywords.station import Station
from bench.model import Destination, Kind
from bench.numbering import Guard, Limits, NumberPlan, load_plan
from drivers.api import DriverError, LinkError
from drivers.gateway import SmppAccount
from drivers.packet import DataFarEnd, DataServer, RemoteDataServer

#: the environment variable by which the runner tells the suites where the run folder is
RUN_VARIABLE = "BENCH_RUN"


class Session:
    """Everything that the suites of one run share; opened on first use, closed at the run's end."""

    def __init__(self, folder: RunFolder, writer: str) -> None:
        self.folder = folder
        self.recorder = Recorder(folder.journal, writer)
        self.bench: Bench = load_bench(folder.bench_file)
        self.plan: NumberPlan = load_plan()
        self.guard = Guard(
            self.bench.permitted_numbers(),
            plan=self.plan,
            limits=Limits(calls=self.bench.limits.calls, sms=self.bench.limits.sms),
        )
        self._budget = ByteBudget(self.bench.limits.bytes_total)
        self._stations: dict[str, Station] = {}
        self._accounts: dict[str, Account] = {}
        self._servers: dict[str, DataFarEnd] = {}

    @classmethod
    def from_environment(cls) -> "Session":
        """Join the run that the runner started; raises LinkError outside of one."""
        path = os.environ.get(RUN_VARIABLE)
        if not path:
            raise LinkError(
                f"{RUN_VARIABLE} is not set.",
                cause="the suites were started without the bench",
                fix="start them with `bench run`",
            )
        return cls(RunFolder.open(Path(path)), f"suites-{os.getpid()}")

    def station(self, name: str, *, registered: bool = True) -> Station:
        """Return a module of the bench, ready to be used; raises DriverError when it is not.

        Without ``registered`` it need not be on the network.
        """
        if name not in self._stations:
            entry = self.bench.modules[name]
            self._stations[name] = Station(
                name,
                entry,
                self.bench.model(entry.subscription),
                guard=self.guard,
                budget=self._budget,
                observer=self.recorder.wire,
            )
        station = self._stations[name]
        if station.ready() if registered else station.opened():
            station.check_card()
            self.guard.add_emergency_numbers(station.modem.emergency_numbers())
            identity = station.modem.identity()
            self.recorder.emit(
                Kind.STEP,
                f"at:{name}",
                step="module",
                module=name,
                manufacturer=identity.manufacturer,
                model=identity.model,
                revision=identity.revision,
                imei=identity.imei,
            )
        return station

    def references(self, capability: str, *, abroad: bool = False) -> list[str]:
        """Return the unrestricted modules that declare the capability, with numbers of this country or others."""
        names = self.bench.references(abroad=abroad)
        return [name for name in names if capability in self.bench.modules[name].capabilities]

    def accounts(self) -> Iterator[str]:
        """Return the names of the service providers' numbers on this bench."""
        return (name for name, entry in self.bench.far_ends.items() if isinstance(entry, SmsAccountEntry))

    def account_number(self, name: str) -> str:
        """Return the number of a service provider, without binding at its gateway."""
        return self._account_entry(name).number

    def _account_entry(self, name: str) -> SmsAccountEntry:
        entry = self.bench.far_ends[name]
        if not isinstance(entry, SmsAccountEntry):
            raise LinkError("This far end is no message account.", where=name)
        return entry

    def account(self, name: str) -> Account:
        """Return a service provider's number, bound at its gateway; raises DriverError when it cannot be."""
        if name not in self._accounts:
            entry = self._account_entry(name)
            gateway = self.bench.gateways[entry.gateway]
            link = SmppAccount(
                gateway.host,
                gateway.port,
                gateway.system_id,
                self.bench.gateway_password(entry.gateway),
                name=name,
                number=entry.number,
                guard=self.guard,
                observer=self.recorder.wire,
            )
            self._accounts[name] = Account(name, entry.number, link)
        account = self._accounts[name]
        account.ready()
        return account

    def destinations(self) -> dict[Destination, str]:
        """Return every destination that a data far end of this bench listens on, with the far end's name."""
        return self.bench.destinations()

    def server(self, name: str) -> DataFarEnd:
        """Return a data far end, listening; raises DriverError when it cannot."""
        if name not in self._servers:
            entry = self.bench.far_ends[name]
            if not isinstance(entry, DataServerEntry):
                raise LinkError("This far end is no data server.", where=name)
            self._servers[name] = (
                RemoteDataServer(entry.control, self.bench.far_end_token(name) or "")
                if entry.control
                else DataServer(entry.destinations)
            )
        return self._servers[name]

    def close(self) -> None:
        """Close every port, binding and listener, then the journal."""
        closes = [part.close for part in self._stations.values()]
        closes += [part.close for part in self._accounts.values()]
        closes += [part.close for part in self._servers.values()]
        for close in closes:
            with suppress(DriverError):
                close()
        self.recorder.close()
