"""The clauses that the bench knows, as data."""

from bench.clauses.catalogue import CatalogueError, Clause, load_catalogue

__all__ = ["CatalogueError", "Clause", "load_catalogue"]
