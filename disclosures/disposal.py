"""What the purge disposes of here: the history of disclosures, on its own, longer schedule.

Lines go by the month; a release goes when its lines, its package and the deliveries of that are gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from disclosures.models import (
    Breach,
    BreachCustomer,
    BreachStep,
    CorrectionNotice,
    CorrectionReceipt,
    Delivery,
    DemandEvent,
    DemandSubject,
    FeedLine,
    FeedStep,
    HistoryExport,
    HistoryExportFile,
    LegalDemand,
    MergerNotice,
    MergerNoticeServed,
    NonDisclosureOrder,
    Package,
    PackageFile,
    RecipientPolicy,
    Release,
    ReleaseDenial,
    ReleaseExclusion,
    ReleaseLine,
    ReleaseProposal,
    SavedSearch,
    StandingFeed,
)
from retention.disposal.files import FileStore
from retention.disposal.locks import try_patiently
from retention.disposal.registry import register
from retention.disposal.rowstores import Disposed, RowStore
from retention.models import PurgeRun

_MONTHS = """
    SELECT relname, (regexp_match(pg_get_expr(relpartbound, pg_class.oid), 'TO \\(''([^'']+)''\\)'))[1]::timestamptz
    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = 'disclosures_releaseline'::regclass
    ORDER BY relname
"""


@dataclass(frozen=True, slots=True)
class LineStore(RowStore):
    """Lines of releases: a month that is past its time as a whole, with nothing held in it, is dropped at once."""

    key: str = "entry_id"

    def drop_month(self, before: date) -> Disposed | None:
        """Drop the oldest such month; None when there is none."""
        for partition, past in _months():
            if past <= self.moment(before) and not self._is_held(partition, past):
                return _drop(partition)
        return None

    def dispose(self, keys: Sequence[Any], run: PurgeRun) -> Disposed:
        """Delete these lines."""
        rows = ReleaseLine.objects.filter(entry_id__in=keys)
        return Disposed(rows._raw_delete(rows.db))

    def _is_held(self, partition: str, past: datetime) -> bool:
        first = datetime.strptime(partition[-7:], "%Ym%m").replace(tzinfo=past.tzinfo)
        return self.under_hold(self.rows().filter(created_at__gte=first, created_at__lt=past)).exists()


def _months() -> list[tuple[str, datetime]]:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
        cursor.execute(_MONTHS)
        return list(cursor.fetchall())


def _drop(partition: str) -> Disposed:
    counts: list[int] = []

    def drop() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT disclosures_drop_month(%s)", [partition])
            counts.append(cursor.fetchone()[0])

    try_patiently(drop)
    return Disposed(counts[-1])


LINES = LineStore("disclosures", ReleaseLine, "created_at", customer="customer")
RELEASES = RowStore("disclosures", Release, "decided_at", from_customer="release_lines__release", leaves_tombstone=True)
DENIALS = RowStore("disclosures", ReleaseDenial, "decided_at", customers="customer_ids", leaves_tombstone=True)
PROPOSALS = RowStore("disclosures", ReleaseProposal, "proposed_at", customers="customer_ids", leaves_tombstone=True)
DEMANDS = RowStore(
    "disclosures",
    LegalDemand,
    "created_at",
    from_customer="demand_subjects__demand",
    with_rows=((DemandEvent, "demand"), (DemandSubject, "demand")),
    leaves_tombstone=True,
)
ORDERS = RowStore(
    "disclosures",
    NonDisclosureOrder,
    "demand__created_at",
    from_customer="demand_subjects__demand__orders",
    leaves_tombstone=True,
)
BREACHES = RowStore(
    "disclosures",
    Breach,
    "closed_at",
    from_customer="breaches__breach",
    with_rows=((BreachCustomer, "breach"), (BreachStep, "breach")),
    leaves_tombstone=True,
)
FEEDS = RowStore(
    "disclosures",
    StandingFeed,
    "ended_at",
    from_customer="feed_lines__feed",
    with_rows=((FeedStep, "feed"),),
    leaves_tombstone=True,
)
_PACKAGE = "release_lines__release__package"

register(
    RowStore("disclosures", Delivery, "created_at", from_customer=f"{_PACKAGE}__deliveries", leaves_tombstone=True),
    RowStore("disclosures", PackageFile, "created_at", from_customer=f"{_PACKAGE}__built", leaves_tombstone=True),
    RowStore("disclosures", Package, "created_at", from_customer=_PACKAGE),
    RowStore("disclosures", CorrectionReceipt, "created_at", customer="notice__customer", leaves_tombstone=True),
    RowStore("disclosures", CorrectionNotice, "created_at", customer="customer", leaves_tombstone=True),
    LINES,
    RowStore("disclosures", ReleaseExclusion, "created_at", customer="customer"),
    FileStore(RELEASES, "document"),
    RELEASES,
    FileStore(DENIALS, "document"),
    DENIALS,
    RowStore("disclosures", FeedLine, "closed_on", customer="customer", is_clock_a_date=True),
    FEEDS,
    FileStore(PROPOSALS, "document"),
    PROPOSALS,
    BREACHES,
    FileStore(ORDERS, "document"),
    ORDERS,
    FileStore(DEMANDS, "document"),
    DEMANDS,
    RowStore("disclosures", HistoryExportFile, "created_at", leaves_tombstone=True),
    RowStore("disclosures", HistoryExport, "created_at", condition=Q(finished_at__isnull=False)),
    RowStore("disclosures", SavedSearch, "created_at"),
    RowStore("agreements", RecipientPolicy, "recipient__stopped_at"),
    RowStore("disclosures", MergerNoticeServed, "created_at", customer="customer", leaves_tombstone=True),
    RowStore("disclosures", MergerNotice, "created_at", leaves_tombstone=True),
)
