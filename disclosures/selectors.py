from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery, Value

from accounts.models import Account, Customer
from disclosures.conditions import exclusion_label, from_json
from disclosures.history import HistoryFilter, HistoryRow, Outcome
from disclosures.models import (
    CorrectionNotice,
    CorrectionReceipt,
    Delivery,
    Package,
    Release,
    ReleaseDenial,
    ReleaseLine,
    ReleaseProposal,
)

_PARTIES = ("recipient", "purpose", "basis", "requested_by")
_CHUNK = 500


class History:
    """The filtered history, newest first: counted and sliced by a paginator, or walked through by an export."""

    def __init__(self, filters: HistoryFilter) -> None:
        self._filters = filters

    def count(self) -> int:
        """Count the rows."""
        return sum(self.counts().values())

    def counts(self) -> dict[str, int]:
        """Count the rows by outcome."""
        return {
            Outcome.RELEASED.value: self._filters.lines().count(),
            Outcome.DENIED.value: self._filters.denials().count(),
        }

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, part: slice) -> list[HistoryRow]:
        return _rows(self._places().order_by("-entry_id")[part])

    def before(self, entry_id: int | None, size: int) -> list[HistoryRow]:
        """Return at most `size` rows, newest first, that come after the row with `entry_id` in this order."""
        return _rows(self._places(before=entry_id).order_by("-entry_id")[:size])

    def walk(self) -> Iterator[HistoryRow]:
        """Yield every row, oldest first, a few hundred at a time."""
        last = 0
        while chunk := _rows(self._places(after=last).order_by("entry_id")[:_CHUNK]):
            yield from sorted(chunk, key=lambda row: row.entry_id)
            last = max(row.entry_id for row in chunk)

    def _places(self, *, after: int | None = None, before: int | None = None) -> QuerySet[Any]:
        bounds = {"entry_id__gt": after, "entry_id__lt": before}
        within = {name: value for name, value in bounds.items() if value is not None}
        lines = self._filters.lines().filter(**within).order_by().annotate(outcome=Value(Outcome.RELEASED.value))
        denials = self._filters.denials().filter(**within).order_by().annotate(outcome=Value(Outcome.DENIED.value))
        return lines.values("entry_id", "outcome").union(denials.values("entry_id", "outcome"), all=True)


def history(filters: HistoryFilter) -> History:
    """Return the disclosure history that the filters let through."""
    return History(filters)


