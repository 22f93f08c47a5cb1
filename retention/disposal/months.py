"""Disposal of usage and bills: whole expired months are dropped, the boundary month's expired days deleted.

Each function runs in one transaction of the caller's and leaves either everything or nothing done. Order matters: the
SHARE lock on the holds lets no hold in half-way (an INSERT of a hold takes ROW EXCLUSIVE, which conflicts), the
EXCLUSIVE lock on the month lets readers read and nobody write; then holds are read in a statement of their own, which
under READ COMMITTED sees every hold that committed before the lock was ours.
"""

import os
from datetime import date

from django.db import connection
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from retention.disposal import holding
from retention.disposal.closing import FIRST_DAY, SALT_BYTES, tallied, tally
from retention.disposal.locks import await_turn, lock_patiently, try_patiently
from retention.disposal.partitions import Partition, partitions_of, require_sight
from retention.disposal.steps import Step
from retention.disposal.stores import STORES, MonthStore
from retention.errors import PlanEnlargedError, RetentionError
from retention.models import LegalHold, MonthTally, PurgeItem
from retention.waypoints import Waypoint, pass_waypoint

_MOVE = sql.SQL("""
    WITH {spans}
    INSERT INTO {held_table} ({columns})
    SELECT {columns} FROM {table} AS kept
    WHERE {day} >= %(lower)s AND {day} < %(before)s AND {covered}
    ON CONFLICT ({key}) DO UPDATE SET {updates}
""")
_COUNT = sql.SQL("""
    WITH {spans}
    SELECT count(*) FROM {relation} AS kept
    WHERE {day} >= %(lower)s AND {day} < %(before)s AND {negation} {covered}
""")
_DELETE = sql.SQL("DELETE FROM {table} WHERE {day} >= %(lower)s AND {day} < %(before)s")
_DELETE_RELEASED = sql.SQL("WITH {spans} DELETE FROM {held_table} AS kept WHERE {day} < %(before)s AND NOT {covered}")
_NOT = sql.SQL("NOT")
_YES = sql.SQL("")
_HOLDS = sql.Identifier(LegalHold._meta.db_table)


def drop_month(item: PurgeItem) -> Step:
    """Move an expired month's held rows to the held table and drop the rest with the partition."""
    store = STORES[item.retention_class]
    await_turn(store.table)
    partition = _partition(store, item)
    if partition is None:
        return Step()
    if partition.past > item.before:
        raise RetentionError(_("%(name)s reaches into the period that is kept.") % {"name": partition.name})
    _enter(item, store, partition)
    step = _set_apart(item, store, partition, partition.first, partition.past)
    MonthTally.objects.filter(table_name=store.table, month=partition.first).delete()
    pass_waypoint(Waypoint.DROP_DUE, item)
    try_patiently(lambda: _execute(sql.SQL("DROP TABLE {}").format(partition.table)))
    pass_waypoint(Waypoint.DROPPED, item)
    return step


def trim_month(item: PurgeItem) -> Step:
    """Move the held rows of the boundary month's expired days to the held table and delete the rest."""
    store = STORES[item.retention_class]
    await_turn(store.table)
    partition = _partition(store, item)
    if partition is None:
        return Step()
    _enter(item, store, partition)
    step = _set_apart(item, store, partition, partition.first, min(item.before, partition.past))
    pass_waypoint(Waypoint.DROP_DUE, item)
    deleted = _execute(_DELETE.format(**store.names()), lower=partition.first, before=min(item.before, partition.past))
    _require_sum(deleted, step.total)
    pass_waypoint(Waypoint.DROPPED, item)
    return step


def trim_held(item: PurgeItem) -> Step:
    """Delete from the held table what is past its time and no longer held by anything."""
    store = STORES[item.retention_class]
    await_turn(store.table)
    require_sight(store.held_table)
    _lock(item, sql.Identifier(store.held_table))
    salt = os.urandom(SALT_BYTES)
    whole = tally(store, None, item.before, salt, of_held=True)
    names = {**store.names(), "spans": holding.spans(), "covered": holding.is_covered(sql.Identifier(store.day))}
    pass_waypoint(Waypoint.DROP_DUE, item)
    dropped = _execute(_DELETE_RELEASED.format(**names), retention_class=store.retention_class, before=item.before)
    rest = tally(store, None, item.before, salt, of_held=True)
    _require_sum(whole.rows, rest.rows + dropped)
    pass_waypoint(Waypoint.DROPPED, item)
    return Step(
        held=rest.rows,
        dropped=dropped,
        digest=whole.digest.hex(),
        held_digest=rest.digest.hex(),
        hold_ids=holding.hold_ids(store.retention_class, None, item.before),
    )


