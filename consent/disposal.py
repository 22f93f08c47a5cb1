"""What the purge disposes of here: consents that ended, with their acts, receipts and the evidence of what was signed.

A consent ends when it is withdrawn or expires; an act of it when a later one takes its place. A narrowing rests on the
signature of the grant before it, so that evidence is kept until that grant is withdrawn, expires, or is given anew.
And what was chosen of messages and cookies, and counts of visits, which name nobody.
"""

from dataclasses import replace

from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from consent.models import (
    BulkEntry,
    BulkFinding,
    Consent,
    ConsentVersion,
    ContactChoice,
    CookieChoice,
    NoticeDelivery,
    Offer,
    OfferDecline,
    PrivacySignal,
    ProjectRequest,
    Receipt,
    Reminder,
    RequestMatch,
    RequestUpload,
    ServedNotice,
    VisitCount,
    WebhookDelivery,
    WebhookEndpoint,
)
from protection.days import start_of
from retention.disposal.files import FileStore
from retention.disposal.registry import cover_place, forget_with_customer, keep, need_identity, register
from retention.disposal.rowstores import RowStore

Kind = ConsentVersion.Kind
_LATER = ConsentVersion.objects.filter(consent=OuterRef("consent"), number__gt=OuterRef("number")).order_by("number")
_SUPERSEDED = Subquery(_LATER.values("created_at")[:1])
_CHAIN_ENDED = Subquery(_LATER.exclude(kind=Kind.NARROW).values("created_at")[:1])

_BULK_ENTRIES = RowStore("imports", BulkEntry, "finished_at", with_rows=((BulkFinding, "entry"),))
_BULK_ORIGINALS = RowStore("import_originals", BulkEntry, "finished_at")
_UPLOADS = RowStore("consents", RequestUpload, "created_at")

register(
    _BULK_ENTRIES,
    FileStore(_BULK_ORIGINALS, "table"),
    FileStore(_BULK_ORIGINALS, "scans"),
    RowStore("consents", ProjectRequest, "expires_at", with_rows=((RequestMatch, "request"),)),
    _UPLOADS,
    FileStore(replace(_UPLOADS, retention_class="evidence"), "original"),
    FileStore(
        RowStore(
            "evidence",
            ConsentVersion,
            Coalesce(
                _CHAIN_ENDED,
                Case(When(kind__in=[Kind.WITHDRAW, Kind.EXPIRE], then=F("created_at"))),
                start_of(F("consent__scope_version__permission_to")),
            ),
            customer="customer",
        ),
        "evidence_file",
    ),
    RowStore(
        "consents",
        ConsentVersion,
        _SUPERSEDED,
        customer="customer",
        condition=~Q(pk=F("consent__current_version")) & ~Q(pk=F("consent__scope_version")),
        with_rows=((Receipt, "version"), (WebhookDelivery, "version")),
        leaves_tombstone=True,
    ),
    RowStore(
        "consents",
        Consent,
        Case(When(is_granted=False, then=F("changed_at")), default=start_of(F("scope_version__permission_to"))),
        customer="customer",
        condition=Q(version_count__gt=0),
        with_rows=(
            (Receipt, "version__consent"),
            (WebhookDelivery, "version__consent"),
            (ConsentVersion, "consent"),
            (Reminder, "consent"),
        ),
        leaves_tombstone=True,
    ),
    RowStore("consents", ServedNotice, "created_at", customer="customer"),
    RowStore("consents", Offer, "closed_at", customer="customer", with_rows=((OfferDecline, "offer"),)),
    RowStore(
        "messages",
        WebhookDelivery,
        "created_at",
        customer="version__customer",
        condition=Q(settled_at__isnull=False),
    ),
    RowStore("visit_statistics", VisitCount, "hour"),
    RowStore("visit_statistics", CookieChoice, "created_at"),
    RowStore("visit_statistics", PrivacySignal, "created_at"),
)
need_identity(Q(Exists(Consent.objects.filter(customer=OuterRef("pk"), is_granted=True))))
forget_with_customer(ContactChoice, "customer")
forget_with_customer(NoticeDelivery, "customer")
# Redis ends each count by itself (consent.visits._KEPT_SECONDS).
cover_place("visits being counted")
keep(WebhookEndpoint, _("An address of an organization's system, which names no person; it is retired, not deleted."))