def disclosures_of(customers: Iterable[Customer]) -> QuerySet[ReleaseLine]:
    """Return the release lines of these customers, newest first, with what a history shows of each."""
    deliveries = Delivery.objects.filter(outcome=Delivery.Outcome.DELIVERED).order_by("created_at")
    packages = Package.objects.prefetch_related(Prefetch("deliveries", queryset=deliveries))
    return (
        ReleaseLine.objects.filter(customer__in=list(customers))
        .select_related("customer", "release__recipient", "release__purpose", "release__basis")
        .prefetch_related(Prefetch("release__package", queryset=packages))
        .order_by("-entry_id")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedShare:
    """A release's line with the numbers of its accounts, as its page shows it."""

    line: ReleaseLine
    account_numbers: tuple[str, ...]


def lines_of(release: Release, limit: int = 100) -> list[ReleasedShare]:
    """Return what went out of each customer in a release, the first `limit` of them, with the accounts' numbers."""
    lines = list(release.lines.select_related("customer", "consent_version__consent").order_by("entry_id")[:limit])
    account_ids = {pk for line in lines for pk in line.account_ids}
    numbers = dict(Account.objects.filter(pk__in=account_ids).values_list("pk", "number"))
    return [
        ReleasedShare(line=line, account_numbers=tuple(numbers[pk] for pk in line.account_ids if pk in numbers))
        for line in lines
    ]


def exclusions_of(release: Release) -> list[tuple[str, int]]:
    """Return why customers were left out of a release to many, in words, and how many for each reason."""
    counted = release.exclusions.values_list("code").annotate(found=Count("pk")).order_by("code")
    return [(exclusion_label(code), found) for code, found in counted]


def emergencies_overdue(now: datetime) -> QuerySet[ReleaseProposal]:
    """Return the releases in an emergency that should have been reviewed by now and were not."""
    reviews = ReleaseProposal.objects.filter(kind=ReleaseProposal.Kind.EMERGENCY, decided_at__isnull=True)
    return reviews.filter(due_at__lt=now).select_related("recipient").order_by("due_at")


def emergencies_rejected(since: datetime) -> QuerySet[ReleaseProposal]:
    """Return the releases in an emergency that the second person found unjustified since a moment."""
    reviews = ReleaseProposal.objects.filter(kind=ReleaseProposal.Kind.EMERGENCY, is_approved=False)
    return reviews.filter(decided_at__gte=since).select_related("recipient").order_by("decided_at")


def notices_by_correction(corrections: Iterable[UUID]) -> dict[UUID, list[CorrectionNotice]]:
    """Return who was told of each of these corrections, each with `acknowledged_at`, None while nobody took note."""
    first = CorrectionReceipt.objects.filter(notice=OuterRef("pk")).order_by("created_at").values("created_at")[:1]
    notices = CorrectionNotice.objects.filter(correction_uuid__in=list(corrections)).select_related("recipient")
    found: dict[UUID, list[CorrectionNotice]] = {}
    for notice in notices.annotate(acknowledged_at=Subquery(first)).order_by("recipient__legal_name"):
        found.setdefault(notice.correction_uuid, []).append(notice)
    return found


def packages_for(recipient_id: int) -> QuerySet[Package]:
    """Return the packages for a recipient, newest first, with what its inbox shows of each."""
    deliveries = Delivery.objects.order_by("created_at")
    return (
        Package.objects.filter(release__recipient=recipient_id)
        .select_related("release__purpose", "release__basis", "built")
        .prefetch_related(Prefetch("deliveries", queryset=deliveries))
        .order_by("-created_at", "-pk")
    )


def _rows(places: Iterable[dict[str, Any]]) -> list[HistoryRow]:
    """Load what the places stand for, in their order, in a fixed number of queries."""
    order = [(place["outcome"], place["entry_id"]) for place in places]
    lines = _lines([entry for outcome, entry in order if outcome == Outcome.RELEASED])
    denials = _denials([entry for outcome, entry in order if outcome == Outcome.DENIED])
    account_ids = {pk for line in lines.values() for pk in line.account_ids}
    numbers = dict(Account.objects.filter(pk__in=account_ids).values_list("pk", "number"))
    customers = Customer.objects.in_bulk({pk for denial in denials.values() for pk in denial.customer_ids})
    released = {entry: _row_of_line(line, numbers) for entry, line in lines.items()}
    denied = {entry: _row_of_denial(denial, customers) for entry, denial in denials.items()}
    return [released[entry] if outcome == Outcome.RELEASED else denied[entry] for outcome, entry in order]


def _lines(entry_ids: Sequence[int]) -> dict[int, ReleaseLine]:
    parties = [f"release__{name}" for name in _PARTIES]
    lines = ReleaseLine.objects.filter(entry_id__in=entry_ids).select_related("customer", "consent_version", *parties)
    return {line.entry_id: line for line in lines}


def _denials(entry_ids: Sequence[int]) -> dict[int, ReleaseDenial]:
    denials = ReleaseDenial.objects.filter(entry_id__in=entry_ids).select_related(*_PARTIES)
    return {denial.entry_id: denial for denial in denials}


def _row_of_line(line: ReleaseLine, numbers: dict[int, str]) -> HistoryRow:
    return HistoryRow(
        entry_id=line.entry_id,
        at=line.created_at,
        outcome=Outcome.RELEASED,
        asked=line.release,
        customers=(line.customer,),
        account_numbers=tuple(numbers[pk] for pk in line.account_ids if pk in numbers),
        field_ids=tuple(line.field_ids),
        data_from=line.data_from,
        data_to=line.data_to,
        line=line,
        conditions=(),
    )


def _row_of_denial(denial: ReleaseDenial, customers: dict[int, Customer]) -> HistoryRow:
    return HistoryRow(
        entry_id=denial.entry_id,
        at=denial.decided_at,
        outcome=Outcome.DENIED,
        asked=denial,
        customers=tuple(customers[pk] for pk in denial.customer_ids if pk in customers),
        account_numbers=(),
        field_ids=tuple(denial.field_ids),
        data_from=denial.data_from,
        data_to=denial.data_to,
        line=None,
        conditions=from_json(denial.conditions),
    )
