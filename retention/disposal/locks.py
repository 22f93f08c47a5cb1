"""Locks that never make readers wait for long: a short lock_timeout, many tries, a random pause in between.

A waiting ACCESS EXCLUSIVE lock makes every later reader queue behind it; so the purge gives up after a fifth of a
second, lets the readers pass, and tries again.
"""

import random
import time
from collections.abc import Callable, Sequence

import psycopg
from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from retention.errors import PurgeBusyError

LOCK_TIMEOUT_MS = 200
TRIES = 40
_PAUSE = (0.02, 0.15)
_SAVE = sql.SQL("SAVEPOINT patience")
_RELEASE = sql.SQL("RELEASE SAVEPOINT patience")
_TAKE_BACK = sql.SQL("; ").join([sql.SQL("ROLLBACK TO SAVEPOINT patience"), _RELEASE])
_UNDER_TIMEOUT = sql.SQL(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")


def await_turn(table: str) -> None:
    """Wait until no other transaction disposes of this table's rows, and keep the others waiting until this one ends.

    Two that had read a partitioned table could not drop partitions of it: each would wait for the other's read lock.
    An advisory lock leaves readers, imports and new months alone.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"purge of {table}"])


def lock_patiently(tables: Sequence[tuple[sql.Identifier, str]]) -> None:
    """Lock tables in the given modes and order, all or none; raises PurgeBusyError when others never let go."""
    one_lock = sql.SQL("LOCK TABLE ONLY {} IN {} MODE")
    execute_patiently(*(one_lock.format(table, sql.SQL(mode)) for table, mode in tables))


def execute_patiently(*statements: sql.Composable) -> None:
    """Send statements at once, under the lock timeout, until they succeed; raises PurgeBusyError at last.

    Needs a transaction around it: the savepoint goes with the statements, so that a try costs one round trip.
    """
    at_once = sql.SQL("; ").join([_SAVE, _UNDER_TIMEOUT, *statements, _RELEASE])

    def execute() -> None:
        with connection.cursor() as cursor:
            try:
                cursor.execute(at_once)
            except OperationalError as error:
                if _is_lock_timeout(error):
                    cursor.execute(_TAKE_BACK)
                raise

    _repeat(execute)


def try_patiently(attempt: Callable[[], object]) -> None:
    """Call `attempt` under the lock timeout until it succeeds; raises PurgeBusyError at last."""

    def call() -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_UNDER_TIMEOUT)
            attempt()

    _repeat(call)


def _repeat(attempt: Callable[[], None]) -> None:
    for _number in range(TRIES):
        try:
            attempt()
        except OperationalError as error:
            if not _is_lock_timeout(error):
                raise
            time.sleep(random.uniform(*_PAUSE))  # noqa: S311 (a pause, not a secret)
        else:
            return
    raise PurgeBusyError(_("Others keep the data in use; the purge tries again later."))


def _is_lock_timeout(error: OperationalError) -> bool:
    return isinstance(error.__cause__, psycopg.errors.LockNotAvailable)
