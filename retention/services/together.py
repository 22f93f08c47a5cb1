"""Months of a batch that nothing holds, disposed of in one transaction; what cannot go like that goes alone."""

import logging
from collections.abc import Iterable, Sequence
from itertools import groupby

from django.db import connection, transaction

from ledger.services import PROVIDER_TAG, record_all
from retention.disposal.free_months import FreeMonth, drop, set_free
from retention.models import PurgeItem, PurgeRun
from retention.services.enlargement import refuse_changed_plan
from retention.services.items import FAULTS, ITEM_DONE, described
from retention.waypoints import Waypoint, pass_waypoint

logger = logging.getLogger(__name__)

# `free_months` takes items that nobody has tried before, so these numbers are all there is of them.
_COMPLETE = """
    UPDATE retention_purgeitem AS item
    SET status = 'done', finished_at = transaction_timestamp(), last_error = '', held = 0, held_digest = '',
        hold_ids = '{}', total = found.rows, dropped = found.rows, bytes = found.bytes, digest = found.digest,
        entry_id = found.entry_id, salt = found.salt, evidence = found.evidence
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::bytea[], %s::bytea[])
        AS found (id, rows, bytes, digest, entry_id, salt, evidence)
    WHERE item.id = found.id
"""


def attempt_together(items: Sequence[PurgeItem]) -> list[PurgeItem]:
    """Drop what goes together of some claimed items; return the others, which are to be tried one by one.

    A fault here is nobody's yet: the attempt at each item alone shows whose it is.
    """
    done: set[int] = set()
    for _kind, group in groupby((item for item in items if _may_go(item)), key=_kind_of):
        months = list(group)
        if len(months) > 1:
            done |= _dropped(months)
    return [item for item in items if item.pk not in done]


def _may_go(item: PurgeItem) -> bool:
    return item.action == PurgeItem.Action.DROP_MONTH and item.attempts == 1 and not item.planned_held


def _kind_of(item: PurgeItem) -> tuple[str, str]:
    return item.retention_class, str(item.before)


def _dropped(items: Sequence[PurgeItem]) -> set[int]:
    try:
        months = _drop(items)
    except FAULTS as error:
        logger.info("%s months of %s do not go together: %s", len(items), items[0].retention_class, error)
        return set()
    for item in months:
        pass_waypoint(Waypoint.COMMITTED, item)
    return {item.pk for item in months}


@transaction.atomic
def _drop(items: Sequence[PurgeItem]) -> list[PurgeItem]:
    """Dispose of months and write down what became of them, in one transaction; return the items."""
    locked = _locked(items)
    if len(locked) < 2:
        return []
    refuse_changed_plan(locked[0])
    months = set_free(locked)
    if not months:
        return []
    _complete(months)
    drop(months)
    for month in months:
        pass_waypoint(Waypoint.COMMIT_DUE, month.item)
    return [month.item for month in months]


def _locked(items: Sequence[PurgeItem]) -> list[PurgeItem]:
    """Return the items that still wait, locked; none while the run is paused or over."""
    waiting = PurgeItem.objects.filter(
        pk__in=[item.pk for item in items], status=PurgeItem.Status.PENDING, run__status=PurgeRun.Status.RUNNING
    )
    locked = list(waiting.order_by("position").select_for_update(of=("self",)))
    for item in locked:
        item.run = items[0].run
    return locked


def _complete(months: Iterable[FreeMonth]) -> None:
    done = []
    for month in months:
        month.item.total = month.item.dropped = month.rows
        month.item.digest = month.digest
        done.append(month)
    witnesses = record_all(kind=ITEM_DONE, subject_tag=PROVIDER_TAG, evidence=[described(month.item) for month in done])
    rows = [
        (month.item.pk, month.rows, month.partition.bytes, month.digest, one.entry_id, one.salt, one.evidence)
        for month, one in zip(done, witnesses, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(_COMPLETE, [list(column) for column in zip(*rows, strict=True)])
