"""The other reference of the purge: the packed rows in one table, forgotten by DELETE and VACUUM."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from psycopg import Connection

_TABLE = """
CREATE TABLE packed_table (LIKE energy_dayreading INCLUDING ALL);
INSERT INTO packed_table SELECT * FROM energy_dayreading ORDER BY day, account_id;
CREATE INDEX packed_table_by_day ON packed_table USING brin (day);
"""


def make_packed(connection: Connection) -> None:
    """Copy the packed rows into one ordinary table with the same key, in the order of days."""
    connection.execute(_TABLE)


def delete_packed(connection: Connection, cutoff: date) -> int:
    """Delete what is from before `cutoff` and vacuum; return how many rows went."""
    deleted = connection.execute("DELETE FROM packed_table WHERE day < %s", [cutoff]).rowcount
    connection.execute("VACUUM packed_table")
    return deleted
