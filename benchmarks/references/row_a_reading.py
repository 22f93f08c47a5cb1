"""The reference of the purge: a row a reading, forgotten by DELETE in batches, then VACUUM."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from psycopg import Connection

ROWS_A_BATCH = 20_000

# The primary key answers a customer's pages; BRIN finds the oldest rows at next to no cost, since they come in order.
_TABLE = """
CREATE TABLE row_a_reading (
    account_id bigint NOT NULL, usage_point_id bigint NOT NULL, reading_type_id bigint NOT NULL,
    start timestamptz NOT NULL, value integer NOT NULL, quality smallint
)
"""
_FILL = """
INSERT INTO row_a_reading
SELECT account, account, 1, start, 300 + account %% 700, CASE WHEN account %% 10 = 0 THEN 8 END
FROM generate_series(%(first)s::timestamptz, %(last)s::timestamptz + interval '23 hours', interval '1 hour') AS start,
    generate_series(%(lowest)s::bigint, %(highest)s) AS account
ORDER BY start, account
"""
_INDEXES = """
ALTER TABLE row_a_reading ADD PRIMARY KEY (account_id, usage_point_id, reading_type_id, start);
CREATE INDEX row_a_reading_by_start ON row_a_reading USING brin (start);
"""
_DELETE = """
DELETE FROM row_a_reading
WHERE start >= %(first)s::timestamptz + %(number)s * %(span)s::interval
  AND start < least(%(first)s::timestamptz + (%(number)s + 1) * %(span)s::interval, %(cutoff)s::timestamptz)
"""


def make_rows(connection: Connection, accounts: range, first: date, last: date) -> None:
    """Make and fill the table with hourly readings from `first` to `last` of the accounts, in the order of time."""
    connection.execute(_TABLE)
    connection.execute(_FILL, {"first": first, "last": last, "lowest": accounts[0], "highest": accounts[-1]})
    connection.execute(_INDEXES)


def delete_rows(connection: Connection, accounts: int, first: date, cutoff: date) -> int:
    """Delete what is from before `cutoff`, some 20,000 rows a transaction, and vacuum; return how many went."""
    hours = max(ROWS_A_BATCH // accounts, 1)
    batches = -(-(cutoff - first).days * 24 // hours)
    numbers = {"first": first, "cutoff": cutoff, "span": f"{hours} hours"}
    deleted = 0
    for number in range(batches):
        deleted += connection.execute(_DELETE, {**numbers, "number": number}).rowcount
    connection.execute("VACUUM row_a_reading")
    return deleted
