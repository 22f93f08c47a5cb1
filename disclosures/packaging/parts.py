"""Which part of the ledger an export of the history shows, so that what it leaves out would be noticed."""

from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Max, Min

from disclosures.history import HistoryFilter
from disclosures.packaging.log_lines import Selection, in_range, of_subject
from ledger.heads import take_heads
from ledger.models import SealedEntry
from ledger.proving import Proof, prove_entries, prove_history, prove_range
from ledger.sealing import seal_entries
from protection.clock import provider_zone

_WHOLE = "Every entry that was made in the period and sealed by now lies in this range of the log."
_HISTORY = "This is all that the log has of one customer, up to when its heads were taken."
_FILTERED = "Opened are the disclosures that the filter lets through; no other matches, the exporter states."


@dataclass(frozen=True, slots=True)
class Part:
    """The entries that an export shows, their proof, and what the exporter merely states about them."""

    selection: Selection
    proof: Proof
    statement: str


def seal_for(filters: HistoryFilter) -> None:
    """Seal what has been recorded, and take the heads where a whole history is to be proven; commits."""
    seal_entries()
    if filters.subject is not None:
        take_heads()
        seal_entries()


def part_for(filters: HistoryFilter) -> Part:
    """Return the part that a filter asks for: an account's customer's whole history, or a range of the whole log.

    What the filter does not let through is shown closed, as entries that say neither what nor to whom. Raises
    NotProvableError while nothing is sealed.
    """
    if filters.subject is not None:
        tag = bytes(filters.subject.tag)
        proof = prove_history(tag)
        place = of_subject(tag, proof.claim["heads"]["log_size"])
        return Part(Selection(place, filters.entry_ids()), proof, f"{_HISTORY} {_FILTERED}")
    start, end = _range_of(filters.from_, filters.to)
    proof = prove_range(start, end) if start < end else prove_entries([])
    if filters.is_of_period_only:
        return Part(Selection(in_range(start, end)), proof, f"{_WHOLE} Every disclosure in it is opened.")
    return Part(Selection(in_range(start, end), filters.entry_ids()), proof, f"{_WHOLE} {_FILTERED}")


def _range_of(from_: date | None, to: date | None) -> tuple[int, int]:
    """Return the smallest range of the log that has every sealed entry made in `[from_, to)`."""
    entries, zone = SealedEntry.objects.all(), provider_zone()
    if from_ is not None:
        entries = entries.filter(entry__created_at__gte=datetime.combine(from_, time(), zone))
    if to is not None:
        entries = entries.filter(entry__created_at__lt=datetime.combine(to, time(), zone))
    found = entries.aggregate(first=Min("log_index"), last=Max("log_index"))
    return (0, 0) if found["first"] is None else (found["first"], found["last"] + 1)
