"""Whether the purge journal and the database tell the same story.

The journal is *ahead* when it names what the database does not know: a backup was restored, and what was forgotten may
be there again. The database is ahead of the journal (the journal is *behind*) when it remembers lines that are not in
the file: the folder was lost, or restored from a backup of its own. Both are told by what names an item everywhere:
run, partition, action.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from retention.journal import INTENT, OUTCOME, REPLAYED, Entry, ItemName, Journal, name_of, read_journal, stamp
from retention.models import LegalHold, PurgeItem, PurgeRun

Status = PurgeItem.Status


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What is not in the data, what is not in the journal, what of the journal cannot be trusted."""

    ahead: list[Entry]
    behind: list[PurgeItem]
    damage: list[str]

    @property
    def agrees(self) -> bool:
        """Say whether nothing is missing on either side."""
        return not (self.ahead or self.behind or self.damage)


def reconcile() -> Reconciliation:
    """Compare every line with the database, and the database with every line."""
    journal = read_journal()
    return Reconciliation(missing_in_data(journal.entries), missing_in_journal(journal), journal.faults)


def missing_in_data(entries: list[Entry]) -> list[Entry]:
    """Return the lines of purges that the database does not know, but for those that a known replay made good.

    An outcome is known when its item is done; an intent when its run is there, since a run commits before its items.
    """
    lines = _since_replay(entries)
    runs = {line["run"] for line in lines}
    known = {str(uuid): status for uuid, status in PurgeRun.objects.filter(uuid__in=runs).values_list("uuid", "status")}
    is_open = {uuid for uuid, status in known.items() if status != PurgeRun.Status.FINISHED}
    done = _done_items(is_open)
    outcomes = {name_of(line) for line in lines if line["event"] == OUTCOME}
    return [line for line in lines if _is_missing(line, known.keys(), is_open, done, outcomes)]


def missing_in_journal(journal: Journal) -> list[PurgeItem]:
    """Return the items whose outcome was journaled and is not in the journal, the oldest first."""
    written = journal.outcomes()
    journaled = PurgeItem.objects.filter(is_journaled=True).order_by("pk")
    steps = journaled.values_list("pk", "run__uuid", "partition", "action")
    missing = [pk for pk, run, partition, action in steps if (str(run), partition, action) not in written]
    return list(journaled.filter(pk__in=missing).select_related("run"))


def lost_holds(lines: Iterable[Entry]) -> list[str]:
    """Return the holds that kept something, by these lines, and that the database does not have."""
    named = {hold for line in lines for hold in line.get("holds", ())}
    known = set(LegalHold.objects.filter(uuid__in=[UUID(hold) for hold in named]).values_list("uuid", flat=True))
    return sorted(named - {str(uuid) for uuid in known})


def is_journal_empty() -> bool:
    """Say whether there is no journal yet, without reading it."""
    found = stamp()
    return found is None or not found[1]


def _since_replay(entries: list[Entry]) -> list[Entry]:
    """Return the lines of items after those that the last replay in this database made good."""
    replays = [line for line in entries if line["event"] == REPLAYED]
    runs = PurgeRun.objects.filter(uuid__in={line["run"] for line in replays})
    known = {str(uuid) for uuid in runs.values_list("uuid", flat=True)}
    through = max((line["through"] for line in replays if line["run"] in known), default=0)
    return [line for line in entries if line["event"] in {INTENT, OUTCOME} and line["number"] > through]


def _done_items(runs: Iterable[str]) -> set[ItemName]:
    items = PurgeItem.objects.filter(run__uuid__in=list(runs), status=Status.DONE)
    steps = items.values_list("run__uuid", "partition", "action")
    return {(str(run), partition, action) for run, partition, action in steps}


def _is_missing(
    line: Entry, known: Iterable[str], is_open: set[str], done: set[ItemName], outcomes: set[ItemName]
) -> bool:
    name = name_of(line)
    if line["event"] == INTENT:
        return line["run"] not in known and name not in outcomes
    if line["status"] != Status.DONE:
        return False
    return line["run"] not in known or (line["run"] in is_open and name not in done)
