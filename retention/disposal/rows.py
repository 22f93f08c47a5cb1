"""Disposal of what is not kept by month: rows of a table and sealed files, in small transactions."""

from django.db.models import Model

from protection.files import destroy_file
from protection.models import SealedFile
from retention.disposal import holding
from retention.disposal.locks import await_turn
from retention.disposal.registry import store_named
from retention.disposal.steps import Step
from retention.models import PurgeItem
from retention.waypoints import Waypoint, pass_waypoint

BATCH = 1_000


def dispose_of_batch(item: PurgeItem) -> Step:
    """Delete (or, of files, destroy) one batch of the rows past their time that nothing holds.

    Purges take turns at a table; only a file's row is locked, since web and worker destroy files too, and a lock on
    rows asks for the right to update them.
    """
    store = store_named(item.partition)
    pass_waypoint(Waypoint.LOCK_DUE, item)
    await_turn(store.name)
    holding.stop_changes()
    pass_waypoint(Waypoint.LOCKED, item)
    held = store.held(item.before)
    free = store.due(item.before).exclude(pk__in=held.values("pk")).order_by("pk")
    if store.is_of_files:
        free = free.select_for_update(skip_locked=True, of=("self",))
    batch = list(free[:BATCH])
    size = sum(file.size for file in batch if isinstance(file, SealedFile))
    pass_waypoint(Waypoint.DROP_DUE, item)
    if store.is_of_files:
        _destroy(batch)
    else:
        store.model._default_manager.filter(pk__in=[row.pk for row in batch]).delete()
    pass_waypoint(Waypoint.DROPPED, item)
    is_last = len(batch) < BATCH
    return Step(
        held=held.count() if is_last else 0,
        dropped=len(batch),
        bytes=size,
        hold_ids=holding.hold_ids(store.retention_class, None, item.before) if is_last else [],
        is_last=is_last,
    )


def _destroy(files: list[Model]) -> None:
    for file in files:
        if isinstance(file, SealedFile):
            destroy_file(file)
