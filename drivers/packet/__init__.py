"""The data far end: what a module's packets reach, here or on a host with a public address."""

from drivers.packet.control import ControlEndpoint, RemoteDataServer, serve
from drivers.packet.dataserver import AddressError, Arrival, DataFarEnd, DataServer, read_token

__all__ = [
    "AddressError",
    "Arrival",
    "ControlEndpoint",
    "DataFarEnd",
    "DataServer",
    "RemoteDataServer",
    "read_token",
    "serve",
]
