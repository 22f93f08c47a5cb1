"""Disposal of what is not kept by month: rows, files, keys and columns, in small transactions."""

from django.db.models import Exists, OuterRef

from retention.disposal import holding
from retention.disposal.locks import await_turn
from retention.disposal.registry import store_named
from retention.disposal.rowstores import NOTHING
from retention.disposal.steps import Step
from retention.models import PurgeItem
from retention.waypoints import Waypoint, pass_waypoint

BATCH = 2_000


def dispose_of_batch(item: PurgeItem) -> Step:
    """Dispose of one batch of what is past its time and held by nothing, the oldest first.

    Purges take turns at a store. The SHARE lock on the holds lets no hold in between the look at them and the commit.
    """
    store = store_named(item.partition)
    pass_waypoint(Waypoint.LOCK_DUE, item)
    await_turn(store.name)
    holding.stop_changes()
    pass_waypoint(Waypoint.LOCKED, item)
    if month := store.drop_month(item.before):
        return Step(dropped=month.count, bytes=month.bytes, is_last=False)
    held = store.held(item.before)
    free = store.disposable(item.before).exclude(Exists(held.filter(**{store.key: OuterRef(store.key)})))
    keys = list(free.order_by("cutoff_event", store.key).values_list(store.key, flat=True)[:BATCH])
    pass_waypoint(Waypoint.DROP_DUE, item)
    gone = store.dispose(keys, item.run) if keys else NOTHING
    pass_waypoint(Waypoint.DROPPED, item)
    is_last = len(keys) < BATCH
    kept = held.count() if is_last else 0
    return Step(
        held=kept,
        dropped=gone.count,
        bytes=gone.bytes,
        hold_ids=holding.hold_ids(store.retention_class, None, item.before) if kept else [],
        is_last=is_last,
    )
