from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from protection.rowsecurity import provider_rows


@contextmanager
def snapshot() -> Iterator[None]:
    """See every row as it was at one moment (REPEATABLE READ), in a read-only transaction of its own.

    Keep it short: while it lasts, the purge of a month it has read from must wait. Within a transaction that is already
    open, that one's isolation holds.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        with provider_rows():
            yield
