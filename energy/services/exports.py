"""Write an account's usage and bills as a Green Button feed."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import BinaryIO
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import Account
from energy.greenbutton import (
    ElectricPowerUsageSummary,
    LocalTimeParameters,
    MeterReading,
    ReadingBatch,
    Resource,
    UsageSummary,
    write_feed,
)
from energy.greenbutton import ReadingType as FeedReadingType
from energy.greenbutton import UsagePoint as FeedUsagePoint
from energy.greenbutton.resources import NO_DAYLIGHT_SAVING
from energy.models import Bill, DayReading, ReadingType, Receipt, UsagePoint
from energy.packing import SPARSE
from energy.plain import from_plain
from energy.selectors import bills_between, read_days
from energy.services.series import columns_of_row
from ledger.actor import Actor
from ledger.services import record
from protection.clock import provider_zone, transaction_time

ROOT = "/espi/1_1/resource"
_LOCAL_TIME = f"{ROOT}/LocalTimeParameters/1"
_FIELD_OF = {"qualities": "usage.qualities", "costs": "usage.costs"}
_SUMMARIES = {cls.ELEMENT: cls for cls in (UsageSummary, ElectricPowerUsageSummary)}
# The rules of the United States since 2007 as ESPI writes them: 2 a.m. on the second Sunday in March and the first in
# November (LocalTimeParameters, DstRuleType).
_US_DST = ("360E2000", "B40E2000")


@transaction.atomic
def export_greenbutton(
    *, target: BinaryIO, account: Account, from_: date | None, to: date | None, by: Actor
) -> Receipt:
    """Write an account's feed for an operator, and record it in the ledger; see `write_account_feed`."""
    write_account_feed(target=target, account=account, from_=from_, to=to)
    evidence = {"by": by.evidence(), "account": account.uuid, "from": from_, "to": to, "at": transaction_time()}
    witness = record(kind="export.made", subject_tag=bytes(account.customer.tag), evidence=evidence)
    return Receipt.objects.create(account=account, kind="export.made", **witness.columns())


@dataclass(frozen=True, slots=True)
class FeedRows:
    """Where a feed's packed days and bills are read: as `energy.selectors` reads what is stored, or by another's."""

    days: Callable[[Collection[int], Collection[int], date, date], Iterator[DayReading]]
    bills: Callable[[Collection[int], date, date], Iterable[Bill]]


def _stored_bills(account_ids: Collection[int], from_: date, to: date) -> Iterable[Bill]:
    return bills_between(account_ids=account_ids, from_=from_, to=to)


STORED = FeedRows(days=read_days, bills=_stored_bills)


@dataclass(frozen=True, slots=True)
class FeedPart:
    """What of an account goes into a feed that is given out: these fields, of these usage points (none: of all).

    Nothing in the feed names the account or a meter unless a field that does is among them.
    """

    field_ids: frozenset[str]
    usage_point_ids: frozenset[int] = frozenset()


def write_account_feed(
    *,
    target: BinaryIO,
    account: Account,
    from_: date | None = None,
    to: date | None = None,
    part: FeedPart | None = None,
    rows: FeedRows = STORED,
) -> None:
    """Write usage and bills of the civil days from `from_` to before `to` as a valid ESPI 4.0 feed, day by day.

    Without bounds and `part`, all that is stored. Needs a transaction, since rows are read as they are written. Records
    nothing: whoever hands the feed out does. Raises NotWritable where a stored value has no place in the schema.
    """
    feed = _AccountFeed(account, part, rows)
    items = feed.items(from_ or date.min, to or date.max)
    write_feed(target, items, updated=transaction_time(), title=feed.title, href=feed.home)


