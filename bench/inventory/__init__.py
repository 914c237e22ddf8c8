"""What is on this bench, and who is using it."""

from bench.inventory.benchfile import (
    Bench,
    DataServerEntry,
    FarEndEntry,
    GatewayEntry,
    Limits,
    ModuleEntry,
    SmsAccountEntry,
    SubscriptionEntry,
    Windows,
)
from bench.inventory.claims import Busy, claim, resources_of
from bench.inventory.errors import BenchFileError
from bench.inventory.load import dump, json_schema, load_bench

__all__ = [
    "Bench",
    "BenchFileError",
    "Busy",
    "DataServerEntry",
    "FarEndEntry",
    "GatewayEntry",
    "Limits",
    "ModuleEntry",
    "SmsAccountEntry",
    "SubscriptionEntry",
    "Windows",
    "claim",
    "dump",
    "json_schema",
    "load_bench",
    "resources_of",
]
