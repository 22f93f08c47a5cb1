from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer, FieldConflict
from disclosures.models import CorrectionNotice, ReleaseLine
from disclosures.selectors import notices_by_correction
from protection.clock import provider_today, provider_zone
from rights.deadlines import correction_due
from rights.models import Correction, RightsRequest

SOON = timedelta(days=7)


def line_about(case: RightsRequest) -> ReleaseLine | None:
    """Return the line of the disclosure history that a request is about; None where there is none, or none any more."""
    if case.line_entry_id is None:
        return None
    parties = ("release__recipient", "release__purpose", "release__basis")
    return ReleaseLine.objects.filter(entry_id=case.line_entry_id).select_related(*parties).first()


@dataclass(frozen=True, slots=True)
class Case:
    """One thing in the staff's queue: what it is, whom it concerns, and by when it has to be done."""

    kind: str
    kind_label: str | Promise
    what: str
    customer: Customer
    due_on: date
    url: str
    is_overdue: bool
    is_soon: bool


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """How many cases of each kind wait, and how many of all are past their day."""

    corrections: int
    requests: int
    conflicts: int
    overdue: int

    @property
    def total(self) -> int:
        return self.corrections + self.requests + self.conflicts


def queue(kind: str = "", *, only_overdue: bool = False) -> list[Case]:
    """Return the open cases, the most pressing first; `kind` is correction, request, conflict or empty for all."""
    today = provider_today()
    sources = {"correction": _corrections, "request": _requests, "conflict": _conflicts}
    chosen = [source for name, source in sources.items() if kind in ("", name)]
    cases = chain.from_iterable(source(today) for source in chosen)
    return sorted(
        (case for case in cases if case.is_overdue or not only_overdue),
        key=lambda case: (case.due_on, case.kind, case.url),
    )


def queue_counts() -> QueueCounts:
    """Count the open cases."""
    today = provider_today()
    corrections, requests = Correction.objects, RightsRequest.objects
    return QueueCounts(
        corrections=corrections.pending().count(),
        requests=requests.open().count(),
        conflicts=open_conflicts().count(),
        overdue=corrections.overdue(today).count() + requests.overdue(today).count(),
    )


def open_conflicts() -> QuerySet[FieldConflict]:
    """Return the conflicts with a feed that nobody has decided."""
    return FieldConflict.objects.filter(resolved_at__isnull=True)


def corrections_of(customer: Customer) -> QuerySet[Correction]:
    """Return a customer's corrections, the latest first."""
    return Correction.objects.filter(customer=customer).order_by("-created_at", "-pk")


@dataclass(frozen=True, slots=True)
class ToldCorrection:
    """A customer's correction, and which recipients were told of it."""

    case: Correction
    told: list[CorrectionNotice]


def told_corrections(customer: Customer, limit: int) -> list[ToldCorrection]:
    """Return a customer's latest corrections, each with who was told that they got the wrong value."""
    corrections = list(corrections_of(customer)[:limit])
    told = notices_by_correction(correction.uuid for correction in corrections)
    return [ToldCorrection(correction, told.get(correction.uuid, [])) for correction in corrections]


def requests_of(customer: Customer) -> QuerySet[RightsRequest]:
    """Return a customer's requests, the latest first."""
    return RightsRequest.objects.filter(customer=customer).order_by("-received_at", "-pk")


def _corrections(today: date) -> Iterator[Case]:
    for correction in Correction.objects.pending().select_related("customer").order_by("due_on", "pk"):
        url = reverse("rights:correction_decide", kwargs={"uuid": correction.uuid})
        yield _case("correction", _("Correction"), correction.label, correction.customer, correction.due_on, url, today)


def _requests(today: date) -> Iterator[Case]:
    for request in RightsRequest.objects.open().select_related("customer").order_by("due_on", "pk"):
        url = reverse("rights:request_answer", kwargs={"uuid": request.uuid})
        what = request.get_kind_display()
        yield _case("request", _("Request"), what, request.customer, request.due_on, url, today)


def _conflicts(today: date) -> Iterator[Case]:
    for conflict in open_conflicts().select_related("customer").order_by("created_at", "pk"):
        url = reverse("rights:conflict_resolve", kwargs={"uuid": conflict.uuid})
        due = correction_due(conflict.created_at.astimezone(provider_zone()).date())
        yield _case("conflict", _("Conflict with a feed"), conflict.label, conflict.customer, due, url, today)


def _case(kind: str, kind_label: Promise, what: str, customer: Customer, due_on: date, url: str, today: date) -> Case:
    return Case(kind, kind_label, what, customer, due_on, url, due_on < today, today <= due_on <= today + SOON)
