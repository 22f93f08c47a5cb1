"""Which rows are held, in SQL: the one place that says what a hold covers."""

from datetime import date
from uuid import UUID

from django.db.models import Q
from psycopg import sql

from retention.disposal.locks import lock_patiently
from retention.models import LegalHold

CHANGES = (sql.Identifier(LegalHold._meta.db_table), "SHARE")
"""The lock that lets nobody place or end a hold."""

# One row per account, meter (null: all of them) and stretch of days; what overlaps is one row, so that many holds on
# one subject, or on everybody, cost no more than one. Equality on the account lets PostgreSQL join by hash.
_SPANS = sql.SQL("""
    holds AS (
        SELECT customer_id, account_id, usage_point_id, all_subjects, daterange(data_from, data_to) AS days
        FROM retention_legalhold
        WHERE released_at IS NULL AND retention_classes @> ARRAY[%(retention_class)s]::varchar[]
    ),
    named AS (
        SELECT account_id, usage_point_id, days FROM holds WHERE account_id IS NOT NULL
        UNION ALL
        SELECT account.id, NULL, days FROM holds JOIN accounts_account account USING (customer_id)
    ),
    stretches AS (
        SELECT account_id, usage_point_id, unnest(range_agg(days)) AS days
        FROM named GROUP BY account_id, usage_point_id
        UNION ALL
        SELECT account.id, NULL, everybody.days
        FROM (SELECT unnest(range_agg(days)) AS days FROM holds WHERE all_subjects) everybody
        CROSS JOIN accounts_account account
    ),
    spans AS MATERIALIZED (
        SELECT account_id, usage_point_id, lower(days) AS data_from, upper(days) AS data_to FROM stretches
    )
""")
# A row that names no meter (a bill of the whole account) is held with any meter of its account.
_COVERED = sql.SQL("""
    EXISTS (
        SELECT FROM spans
        WHERE spans.account_id = kept.account_id
          AND (spans.usage_point_id IS NULL OR kept.usage_point_id IS NULL
               OR spans.usage_point_id = kept.usage_point_id)
          AND (spans.data_from IS NULL OR kept.{day} >= spans.data_from)
          AND (spans.data_to IS NULL OR kept.{day} < spans.data_to)
    )
""")


def stop_changes() -> None:
    """Let nobody place or end a hold until the transaction ends; what statements read of the holds then stays true."""
    lock_patiently([CHANGES])


def spans() -> sql.Composable:
    """Return the common table expressions that end with `spans`; they take the parameter `retention_class`."""
    return _SPANS


def is_covered(day: sql.Composable) -> sql.Composable:
    """Return the condition that a row of the table aliased `kept` is held; it needs `spans` in the statement."""
    return _COVERED.format(day=day)


def hold_ids(retention_class: str, lower: date | None, before: date) -> list[UUID]:
    """Return the holds in force that cover some day of [lower, before) of a class, in the order they were placed."""
    overlapping = Q(data_from__isnull=True) | Q(data_from__lt=before)
    if lower is not None:
        overlapping &= Q(data_to__isnull=True) | Q(data_to__gt=lower)
    holds = LegalHold.objects.in_force().covering(retention_class).filter(overlapping)
    return list(holds.order_by("pk").values_list("uuid", flat=True))
