"""Whole months of which nothing is held, dropped together: readers make way once, and not for each month anew.

The order is that of `retention.disposal.months`, and so are the locks: the holds in SHARE mode, every month in
EXCLUSIVE mode, then the holds in a statement of their own, the drop as the last thing. Closed months need not be read,
which is what makes many of them cheap; whatever needs more than that is left to be disposed of alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psycopg import sql

from retention.disposal import holding
from retention.disposal.closing import forgotten_of
from retention.disposal.locks import execute_shortly, lock_patiently
from retention.disposal.months import require_planned
from retention.disposal.partitions import Partition
from retention.disposal.stores import STORES
from retention.disposal.turns import take_turns
from retention.models import PurgeItem
from retention.waypoints import Waypoint, pass_waypoint


@dataclass(frozen=True, slots=True)
class FreeMonth:
    """A month that goes whole: its item, its partition, how many rows it has and their digest, by its closing."""

    item: PurgeItem
    partition: Partition
    rows: int
    digest: str


def set_free(items: Sequence[PurgeItem]) -> list[FreeMonth]:
    """Lock months of one run, class and bound; return those that are closed and that no hold touches.

    Raises PurgeBusyError, and PlanEnlargedError when one has more rows than planned or was not planned at all.
    """
    store = STORES[items[0].retention_class]
    partitions = take_turns(items, store)
    expired = {item: month for item in items if (month := partitions.get(item.partition)) and month.past <= item.before}
    _pass(Waypoint.LOCK_DUE, expired)
    lock_patiently([holding.CHANGES, *((month.table, "EXCLUSIVE") for month in expired.values())])
    _pass(Waypoint.LOCKED, expired)
    _pass(Waypoint.HOLDS_DUE, expired)
    untouched = _untouched(store.retention_class, expired)
    _pass(Waypoint.HOLDS_READ, untouched)
    closings = forgotten_of(store, untouched.values())
    found = [
        FreeMonth(item, month, closing.rows, bytes(closing.digest).hex())
        for item, month in untouched.items()
        if (closing := closings.get(month.first))
    ]
    for each in found:
        require_planned(each.item, each.rows)
    return found


def drop(months: Sequence[FreeMonth]) -> None:
    """Drop the months at once; raises PurgeBusyError when readers would have to wait for long."""
    items = [month.item for month in months]
    _pass(Waypoint.DROP_DUE, items)
    execute_shortly(sql.SQL("DROP TABLE {}").format(sql.SQL(", ").join(month.partition.table for month in months)))
    _pass(Waypoint.DROPPED, items)


def _untouched(retention_class: str, months: dict[PurgeItem, Partition]) -> dict[PurgeItem, Partition]:
    """Leave out the months that a hold in force reaches into, whether or not it finds a row there."""
    if not months:
        return {}
    first, past = min(month.first for month in months.values()), max(month.past for month in months.values())
    if not holding.hold_ids(retention_class, first, past):
        return months
    return {
        item: month for item, month in months.items() if not holding.hold_ids(retention_class, month.first, month.past)
    }


def _pass(point: Waypoint, items: Iterable[PurgeItem]) -> None:
    for item in items:
        pass_waypoint(point, item)
