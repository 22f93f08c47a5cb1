"""Controls over what left the provider, asked of the rows themselves: the gate and its triggers are not believed."""

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from accounts.models import RecipientAgreement
from consent.models import ConsentVersion
from disclosures.models import Delivery, Release, ReleaseLine
from portal.controls.findings import Finding
from protection.clock import provider_zone

_SCOPES = (ConsentVersion.Kind.GRANT, ConsentVersion.Kind.NARROW)


def lines_without_consent() -> QuerySet[ReleaseLine]:
    """Return the lines of releases that needed a consent and had none that was live on their day and covered them.

    What came before what is told by the order of the ledger's ids: a stamp is that of a transaction's beginning, and
    a withdrawal may have begun earlier and waited for the release.
    """
    version = "consent_version__"
    later = ConsentVersion.objects.filter(
        consent=OuterRef("consent_version__consent"),
        number__gt=OuterRef("consent_version__number"),
        entry_id__lt=OuterRef("entry_id"),
    )
    is_covered = Q(
        consent_version__customer=F("customer"),
        consent_version__recipient=F("release__recipient"),
        consent_version__purpose=F("release__purpose"),
        consent_version__kind__in=_SCOPES,
        consent_version__entry_id__lt=F("entry_id"),
        consent_version__permission_from__lte=F("day"),
        consent_version__field_ids__contains=F("field_ids"),
        consent_version__data_from__lte=F("data_from"),
    )
    for end, reached in (
        ("permission_to", Q(**{f"{version}permission_to__gt": F("day")})),
        ("data_to", Q(**{f"{version}data_to__gte": F("data_to")})),
    ):
        is_covered &= Q(**{f"{version}{end}": None}) | reached
    return (
        ReleaseLine.objects.filter(release__requires_consent=True)
        .annotate(day=TruncDate("created_at", tzinfo=provider_zone()))
        .filter(Q(consent_version=None) | ~is_covered | Exists(later))
        .select_related("release__recipient", "customer")
        .order_by("-created_at", "-entry_id")
    )


def tell_line(line: ReleaseLine) -> Finding:
    """Say which customer's data went to whom."""
    values = {"customer": line.customer, "recipient": line.release.recipient, "release": line.release.uuid}
    return Finding(
        line.created_at,
        _("%(customer)s's data went to %(recipient)s without a consent (release %(release)s).") % values,
        line.entry_id,
    )


def releases_without_agreement() -> QuerySet[Release]:
    """Return the releases that needed the recipient's agreement on a day on which none was in force."""
    needing = Release.objects.filter(Q(requires_agreement=True) | Q(recipient__kind="contractor"))
    return _without_agreement(needing, "decided_at", "recipient").select_related("recipient").order_by("-decided_at")


def tell_release(release: Release) -> Finding:
    """Say who was released to."""
    values = {"recipient": release.recipient, "release": release.uuid}
    text = _("%(recipient)s had no agreement in force (release %(release)s).") % values
    return Finding(release.decided_at, text, release.entry_id)


def deliveries_without_agreement() -> QuerySet[Delivery]:
    """Return the files that a recipient fetched on a day on which the agreement they needed was not in force."""
    handed_over = Delivery.objects.filter(
        Q(package__release__requires_agreement=True) | Q(package__release__recipient__kind="contractor"),
        outcome=Delivery.Outcome.DELIVERED,
    )
    found = _without_agreement(handed_over, "created_at", "package__release__recipient")
    return found.select_related("package__release__recipient").order_by("-created_at", "-pk")


def tell_delivery(delivery: Delivery) -> Finding:
    """Say who fetched what."""
    release = delivery.package.release
    values = {"recipient": release.recipient, "release": release.uuid}
    text = _("%(recipient)s fetched a file after its agreement had ended (release %(release)s).") % values
    return Finding(delivery.created_at, text, delivery.entry_id)


def _without_agreement(rows: QuerySet[Any], moment: str, recipient: str) -> QuerySet[Any]:
    in_force = RecipientAgreement.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=OuterRef("day")),
        recipient=OuterRef(recipient),
        valid_from__lte=OuterRef("day"),
    )
    dated: QuerySet[Any] = rows.annotate(day=TruncDate(moment, tzinfo=provider_zone()))
    return dated.filter(~Exists(in_force))
