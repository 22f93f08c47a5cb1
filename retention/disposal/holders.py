"""Which hold keeps how many rows past their time: for a plan's reader, beside the numbers that a plan is made of.

It costs what the held rows cost, and is asked for only where something is held.
"""

from dataclasses import dataclass
from datetime import date

from django.db import connection
from psycopg import sql

from retention.disposal.holding import hold_ids
from retention.disposal.stores import MonthStore
from retention.models import LegalHold

MOST = 20
"""So many holds are named, those that keep most first."""

_OF_SUBJECTS = sql.SQL("""
    WITH holders AS (
        SELECT hold.uuid, hold.citation, account.id AS account_id, hold.usage_point_id, hold.data_from, hold.data_to
        FROM retention_legalhold hold JOIN accounts_account account ON account.id = hold.account_id
        WHERE hold.released_at IS NULL AND hold.retention_classes @> ARRAY[%(retention_class)s]::varchar[]
        UNION ALL
        SELECT hold.uuid, hold.citation, account.id, NULL, hold.data_from, hold.data_to
        FROM retention_legalhold hold JOIN accounts_account account ON account.customer_id = hold.customer_id
        WHERE hold.released_at IS NULL AND hold.retention_classes @> ARRAY[%(retention_class)s]::varchar[]
    )
    SELECT uuid::text, citation, count(*) AS rows
    FROM holders JOIN (
        SELECT account_id, usage_point_id, {day} AS day FROM {table} WHERE {day} < %(before)s
        UNION ALL
        SELECT account_id, usage_point_id, {day} FROM {held_table} WHERE {day} < %(before)s
    ) AS kept ON kept.account_id = holders.account_id
        AND (holders.usage_point_id IS NULL OR kept.usage_point_id IS NULL
             OR kept.usage_point_id = holders.usage_point_id)
        AND (holders.data_from IS NULL OR kept.day >= holders.data_from)
        AND (holders.data_to IS NULL OR kept.day < holders.data_to)
    GROUP BY uuid, citation ORDER BY rows DESC, uuid LIMIT %(most)s
""")
_OF_EVERYBODY = sql.SQL("""
    SELECT hold.uuid::text, hold.citation,
           (SELECT count(*) FROM {table} AS kept WHERE {day} < %(before)s
            AND (hold.data_from IS NULL OR {day} >= hold.data_from) AND (hold.data_to IS NULL OR {day} < hold.data_to))
           + (SELECT count(*) FROM {held_table} AS kept WHERE {day} < %(before)s
              AND (hold.data_from IS NULL OR {day} >= hold.data_from)
              AND (hold.data_to IS NULL OR {day} < hold.data_to))
    FROM retention_legalhold hold
    WHERE hold.all_subjects AND hold.released_at IS NULL
      AND hold.retention_classes @> ARRAY[%(retention_class)s]::varchar[]
    ORDER BY hold.id LIMIT %(most)s
""")


@dataclass(frozen=True, slots=True)
class Holder:
    """A hold and how many rows past their time it covers; None where only that it covers some is known.

    Holds overlap, so the numbers may add up to more than is held.
    """

    hold: str
    citation: str
    rows: int | None


def holders_of_months(store: MonthStore, before: date) -> list[Holder]:
    """Return the holds that cover rows of a store, or of its held table, from before a day."""
    names = store.names()
    parameters: dict[str, str | date | int] = {"retention_class": store.retention_class, "before": before, "most": MOST}
    found: list[Holder] = []
    with connection.cursor() as cursor:
        for statement in (_OF_EVERYBODY, _OF_SUBJECTS):
            cursor.execute(statement.format(**names), parameters)
            found += [Holder(*row) for row in cursor.fetchall()]
    return found[:MOST]


def holders_of_rows(retention_class: str, before: date) -> list[Holder]:
    """Return the holds in force on a class whose period reaches before a day; they are not counted row by row."""
    holds = LegalHold.objects.filter(uuid__in=hold_ids(retention_class, None, before)).order_by("pk")[:MOST]
    return [Holder(str(hold.uuid), hold.citation, None) for hold in holds]
