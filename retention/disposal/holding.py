"""Which rows are held, in SQL: the one place that says what a hold covers."""

from datetime import date
from uuid import UUID

from django.db.models import Q
from psycopg import sql

from retention.models import LegalHold

# One row per account and held span; equality on the account lets PostgreSQL join by hash, however many are held.
_SPANS = sql.SQL("""
    spans AS MATERIALIZED (
        SELECT account.id AS account_id, hold.data_from, hold.data_to
        FROM retention_legalhold hold
        JOIN accounts_account account ON account.id = hold.account_id
        WHERE hold.released_at IS NULL AND hold.retention_classes @> ARRAY[%(retention_class)s]::varchar[]
        UNION ALL
        SELECT account.id, hold.data_from, hold.data_to
        FROM retention_legalhold hold
        JOIN accounts_account account ON account.customer_id = hold.customer_id
        WHERE hold.released_at IS NULL AND hold.retention_classes @> ARRAY[%(retention_class)s]::varchar[]
        UNION ALL
        SELECT account.id, hold.data_from, hold.data_to
        FROM retention_legalhold hold CROSS JOIN accounts_account account
        WHERE hold.all_subjects
          AND hold.released_at IS NULL AND hold.retention_classes @> ARRAY[%(retention_class)s]::varchar[]
    )
""")
_COVERED = sql.SQL("""
    EXISTS (
        SELECT FROM spans
        WHERE spans.account_id = kept.account_id
          AND (spans.data_from IS NULL OR kept.{day} >= spans.data_from)
          AND (spans.data_to IS NULL OR kept.{day} < spans.data_to)
    )
""")


def spans() -> sql.Composable:
    """Return the common table expression `spans`; it takes the parameter `retention_class`."""
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
