"""Closing a month: one scan counts it and takes a salted digest, so that plans and purges need not read it again."""

import os
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction
from psycopg import sql

from energy.selectors import months_before
from protection.clock import provider_today
from retention.disposal.locks import lock_patiently
from retention.disposal.partitions import Partition, partitions_of, require_sight
from retention.disposal.stores import STORES, MonthStore
from retention.models import MonthTally

SALT_BYTES = 32
CLOSE_AFTER_MONTHS = 24
"""A month this old is closed; corrections of readings come much earlier."""

# Two levels, since one aggregate over a large month would pass PostgreSQL's limit for a value (1 GB).
_DIGEST = sql.SQL("""
    SELECT coalesce(sum(row_count), 0)::bigint, coalesce(sum(reading_count), 0)::bigint, min(oldest), max(newest),
           sha256(coalesce(string_agg(digest, ''::bytea ORDER BY account_id), ''::bytea))
    FROM (
        SELECT account_id, count(*) AS row_count, sum({reading_count}) AS reading_count,
               min({day}) AS oldest, max({day}) AS newest,
               sha256(string_agg(
                   sha256(%(salt)s || convert_to(kept::text, 'UTF8')), ''::bytea ORDER BY {key}
               )) AS digest
        FROM {relation} AS kept
        WHERE {day} >= %(lower)s AND {day} < %(before)s
        GROUP BY account_id
    ) AS accounts
""")
_TEXT_FORM = "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL bytea_output = 'hex'"
FIRST_DAY = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows and readings lie in a range of days, and the digest over the rows under a salt."""

    rows: int
    readings: int
    oldest: date | None
    newest: date | None
    digest: bytes


def tally(store: MonthStore, lower: date | None, before: date, salt: bytes, *, of_held: bool = False) -> Tally:
    """Count and digest the rows of [lower, before) in a store, or in its table of held rows.

    The digest is SHA-256 over the accounts' digests in the order of their ids; an account's is SHA-256 over those of
    its rows in key order; a row's is SHA-256(salt ‖ the row's text form in UTC and ISO dates).
    """
    names = store.names()
    statement = _DIGEST.format(**names, relation=names["held_table" if of_held else "table"])
    with connection.cursor() as cursor:
        cursor.execute(_TEXT_FORM)
        cursor.execute(statement, {"salt": salt, "lower": lower or FIRST_DAY, "before": before})
        rows, readings, oldest, newest, digest = cursor.fetchone()
    return Tally(rows, readings, oldest, newest, bytes(digest))


def tallied(store: MonthStore, partition: Partition) -> MonthTally | None:
    """Return a month's standing tally, or None when it was never closed or was written to since."""
    return MonthTally.objects.filter(table_name=store.table, month=partition.first).first()


def close_months(*, limit: int = 24) -> int:
    """Close up to `limit` months that are old enough and open; return how many were closed."""
    last = months_before(provider_today(), CLOSE_AFTER_MONTHS)
    closed = 0
    for store in STORES.values():
        done = set(MonthTally.objects.filter(table_name=store.table).values_list("month", flat=True))
        for partition in partitions_of(store.table):
            if closed < limit and partition.past <= last and partition.first not in done:
                close_month(store, partition)
                closed += 1
    return closed


@transaction.atomic
def close_month(store: MonthStore, partition: Partition) -> MonthTally:
    """Write one month's tally while nobody can write to the month. Raises PurgeBusyError when it stays in use."""
    require_sight(store.table)
    lock_patiently([(partition.table, "SHARE")])
    salt = os.urandom(SALT_BYTES)
    found = tally(store, partition.first, partition.past, salt)
    return MonthTally.objects.create(
        table_name=store.table,
        month=partition.first,
        rows=found.rows,
        readings=found.readings,
        oldest=found.oldest,
        newest=found.newest,
        salt=salt,
        digest=found.digest,
    )
