"""Controls over what the provider promised to do by a day, and over who looked."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Length, Trim, TruncDate
from django.utils.translation import gettext as _

from accounts.models import ConfidentialityAgreement, CustomerOpening
from accounts.reasons import SHORTEST_REASON
from consent.models import Consent
from consent.selectors import consents_to_remind
from ledger.models import UnsealedEntry
from portal.controls.findings import Finding
from portal.watch.conditions import UNSEALED_AFTER
from portal.watch.past_due import days_past_due
from protection.clock import provider_today, provider_zone, transaction_time
from retention.models import LegalHold
from retention.schedule import label_of
from rights.models import Correction, RightsRequest

GRACE = timedelta(days=2)
"""So long a reminder may be late: it goes out in the night after its day."""


def reminders_overdue() -> QuerySet[Consent]:
    """Return the consents whose yearly reminder should have gone out by the day before yesterday."""
    late = [pk for pk, _since in consents_to_remind(provider_today() - GRACE)]
    return Consent.objects.filter(pk__in=late).select_related("customer", "recipient", "current_version").order_by("pk")


def tell_consent(consent: Consent) -> Finding:
    """Say whose reminder of which consent is late."""
    values = {"customer": consent.customer, "recipient": consent.recipient}
    text = _("%(customer)s was not reminded of the consent for %(recipient)s.") % values
    version = consent.current_version
    return Finding(consent.changed_at, text, version.entry_id if version else None)


def reviews_overdue() -> QuerySet[LegalHold]:
    """Return the holds whose review was due before today."""
    return LegalHold.objects.overdue(provider_today() - timedelta(days=1)).order_by("pk")


def tell_hold(hold: Any) -> Finding:
    """Say which hold is to be reviewed."""
    values = {"reason": hold.reason, "day": hold.next_review_on}
    return Finding(hold.next_review_on, _("The hold “%(reason)s” was to be reviewed by %(day)s.") % values)


def tell_disagreement(text: str) -> Finding:
    """Say where the notice and the system differ; it is so now, since whatever day."""
    return Finding(None, text)


def answers_overdue() -> list[RightsRequest | Correction]:
    """Return the requests and corrections that should have been answered before today."""
    today = provider_today()
    requests = RightsRequest.objects.overdue(today).select_related("customer").order_by("due_on", "pk")
    corrections = Correction.objects.overdue(today).select_related("customer").order_by("due_on", "pk")
    return [*requests, *corrections]


def tell_case(case: RightsRequest | Correction) -> Finding:
    """Say whose case waits."""
    what = case.get_kind_display() if isinstance(case, RightsRequest) else _("Correction")
    text = _("%(customer)s waits for an answer: %(what)s.") % {"customer": case.customer, "what": what}
    return Finding(case.due_on, text)


def purges_late() -> list[tuple[str, int | None]]:
    """Return the classes whose oldest row is past its time for longer than is allowed, or that cannot be read."""
    late = days_past_due().items()
    return [(code, days) for code, days in late if days is None or days > settings.PAST_DUE_DAYS]


def tell_class(late: tuple[str, int | None]) -> Finding:
    """Say how late a class is."""
    code, days = late
    if days is None:
        return Finding(None, _("%(name)s: how far it is past its time cannot be read.") % {"name": label_of(code)})
    values = {"name": label_of(code), "days": days, "limit": settings.PAST_DUE_DAYS}
    return Finding(None, _("%(name)s: past its time for %(days)d days; allowed are %(limit)d.") % values)


def looks_without_right() -> QuerySet[CustomerOpening]:
    """Return the looks at a customer without a stated reason, or by who was bound by no agreement on that day."""
    agreed = ConfidentialityAgreement.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=OuterRef("day")), user=OuterRef("user"), valid_from__lte=OuterRef("day")
    )
    return (
        CustomerOpening.objects.annotate(
            day=TruncDate("created_at", tzinfo=provider_zone()), length=Length(Trim("reason")), is_bound=Exists(agreed)
        )
        .filter(Q(length__lt=SHORTEST_REASON) | Q(is_bound=False))
        .select_related("user", "customer")
        .order_by("-created_at", "-pk")
    )


def tell_look(look: Any) -> Finding:
    """Say who looked at whom, and what was missing."""
    values = {"user": look.user.get_full_name(), "customer": look.customer}
    text = (
        _("%(user)s looked at %(customer)s without stating a reason.")
        if look.is_bound
        else _("%(user)s looked at %(customer)s without a confidentiality agreement in force.")
    )
    return Finding(look.created_at, text % values, look.entry_id)


def entries_unsealed() -> QuerySet[UnsealedEntry]:
    """Return the entries that have waited for a checkpoint for too long."""
    old = transaction_time() - UNSEALED_AFTER
    return UnsealedEntry.objects.filter(entry__created_at__lt=old).select_related("entry").order_by("pk")


def tell_entry(waiting: UnsealedEntry) -> Finding:
    """Say which entry waits."""
    text = _("Entry %(entry)d (%(kind)s) is under no checkpoint.")
    values = {"entry": waiting.pk, "kind": waiting.entry.kind}
    return Finding(waiting.entry.created_at, text % values, waiting.pk)
