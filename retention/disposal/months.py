"""Disposal of usage and bills: whole expired months are dropped, the boundary month's expired days deleted.

Each function runs in one transaction of the caller's and leaves either everything or nothing done. Order matters: the
SHARE lock on the holds lets no hold in half-way (an INSERT of a hold takes ROW EXCLUSIVE, which conflicts), the
EXCLUSIVE lock on the month lets readers read and nobody write; then holds are read in a statement of their own, which
under READ COMMITTED sees every hold that committed before the lock was ours.
"""

import os
from dataclasses import replace
from datetime import date

from django.db import connection
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from retention.disposal import holding
from retention.disposal.closing import forgotten, keep_rest, tallied
from retention.disposal.locks import await_turn, execute_patiently, lock_patiently
from retention.disposal.partitions import Partition, require_sight
from retention.disposal.steps import Step
from retention.disposal.stores import STORES, MonthStore
from retention.disposal.tallies import SALT_BYTES, Tally, rows_between
from retention.disposal.turns import take_turn
from retention.errors import PlanEnlargedError, RetentionError
from retention.models import MonthTally, PurgeItem
from retention.waypoints import Waypoint, pass_waypoint

# RETURNING gives what now stands in the held table, also where an earlier trim had moved the row already.
_MOVE = sql.SQL("""
    WITH {spans}, moved AS (
        INSERT INTO {held_table} ({columns})
        SELECT {columns} FROM {relation} AS kept
        WHERE {day} >= %(lower)s AND {day} < %(before)s AND {covered}
        ON CONFLICT ({key}) DO UPDATE SET {updates}
        RETURNING *
    )
""")
_COUNT_FREE = sql.SQL("""
    WITH {spans}
    SELECT count(*) FROM {relation} AS kept
    WHERE {day} >= %(lower)s AND {day} < %(before)s AND NOT {covered}
""")
_DELETE = sql.SQL("DELETE FROM {relation} WHERE {day} >= %(lower)s AND {day} < %(before)s")
_DELETE_RELEASED = sql.SQL("WITH {spans} DELETE FROM {held_table} AS kept WHERE {day} < %(before)s AND NOT {covered}")
_MOVED = sql.Identifier("moved")


def drop_month(item: PurgeItem) -> Step:
    """Move an expired month's held rows to the held table; the step concludes by dropping the rest with the partition.

    The drop comes last, since readers of the whole table wait for it to commit.
    """
    store = STORES[item.retention_class]
    partition = take_turn(item, store)
    if partition is None:
        return Step()
    if partition.past > item.before:
        raise RetentionError(_("%(name)s reaches into the period that is kept.") % {"name": partition.name})
    _lock(item, partition.table)
    step = _set_apart(item, store, partition, partition.past, forgotten(store, partition))
    return replace(step, bytes=partition.bytes, conclude=lambda: _drop(item, partition))


def trim_month(item: PurgeItem) -> Step:
    """Move the held rows of the boundary month's expired days to the held table and delete the rest.

    It deletes from the partition itself, which the triggers of the table as a whole do not see: a closed month's tally
    stays, and speaks of the days that are left.
    """
    store = STORES[item.retention_class]
    partition = take_turn(item, store)
    if partition is None:
        return Step()
    before = min(item.before, partition.past)
    _lock(item, partition.table)
    closing = tallied(store, partition)
    step = _set_apart(item, store, partition, before, closing)
    pass_waypoint(Waypoint.DROP_DUE, item)
    names = {**store.names(), "relation": partition.table}
    deleted = _execute(_DELETE.format(**names), lower=partition.first, before=before)
    _require_sum(deleted, step.total)
    if closing:
        keep_rest(closing, Tally.of(closing).split(before)[1])
    pass_waypoint(Waypoint.DROPPED, item)
    return step


def trim_held(item: PurgeItem) -> Step:
    """Delete from the held table what is past its time and no longer held by anything."""
    store = STORES[item.retention_class]
    await_turn(store.table)
    require_sight(store.held_table)
    held_table = sql.Identifier(store.held_table)
    _lock(item, held_table)
    salt = os.urandom(SALT_BYTES)
    whole = rows_between(store, held_table, None, item.before, salt)
    names = {**store.names(), "spans": holding.spans(), "covered": holding.is_covered(sql.Identifier(store.day))}
    pass_waypoint(Waypoint.DROP_DUE, item)
    dropped = _execute(_DELETE_RELEASED.format(**names), retention_class=store.retention_class, before=item.before)
    rest = rows_between(store, held_table, None, item.before, salt)
    _require_sum(whole.rows, rest.rows + dropped)
    pass_waypoint(Waypoint.DROPPED, item)
    return Step(
        held=rest.rows,
        dropped=dropped,
        digest=whole.digest.hex(),
        held_digest=rest.digest.hex(),
        hold_ids=holding.hold_ids(store.retention_class, None, item.before),
    )


