"""Bytes a reading, packed by day, against a row a reading."""

from datetime import date

from django.db import connection

from benchmarks.imports import feed_of, new_accounts, take_in
from benchmarks.measuring import Measurement, against
from energy.services import ensure_months
from protection.rowsecurity import provider_rows

ACCOUNTS = 24
READINGS = 96 * 365

_COPY = """
INSERT INTO energy_dayreading
SELECT other, usage_point_id, reading_type_id, start, total, import_run_id, day, interval_length, reading_count,
    "values", offsets, durations, qualities, costs, tous, tiers, cpps
FROM energy_dayreading, unnest(%s::bigint[]) AS other
WHERE account_id = %s ORDER BY day, other
"""
_REFERENCE = """
CREATE TEMPORARY TABLE row_a_reading (
    series bigint NOT NULL, start timestamptz NOT NULL, value bigint NOT NULL, PRIMARY KEY (series, start)
)
"""
_FILL = """
INSERT INTO row_a_reading
SELECT account_id, start + number * interval '15 minutes', 300 + number
FROM energy_dayreading, generate_series(0, reading_count - 1) AS number
WHERE account_id = ANY (%s) ORDER BY account_id, day, number
"""
_PACKED_SIZE = """
SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'energy_dayreading'::regclass
"""


def storage() -> list[Measurement]:
    """Store a year of 15-minute readings of 24 accounts both ways; indexes count.

    The packed rows carry costs and qualities too; the reference has none, which is to its favour.
    """
    accounts = new_accounts(ACCOUNTS)
    first, *others = [account.pk for account in accounts]
    ensure_months(first=date(2014, 1, 1), last=date(2014, 12, 31))
    empty = _packed_size()
    take_in(feed_of(READINGS), accounts[0])
    with provider_rows(), connection.cursor() as cursor:
        cursor.execute(_COPY, [others, first])
        cursor.execute(
            "SELECT sum(reading_count) FROM energy_dayreading WHERE account_id = ANY (%s)", [[first, *others]]
        )
        (count,) = cursor.fetchone()
        cursor.execute(_REFERENCE)
        cursor.execute(_FILL, [[first, *others]])
        cursor.execute("SELECT count(*), pg_total_relation_size('row_a_reading') FROM row_a_reading")
        rows, plain = cursor.fetchone()
        cursor.execute("DROP TABLE row_a_reading")
    assert rows == count == READINGS * ACCOUNTS
    packed = (_packed_size() - empty) / rows
    name = "a row a reading with its primary key"
    return [against("storage", packed, "bytes a reading", name, plain / rows, limit=0.1)]


def _packed_size() -> float:
    with connection.cursor() as cursor:
        cursor.execute(_PACKED_SIZE)
        (size,) = cursor.fetchone()
    return float(size)
