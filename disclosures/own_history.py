"""What a customer sees of their own: who may receive their data now, what went out, which of the staff looked."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer, CustomerOpening
from accounts.selectors import openings_of
from consent.models import Consent
from consent.selectors import consents_of, status_of
from consent.status import Status
from disclosures.models import Delivery, ReleaseLine
from disclosures.models.releases import labels_of
from protection.clock import provider_today, provider_zone


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


def running_consents(customer: Customer, filters: OwnFilter) -> list[OwnConsent]:
    """Return the consents that have not ended, whatever the filter's period: they hold now."""
    if not filters.shows(Kind.CONSENT):
        return []
    today, wanted = provider_today(), filters.recipient.casefold()
    found = [OwnConsent(consent, status_of(consent, today)) for consent in consents_of([customer], today)]
    return [each for each in found if each.status.can_change and wanted in str(each.consent.recipient).casefold()]


def own_lines(customer: Customer, filters: OwnFilter) -> QuerySet[ReleaseLine]:
    """Return what went out of a customer's data, the newest first; `fetched` are the moments it was downloaded.

    One query, whatever it shows.
    """
    if not filters.shows(Kind.DISCLOSURE):
        return ReleaseLine.objects.none()
    fetched = Delivery.objects.filter(
        package__release=OuterRef("release"), outcome=Delivery.Outcome.DELIVERED
    ).order_by("created_at")
    lines = ReleaseLine.objects.shown_to_subject().filter(filters.period(), customer=customer)
    if filters.recipient:
        lines = lines.filter(release__recipient__legal_name__icontains=filters.recipient)
    return (
        lines.select_related("release__recipient", "release__purpose", "release__basis", "consent_version__consent")
        .annotate(fetched=ArraySubquery(fetched.values("created_at")))
        .order_by("-created_at", "-entry_id")
    )


def own_looks(customer: Customer, filters: OwnFilter) -> QuerySet[CustomerOpening]:
    """Return the looks of the provider's people at a customer, the latest first."""
    if not filters.shows(Kind.LOOK):
        return CustomerOpening.objects.none()
    return openings_of(customer).shown_to_subject().filter(filters.period())