class _AccountFeed:
    """The resources of one account, each under an address of its own."""

    def __init__(self, account: Account, part: FeedPart | None, rows: FeedRows) -> None:
        self._account, self._part, self._rows = account, part, rows
        self.home = f"{ROOT}/RetailCustomer/{account.uuid if part is None else 1}"
        self.title = f"Account {account.number}" if self._has("account.number") else "Green Button data"
        points = UsagePoint.objects.filter(account=account).order_by("pk")
        if part is not None and part.usage_point_ids:
            points = points.filter(pk__in=part.usage_point_ids)
        self._points = {point.pk: point for point in points}
        self._hrefs: dict[int, str] = {}
        for number, point in enumerate(self._points.values(), 1):
            is_named = self._has("usage_point.identifier")
            href = _address(point, self.home) if is_named else f"{self.home}/UsagePoint/{number}"
            taken = href in self._hrefs.values()
            self._hrefs[point.pk] = f"{self.home}/UsagePoint/{point.uuid}" if taken else href

    def _has(self, field_id: str) -> bool:
        return self._part is None or field_id in self._part.field_ids

    def items(self, from_: date, to: date) -> Iterator[Resource | ReadingBatch]:
        """Yield local time, usage points, readings by day, and bills."""
        yield _local_time(provider_zone())
        yield from map(self._usage_point, self._points.values())
        if self._points and self._has("usage.readings"):
            yield from self._readings(from_, to)
        if self._has("bill.period_end"):
            yield from self._summaries(from_, to)

    def _readings(self, from_: date, to: date) -> Iterator[Resource | ReadingBatch]:
        kinds: dict[int, ReadingType] = {}
        meters: set[str] = set()
        for day in self._rows.days([self._account.pk], list(self._points), from_, to):
            kind = kinds.get(day.reading_type_id)
            if kind is None:
                kind = kinds[day.reading_type_id] = ReadingType.objects.get(pk=day.reading_type_id)
                yield from_plain(FeedReadingType, columns_of_row(kind), href=_type(kind), up=f"{ROOT}/ReadingType")
            up = f"{self._hrefs[day.usage_point_id]}/MeterReading"
            href = f"{up}/{kind.digest[:12]}"
            if href not in meters:
                meters.add(href)
                yield MeterReading(href=href, up=up, related=(f"{href}/IntervalBlock", _type(kind)))
            yield _batch(day, href, [name for name in SPARSE if self._has(_FIELD_OF.get(name, ""))])

    def _summaries(self, from_: date, to: date) -> Iterator[UsageSummary]:
        bills = self._rows.bills([self._account.pk], from_, to)
        for number, bill in enumerate(bills, 1):
            if self._part is None or self._is_within(bill, from_):
                yield self._summary(bill, number)

    def _is_within(self, bill: Bill, from_: date) -> bool:
        """Say whether a bill is of the part's usage points and of none but its days."""
        begins = bill.period_start.astimezone(provider_zone()).date()
        return begins >= from_ and (bill.usage_point_id is None or bill.usage_point_id in self._points)

    def _usage_point(self, point: UsagePoint) -> FeedUsagePoint:
        href = self._hrefs[point.pk]
        return from_plain(
            FeedUsagePoint,
            {"service_kind": point.service_kind, **(point.attributes if self._part is None else {})},
            href=href,
            up=href.rpartition("/")[0],
            related=(f"{href}/MeterReading", f"{href}/UsageSummary", _LOCAL_TIME),
            title=point.title if self._has("usage_point.title") else "",
        )

    def _summary(self, bill: Bill, number: int) -> UsageSummary:
        """Return a bill as its feed had it; of a part only what its fields say, under the day the period ended."""
        kept = bill.summary if self._part is None else {}
        cls = _SUMMARIES.get(kept.get("element", ""), UsageSummary)
        up = f"{self._hrefs.get(bill.usage_point_id or 0, self.home)}/{cls.ELEMENT}"
        said = _said(bill, has_period=self._has("bill.period_start"), has_amount=self._has("bill.amount_due"))
        return from_plain(cls, said | kept, href=f"{up}/{number}", up=up, title=kept.get("title", ""))


def _address(point: UsagePoint, home: str) -> str:
    name = quote(point.identifier, safe="/-._~")
    return f"{ROOT}/{name}" if "UsagePoint/" in name else f"{home}/UsagePoint/{name}"


def _type(kind: ReadingType) -> str:
    return f"{ROOT}/ReadingType/{kind.digest[:12]}"


def _batch(day: DayReading, href: str, sparse: Collection[str]) -> ReadingBatch:
    columns = day.columns()
    return ReadingBatch(
        meter_reading_href=href,
        starts=columns.starts,
        durations=columns.durations,
        values=columns.values,
        **{name: getattr(columns, name) for name in sparse},
    )


def _said(bill: Bill, *, has_period: bool, has_amount: bool) -> dict[str, object]:
    """Return what can be said of a bill whatever feed it came by."""
    start, end = int(bill.period_start.timestamp()), int(bill.period_end.timestamp())
    said: dict[str, object] = {"status_time_stamp": end}
    if has_period:
        said["billing_period"] = {"start": start, "duration": end - start}
    if has_amount and bill.amount_due is not None:
        said["bill_last_period"] = int(bill.amount_due * 100_000)
    return said


def _local_time(zone: ZoneInfo) -> LocalTimeParameters:
    """Say the provider's local time; where it is not that of the United States, its standard offset alone."""
    winter, summer = (datetime(2024, month, 1, tzinfo=zone).utcoffset() or timedelta() for month in (1, 7))
    changes = {(3, 9): winter, (3, 11): summer, (11, 2): summer, (11, 4): winter}
    is_us = summer > winter and all(
        datetime(2024, *day, 12, tzinfo=UTC).astimezone(zone).utcoffset() == offset for day, offset in changes.items()
    )
    start_rule, end_rule = _US_DST if is_us else (NO_DAYLIGHT_SAVING, NO_DAYLIGHT_SAVING)
    return LocalTimeParameters(
        href=_LOCAL_TIME,
        up=_LOCAL_TIME.rpartition("/")[0],
        dst_start_rule=start_rule,
        dst_end_rule=end_rule,
        dst_offset=int((summer - winter).total_seconds()) if is_us else 0,
        tz_offset=int(winter.total_seconds()),
    )
