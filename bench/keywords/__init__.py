"""Robot Framework libraries and listener: what the suites say, in the words of the field."""

from bench.keywords.restrictions import Restrictions

__all__ = ["Restrictions"]
