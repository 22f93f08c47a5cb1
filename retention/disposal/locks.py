"""Locks that never make readers wait for long: a short lock_timeout, many tries, a random pause in between.

A waiting ACCESS EXCLUSIVE lock makes every later reader queue behind it; so the purge gives up after a fifth of a
second, lets the readers pass, and tries again.
"""

import random
import time
from collections.abc import Callable, Sequence

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _
from psycopg import Error, sql
from psycopg.errors import LockNotAvailable, QueryCanceled
from psycopg.pq import TransactionStatus

from retention.errors import PurgeBusyError

LOCK_TIMEOUT_MS = 200
TRIES = 40
READERS_WAIT_MS = LOCK_TIMEOUT_MS + 50
"""How long a statement may take that keeps readers out while it works, waiting for its locks included."""
FEW_TRIES = 3
_PAUSE = (0.02, 0.15)
_SAVE = sql.SQL("SAVEPOINT patience")
_RELEASE = sql.SQL("RELEASE SAVEPOINT patience")
_TAKE_BACK = sql.SQL("; ").join([sql.SQL("ROLLBACK TO SAVEPOINT patience"), _RELEASE])
_UNDER_TIMEOUT = sql.SQL(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
_WITHOUT_TIMEOUT = sql.SQL("SET LOCAL lock_timeout TO DEFAULT")
_BRIEFLY = sql.SQL(f"SET LOCAL statement_timeout = {READERS_WAIT_MS}")
_AT_LEISURE = sql.SQL("SET LOCAL statement_timeout TO DEFAULT")


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

    Needs a transaction around it: the savepoint goes with the statements, so that a try costs one round trip. The
    timeout ends with them.
    """
    _repeat(lambda: _send(_SAVE, _UNDER_TIMEOUT, *statements, _WITHOUT_TIMEOUT, _RELEASE), tries=TRIES)


def execute_shortly(statement: sql.Composable) -> None:
    """Do the same with a statement that keeps readers out as it works: it is broken off after READERS_WAIT_MS.

    Few tries: who needs longer than that had better do less at once.
    """
    briefly = (_SAVE, _UNDER_TIMEOUT, _BRIEFLY, statement, _AT_LEISURE, _WITHOUT_TIMEOUT, _RELEASE)
    _repeat(lambda: _send(*briefly), tries=FEW_TRIES, excused=(LockNotAvailable, QueryCanceled))


def try_patiently(attempt: Callable[[], object]) -> None:
    """Call `attempt` under the lock timeout until it succeeds; raises PurgeBusyError at last."""

    def call() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_UNDER_TIMEOUT)
            attempt()
            cursor.execute(_WITHOUT_TIMEOUT)

    _repeat(call, tries=TRIES)


def _send(*statements: sql.Composable) -> None:
    with connection.cursor() as cursor:
        try:
            cursor.execute(sql.SQL("; ").join(statements))
        except OperationalError:
            if cursor.connection.info.transaction_status == TransactionStatus.INERROR:
                cursor.execute(_TAKE_BACK)
            raise


def _repeat(attempt: Callable[[], None], *, tries: int, excused: tuple[type[Error], ...] = (LockNotAvailable,)) -> None:
    for _number in range(tries):
        try:
            attempt()
        except OperationalError as error:
            if not isinstance(error.__cause__, excused):
                raise
            time.sleep(random.uniform(*_PAUSE))  # noqa: S311 (a pause, not a secret)
        else:
            return
    raise PurgeBusyError(_("Others keep the data in use; the purge tries again later."))
