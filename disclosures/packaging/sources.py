"""Which rows a package is made of: what is stored, and for a legal demand also what only a legal hold keeps."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from heapq import merge
from typing import TypeVar

from disclosures.models import LegalBasis, Release
from energy.models import Bill, DayReading
from energy.services import STORED, FeedRows
from retention.selectors import held_bills, read_held_days

Row = TypeVar("Row", DayReading, Bill)


def rows_for(release: Release) -> FeedRows:
    """Return what a release reads: held data has left every basis but legal demand (warrant, court order, subpoena)."""
    return _WITH_HELD if release.basis_kind == LegalBasis.Kind.LEGAL_PROCESS else STORED


def _days(
    account_ids: Collection[int], usage_point_ids: Collection[int], from_: date, to: date
) -> Iterator[DayReading]:
    stored = STORED.days(account_ids, usage_point_ids, from_, to)
    return _once(stored, read_held_days(account_ids, usage_point_ids, from_, to), _place_of_day)


def _bills(account_ids: Collection[int], from_: date, to: date) -> Iterator[Bill]:
    return _once(STORED.bills(account_ids, from_, to), held_bills(account_ids, from_, to), _place_of_bill)


def _once(stored: Iterable[Row], held: Iterable[Row], place: Callable[[Row], tuple[object, ...]]) -> Iterator[Row]:
    """Yield both in their common order; what is stored and held (imported again since) as it is stored."""
    last = None
    for row in merge(stored, held, key=place):
        if place(row) != last:
            yield row
        last = place(row)


def _place_of_day(day: DayReading) -> tuple[object, ...]:
    return (day.account_id, day.usage_point_id, day.reading_type_id, day.day)


def _place_of_bill(bill: Bill) -> tuple[object, ...]:
    return (bill.account_id, bill.bill_date, bill.uuid)


_WITH_HELD = FeedRows(days=_days, bills=_bills)
