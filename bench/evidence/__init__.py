"""The evidence of a run: journal, run folder and what is folded from them."""

from bench.evidence.fold import case_files, verdicts
from bench.evidence.journal import (
    CLOCK_PERIOD_S,
    ClockTicker,
    Journal,
    JournalError,
    Recorder,
    read_journal,
)
from bench.evidence.junit import junit
from bench.evidence.meaning import MeaningError, Told, from_meaning, to_meaning
from bench.evidence.quarantine import quarantined
from bench.evidence.runfolder import RunFolder, RunFolderError
from bench.evidence.settle import ENDED, PLANNED, STARTED, settle
from bench.evidence.tail import Tail

__all__ = [
    "CLOCK_PERIOD_S",
    "ENDED",
    "PLANNED",
    "STARTED",
    "ClockTicker",
    "Journal",
    "JournalError",
    "MeaningError",
    "Recorder",
    "RunFolder",
    "RunFolderError",
    "Tail",
    "Told",
    "case_files",
    "from_meaning",
    "junit",
    "quarantined",
    "read_journal",
    "settle",
    "to_meaning",
    "verdicts",
]
