"""What a customer sees of their own: who may receive their data now, what went out, which of the staff looked."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.paginator import Page, Paginator
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer, CustomerOpening
from accounts.selectors import openings_of
from consent.models import Consent
from consent.selectors import consents_of, status_of
from consent.status import Status
from disclosures.models import Delivery, FeedLine, ReleaseLine
from disclosures.models.releases import labels_of
from protection.clock import provider_zone


class Kind(StrEnum):
    """The three kinds of lines that a customer's history has."""

    CONSENT = "consent"
    DISCLOSURE = "disclosure"
    LOOK = "look"


KIND_LABELS: dict[Kind, str | Promise] = {
    Kind.CONSENT: _("What you agreed to"),
    Kind.DISCLOSURE: _("What we gave out"),
    Kind.LOOK: _("Who of our staff looked"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFilter:
    """Which part of a customer's own history: in `[from_, to)` (civil days), to whom (a part of a name), which kind."""

    from_: date | None = None
    to: date | None = None
    recipient: str = ""
    kind: Kind | None = None

    def shows(self, kind: Kind) -> bool:
        """Say whether lines of a kind are shown at all; who looked is no recipient."""
        return self.kind in (None, kind) and not (kind == Kind.LOOK and self.recipient)

    def period(self) -> Q:
        """Return the condition on `created_at`."""
        zone, condition = provider_zone(), Q()
        if self.from_ is not None:
            condition &= Q(created_at__gte=datetime.combine(self.from_, time(), zone))
        if self.to is not None:
            condition &= Q(created_at__lt=datetime.combine(self.to, time(), zone))
        return condition


@dataclass(frozen=True, slots=True)
class OwnConsent:
    """A consent that has not ended, with its state today."""

    consent: Consent
    status: Status

    @property
    def scope(self) -> Any:
        """Return the version that says what it covers."""
        return self.consent.scope_version

    @property
    def field_labels(self) -> list[str]:
        """Return what people call the fields."""
        return labels_of(self.scope.field_ids)


def running_consents(customer: Customer, filters: OwnFilter, today: date) -> list[OwnConsent]:
    """Return the consents that have not ended, whatever the filter's period: they hold now."""
    if not filters.shows(Kind.CONSENT):
        return []
    wanted = filters.recipient.casefold()
    found = [OwnConsent(consent, status_of(consent, today)) for consent in consents_of([customer], today)]
    return [each for each in found if each.status.can_change and wanted in str(each.consent.recipient).casefold()]


def own_feed_lines(customer: Customer, filters: OwnFilter) -> QuerySet[FeedLine]:
    """Return the standing feeds by which a customer's data goes or went out every night, those still open first.

    `last_entry` and `last_at` are of the latest night; None where no night is on record any more.
    """
    if not filters.shows(Kind.DISCLOSURE):
        return FeedLine.objects.none()
    lines = FeedLine.objects.filter(customer=customer, feed__recipient__legal_name__icontains=filters.recipient)
    if filters.from_ is not None:
        lines = lines.exclude(closed_on__lt=filters.from_)
    if filters.to is not None:
        lines = lines.filter(opened_on__lt=filters.to)
    nights = ReleaseLine.objects.filter(customer=customer, release__feed=OuterRef("feed")).order_by("-created_at")
    return (
        lines.select_related("feed__recipient", "feed__purpose", "feed__basis")
        .annotate(last_entry=Subquery(nights.values("entry_id")[:1]), last_at=Subquery(nights.values("created_at")[:1]))
        .order_by(F("closed_on").desc(nulls_first=True), "-opened_on", "-pk")
    )


def own_lines(customer: Customer, filters: OwnFilter, *, has_nights: bool = True) -> QuerySet[ReleaseLine]:
    """Return what went out of a customer's data, the newest first, in one query; each night of a feed if `has_nights`.

    `fetched` are the moments it was downloaded, `total` is how many lines there are before any slicing.
    """
    if not filters.shows(Kind.DISCLOSURE):
        return ReleaseLine.objects.none()
    lines = _lines(customer, filters)
    if not has_nights:
        lines = lines.filter(release__feed=None)
    total = lines.values(one=Value(1)).annotate(number=Count("entry_id")).values("number")
    fetched = Delivery.objects.filter(
        package__release=OuterRef("release"), outcome=Delivery.Outcome.DELIVERED
    ).order_by("created_at")
    return (
        lines.select_related("release__recipient", "release__purpose", "release__basis", "consent_version__consent")
        .annotate(fetched=ArraySubquery(fetched.values("created_at")), total=Subquery(total))
        .order_by("-created_at", "-entry_id")
    )


def _lines(customer: Customer, filters: OwnFilter) -> QuerySet[ReleaseLine]:
    lines = ReleaseLine.objects.shown_to_subject().filter(filters.period(), customer=customer)
    if filters.recipient:
        lines = lines.filter(release__recipient__legal_name__icontains=filters.recipient)
    return lines


class LinePaginator(Paginator):  # type: ignore[type-arg]
    """Pages of `own_lines`, whose rows say how many there are: a page costs one query, not two."""

    def get_page(self, number: Any) -> Page:  # type: ignore[type-arg]
        """Return a page; of a number that is none, the first or the last as Django does."""
        asked = int(number) if str(number).isdecimal() else 1
        start = (max(asked, 1) - 1) * self.per_page
        rows = list(self.object_list[start : start + self.per_page])
        if not rows:
            return super().get_page(number)
        self.__dict__["count"] = rows[0].total
        return Page(rows, max(asked, 1), self)


def own_looks(customer: Customer, filters: OwnFilter) -> QuerySet[CustomerOpening]:
    """Return the looks of the provider's people at a customer, the latest first."""
    if not filters.shows(Kind.LOOK):
        return CustomerOpening.objects.none()
    return openings_of(customer).shown_to_subject().filter(filters.period())