def count_held(store: MonthStore, lower: date | None, before: date, *, in_held_table: bool = False) -> int:
    """Count the rows of [lower, before) that some hold in force covers, in a store or in its table of held rows."""
    return _count(store, lower or FIRST_DAY, before, _YES, "held_table" if in_held_table else "table")


def _partition(store: MonthStore, item: PurgeItem) -> Partition | None:
    """Return the item's partition as it stands now; None when another run has dropped it."""
    return next((one for one in partitions_of(store.table) if one.name == item.partition), None)


def _enter(item: PurgeItem, store: MonthStore, partition: Partition) -> None:
    require_sight(store.table)
    _lock(item, partition.table)


def _lock(item: PurgeItem, table: sql.Identifier) -> None:
    pass_waypoint(Waypoint.LOCK_DUE, item)
    lock_patiently([(_HOLDS, "SHARE"), (table, "EXCLUSIVE")])
    pass_waypoint(Waypoint.LOCKED, item)


def _set_apart(item: PurgeItem, store: MonthStore, partition: Partition, lower: date, before: date) -> Step:
    """Move what is held of [lower, before); return what is to go. Each number is counted on its own."""
    is_whole = before == partition.past
    closing = tallied(store, partition) if is_whole else None
    salt = bytes(closing.salt) if closing else os.urandom(SALT_BYTES)
    if closing:
        total, digest = closing.rows, bytes(closing.digest)
    else:
        counted = tally(store, lower, before, salt)
        total, digest = counted.rows, counted.digest
    pass_waypoint(Waypoint.HOLDS_DUE, item)
    holds = holding.hold_ids(store.retention_class, lower, before)
    pass_waypoint(Waypoint.HOLDS_READ, item)
    held, dropped, held_digest = 0, total, ""
    if holds:
        pass_waypoint(Waypoint.MOVE_DUE, item)
        held = _move(store, lower, before)
        pass_waypoint(Waypoint.HELD_MOVED, item)
        dropped = _count(store, lower, before, _NOT, "table")
        held_digest = tally(store, lower, before, salt, of_held=True).digest.hex()
    _require_sum(total, held + dropped)
    planned = item.planned_total - item.planned_held
    if dropped > planned:
        raise PlanEnlargedError(
            _("%(name)s: %(found)s rows would be dropped, the plan says %(planned)s. Make a new plan.")
            % {"name": item.partition, "found": dropped, "planned": planned}
        )
    return Step(
        held=held,
        dropped=dropped,
        bytes=partition.bytes if is_whole else 0,
        digest=digest.hex(),
        held_digest=held_digest,
        hold_ids=holds,
    )


def _move(store: MonthStore, lower: date, before: date) -> int:
    names = {**store.names(), "spans": holding.spans(), "covered": holding.is_covered(sql.Identifier(store.day))}
    return _execute(_MOVE.format(**names), retention_class=store.retention_class, lower=lower, before=before)


def _count(store: MonthStore, lower: date, before: date, negation: sql.SQL, relation: str) -> int:
    names = store.names()
    statement = _COUNT.format(
        **names,
        relation=names[relation],
        negation=negation,
        spans=holding.spans(),
        covered=holding.is_covered(sql.Identifier(store.day)),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, {"retention_class": store.retention_class, "lower": lower, "before": before})
        (count,) = cursor.fetchone()
    return int(count)


def _execute(statement: sql.Composable, **parameters: str | date) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return int(cursor.rowcount)


def _require_sum(total: int, parts: int) -> None:
    if total != parts:
        raise RetentionError(
            _("The numbers do not add up: %(total)s rows in all, %(parts)s held and dropped. Nothing was changed.")
            % {"total": total, "parts": parts}
        )
