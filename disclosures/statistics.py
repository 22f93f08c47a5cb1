"""How many disclosures there were, by month, recipient and legal basis, as far as a filter lets them through."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, QuerySet
from django.db.models.functions import TruncMonth
from django.utils.translation import get_language

from disclosures.history import HistoryFilter
from disclosures.models import ReleaseLine
from protection.clock import provider_zone

MOST_RECIPIENTS = 20


@dataclass(frozen=True, slots=True)
class Tally:
    """One bar: what is counted, how many disclosures (one a customer and release), and how many refusals."""

    label: str
    released: int
    denied: int = 0
    month: date | None = None


def by_month(filters: HistoryFilter) -> list[Tally]:
    """Count disclosures and refusals by the provider's civil months, the oldest first."""
    zone = provider_zone()
    counts: dict[date, list[int]] = {}
    for place, (rows, column) in enumerate([(filters.lines(), "created_at"), (filters.denials(), "decided_at")]):
        months = rows.order_by().annotate(month=TruncMonth(column, tzinfo=zone)).values("month")
        for row in months.annotate(number=Count("entry_id")):
            counts.setdefault(row["month"].date(), [0, 0])[place] = row["number"]
    return [Tally(f"{month:%Y-%m}", got, refused, month) for month, (got, refused) in sorted(counts.items())]


def by_recipient(filters: HistoryFilter) -> list[Tally]:
    """Count disclosures by recipient, the most first, at most twenty; the customers themselves are no recipient."""
    lines = filters.lines().exclude(release__recipient=None)
    return _counted(lines, "release__recipient__legal_name")[:MOST_RECIPIENTS]


def by_basis(filters: HistoryFilter) -> list[Tally]:
    """Count disclosures by legal basis, the most first."""
    language = "es" if (get_language() or "en").startswith("es") else "en"
    return _counted(filters.lines(), f"release__basis__name_{language}")


def _counted(lines: QuerySet[ReleaseLine], column: str) -> list[Tally]:
    rows = lines.order_by().values(label=F(column)).annotate(number=Count("entry_id"))
    return [Tally(row["label"], row["number"]) for row in rows.order_by("-number", "label")]
