"""Closing a month: one scan counts its days and digests them, so that plans and purges need not read them again."""

import logging
import os
from collections.abc import Iterable
from datetime import date

from django.db import transaction

from energy.selectors import months_before
from protection.clock import provider_today
from retention.disposal.locks import lock_patiently
from retention.disposal.partitions import Partition, partitions_of, require_sight
from retention.disposal.stores import STORES, MonthStore
from retention.disposal.tallies import SALT_BYTES, Tally, rows_between
from retention.errors import PurgeBusyError
from retention.models import MonthTally

logger = logging.getLogger(__name__)

CLOSE_AFTER_MONTHS = 24
"""A month this old is closed; corrections of readings come much earlier."""

_FORGET = "DELETE FROM retention_monthtally WHERE table_name = %(table)s AND month = ANY (%(months)s) RETURNING *"


def tallied(store: MonthStore, partition: Partition) -> MonthTally | None:
    """Return a month's standing tally, or None when it was never closed or was written to since."""
    return MonthTally.objects.filter(table_name=store.table, month=partition.first).first()


def forgotten(store: MonthStore, partition: Partition) -> MonthTally | None:
    """Delete a month's standing tally and return what it said, or None where there is none: the month is to go."""
    return forgotten_of(store, [partition]).get(partition.first)


def forgotten_of(store: MonthStore, partitions: Iterable[Partition]) -> dict[date, MonthTally]:
    """Do the same for several months; return the tallies by their months' first days."""
    months = [partition.first for partition in partitions]
    found = MonthTally.objects.raw(_FORGET, {"table": store.table, "months": months})
    return {closing.month: closing for closing in found}


def close_months(*, limit: int = 24) -> int:
    """Close up to `limit` months that are old enough and open; return how many were closed.

    A month that stays in use is left for another night: until it is closed, a purge counts it by itself.
    """
    last = months_before(provider_today(), CLOSE_AFTER_MONTHS)
    closed = 0
    for store in STORES.values():
        done = set(MonthTally.objects.filter(table_name=store.table).values_list("month", flat=True))
        for partition in partitions_of(store.table):
            if closed < limit and partition.past <= last and partition.first not in done:
                closed += _is_closed_now(store, partition)
    return closed


def _is_closed_now(store: MonthStore, partition: Partition) -> bool:
    try:
        close_month(store, partition)
    except PurgeBusyError:
        logger.warning("%s is in use and was not closed; the next night tries again.", partition.name)
        return False
    return True


@transaction.atomic
def close_month(store: MonthStore, partition: Partition) -> MonthTally:
    """Write one month's tally, unless it stands, while nobody can write to the month or close it.

    Raises PurgeBusyError when the month stays in use.
    """
    require_sight(store.table)
    lock_patiently([(partition.table, "SHARE ROW EXCLUSIVE")])
    if standing := tallied(store, partition):
        return standing
    salt = os.urandom(SALT_BYTES)
    found = rows_between(store, partition.table, partition.first, partition.past, salt)
    return MonthTally.objects.create(table_name=store.table, month=partition.first, salt=salt, **_columns(found))


def keep_rest(closing: MonthTally, rest: Tally) -> None:
    """Have a closed month's tally speak of the days that are left of it."""
    MonthTally.objects.filter(pk=closing.pk).update(**_columns(rest))


def _columns(found: Tally) -> dict[str, object]:
    return {
        "rows": found.rows,
        "readings": found.readings,
        "oldest": found.oldest,
        "newest": found.newest,
        "digest": found.digest,
        "days": found.as_json(),
    }
