from dataclasses import dataclass
from pathlib import Path

from retention import journal
from retention.journal import read_journal
from retention.reconciliation import missing_in_journal


@dataclass(frozen=True, slots=True)
class Repair:
    """What was done to the journal: how many lines were written, and where a damaged file was put."""

    written: int
    damaged: Path | None


def repair_journal() -> Repair:
    """Write again, from the database, what a lost or damaged journal lacks; a whole journal is left as it is.

    A damaged file is put aside and its readable lines are chained anew. What neither the file nor the database knows
    stays unknown: after a restore of both, purges since the older of the two backups cannot be repeated from here.
    """
    found = read_journal()
    aside = journal.write_anew(found) if found.faults else None
    missing = missing_in_journal(found)
    if missing:
        journal.write_outcomes(missing)
    return Repair(len(missing), aside)
