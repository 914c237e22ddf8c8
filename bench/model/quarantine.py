"""Tests whose verdicts are known to be of no use for a while."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quarantine:
    """What a quarantine covers, for which ``reason`` and until which day (``expires``, ISO 8601, included).

    An empty field covers everything; ``test`` or ``clause`` is given. Covered tests run and are reported, but
    their verdicts decide nothing.
    """

    reason: str
    expires: str
    test: str = ""
    clause: str = ""
    module: str = ""

    def covers(self, test: str, clause: str, module: str) -> bool:
        """Whether it covers the verdict of this test for this clause on this module."""
        pairs = ((self.test, test), (self.clause, clause), (self.module, module))
        return all(wanted in ("", given) for wanted, given in pairs)