def _drop(item: PurgeItem, partition: Partition) -> None:
    pass_waypoint(Waypoint.DROP_DUE, item)
    execute_patiently(sql.SQL("DROP TABLE {}").format(partition.table))
    pass_waypoint(Waypoint.DROPPED, item)


def _lock(item: PurgeItem, table: sql.Identifier) -> None:
    """Keep everybody else from writing to a table, and from placing holds; a month's closing then stands."""
    pass_waypoint(Waypoint.LOCK_DUE, item)
    lock_patiently([holding.CHANGES, (table, "EXCLUSIVE")])
    pass_waypoint(Waypoint.LOCKED, item)


def _set_apart(
    item: PurgeItem, store: MonthStore, partition: Partition, before: date, closing: MonthTally | None
) -> Step:
    """Move what is held of a month's days before a day; return what is to go.

    Of a closed month nothing is read but what is held: what goes is the total of its closing less that. A month that
    was never closed, or written to since, is counted and digested now.
    """
    salt = bytes(closing.salt) if closing else os.urandom(SALT_BYTES)
    if closing:
        found = Tally.of(closing).split(before)[0]
    else:
        found = rows_between(store, partition.table, partition.first, before, salt)
    pass_waypoint(Waypoint.HOLDS_DUE, item)
    holds = holding.hold_ids(store.retention_class, partition.first, before)
    pass_waypoint(Waypoint.HOLDS_READ, item)
    held, held_digest = 0, ""
    if holds:
        pass_waypoint(Waypoint.MOVE_DUE, item)
        moved = _move(store, partition, before, salt)
        pass_waypoint(Waypoint.HELD_MOVED, item)
        held, held_digest = moved.rows, moved.digest.hex()
    dropped = found.rows - held
    if holds and not closing:
        _require_sum(found.rows, held + _count_free(store, partition, before))
    require_planned(item, dropped)
    return Step(
        held=held, dropped=dropped, digest=found.digest.hex(), held_digest=held_digest, hold_ids=holds if held else []
    )


def _move(store: MonthStore, partition: Partition, before: date, salt: bytes) -> Tally:
    """Copy a month's held rows to the held table, and prove it: both, read on their own, have the same digest."""
    covered = holding.is_covered(sql.Identifier(store.day))
    names = {**store.names(), "relation": partition.table, "spans": holding.spans(), "covered": covered}
    subject = {"retention_class": store.retention_class}
    period = (partition.first, before, salt)
    moved = rows_between(store, _MOVED, *period, before_it=_MOVE.format(**names), parameters=subject)
    found = rows_between(
        store,
        partition.table,
        *period,
        before_it=sql.SQL("WITH {spans}").format(**names),
        condition=sql.SQL("AND {covered}").format(**names),
        parameters=subject,
    )
    if moved != found:
        raise RetentionError(
            _("The held copies of %(name)s are not what is held of it. Nothing was changed.") % {"name": partition.name}
        )
    return moved


def _count_free(store: MonthStore, partition: Partition, before: date) -> int:
    statement = _COUNT_FREE.format(
        **store.names(),
        relation=partition.table,
        spans=holding.spans(),
        covered=holding.is_covered(sql.Identifier(store.day)),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            statement, {"retention_class": store.retention_class, "lower": partition.first, "before": before}
        )
        (count,) = cursor.fetchone()
    return int(count)


def require_planned(item: PurgeItem, dropped: int) -> None:
    """Raise PlanEnlargedError when more rows of a month would be dropped than its item's plan says."""
    planned = item.planned_total - item.planned_held
    if dropped > planned:
        raise PlanEnlargedError(
            _("%(name)s: %(found)s rows would be dropped, the plan says %(planned)s. Make a new plan.")
            % {"name": item.partition, "found": dropped, "planned": planned}
        )


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
