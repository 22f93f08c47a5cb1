"""Whether the database still has what the portal relies on and no model shows.

Append-only triggers, row security, the rules of retention, and every migration: a restore, a mended incident or a
forgotten maintenance window can leave any of them off without a single page failing. Read from the catalogues by
`manage.py check --database default`, by every command, and by /healthz.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, LiteralString

from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Field, Model

from accounts.models import Account, Customer
from protection.operations import AppendOnly, RowSecurity
from retention.coverage import gaps

MIGRATIONS, APPEND_ONLY, TRIGGERS, ROW_SECURITY, RETENTION = (
    "migrations",
    "append_only",
    "triggers",
    "row_security",
    "retention",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that does not stand: `kind` may be told to anybody, `detail` is for the operator."""

    kind: str
    detail: str


def faults() -> list[Fault]:
    """Return what does not stand. While migrations are missing it is only that: the rest cannot be judged."""
    if missing := pending_migrations():
        return [Fault(MIGRATIONS, f"not applied: {', '.join(missing)}")]
    return [
        *_found(APPEND_ONLY, _UNGUARDED, sorted(append_only_tables())),
        *_found(TRIGGERS, _WEAKENED),
        *_found(ROW_SECURITY, _OPEN, sorted(row_secured_tables())),
        *_found(ROW_SECURITY, _FOREIGN_POLICIES),
        *(Fault(RETENTION, gap) for gap in gaps()),
    ]


def is_new() -> bool:
    """Tell whether no migration has ever run on this database."""
    return not MigrationRecorder(connection).has_table()


def pending_migrations() -> list[str]:
    """Return the migrations of this version that the database lacks, as `app.name`."""
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(".".join(key) for key in _migrations() if key not in applied)


def append_only_tables() -> frozenset[str]:
    """Return the tables that migrations declare append-only."""
    return frozenset(operation.table for operation in _operations() if isinstance(operation, AppendOnly))


def row_secured_tables() -> frozenset[str]:
    """Return the tables that belong to customers: those that say so, and all that lead to one by foreign keys."""
    declared = frozenset(operation.table for operation in _operations() if isinstance(operation, RowSecurity))
    return declared | customers_tables()


def customers_tables() -> frozenset[str]:
    """Return the tables of Customer and Account and of every model whose foreign keys lead to one of them."""
    reached: set[type[Model]] = {Customer, Account}
    models = set(apps.get_models(include_auto_created=True))
    while further := {model for model in models - reached if _targets(model) & reached}:
        reached |= further
    return frozenset(model._meta.db_table for model in reached)


def _targets(model: type[Model]) -> set[Any]:
    fields: list[Field[Any, Any]] = list(model._meta.concrete_fields)
    return {field.remote_field.model for field in fields if field.remote_field}


@cache
def _migrations() -> dict[tuple[str, str], Any]:
    return MigrationLoader(None, ignore_no_migrations=True).disk_migrations


def _operations() -> Iterator[Any]:
    for migration in _migrations().values():
        yield from migration.operations


# The numbers are pg_trigger.tgtype: 27 is BEFORE UPDATE OR DELETE for each row, 34 BEFORE TRUNCATE for each statement.
_UNGUARDED = """
    WITH declared AS (
        SELECT name, to_regclass('public.' || quote_ident(name)) AS relation FROM unnest(%s::text[]) AS name
    ), guarded AS (
        SELECT name, relation FROM declared
        UNION ALL
        SELECT inhrelid::regclass::text, inhrelid FROM pg_inherits JOIN declared ON inhparent = relation
    )
    SELECT guarded.name || ' lacks ' || wanted.name
    FROM guarded CROSS JOIN (VALUES ('append_only_row', 27), ('append_only_truncate', 34)) AS wanted (name, type)
    WHERE NOT EXISTS (
        SELECT FROM pg_trigger
        WHERE tgrelid = relation AND tgname = wanted.name AND tgtype = wanted.type AND tgqual IS NULL
          AND tgattr = '' AND tgenabled = 'A' AND tgfoid = to_regproc('public.rg_refuse_change')
    )
    ORDER BY 1
"""
_WEAKENED = """
    SELECT tgrelid::regclass || ': the trigger ' || tgname || ' is not ENABLE ALWAYS'
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE NOT tgisinternal AND tgenabled <> 'A' AND relnamespace::regnamespace::text IN ('public', 'months')
    ORDER BY 1
"""
_OPEN = """
    SELECT name || ': row security is not enabled, forced and with its policies'
    FROM unnest(%s::text[]) AS name LEFT JOIN pg_class ON pg_class.oid = to_regclass('public.' || quote_ident(name))
    WHERE NOT coalesce(relrowsecurity AND relforcerowsecurity, false)
       OR 2 > (SELECT count(*) FROM pg_policy WHERE polrelid = pg_class.oid AND polname IN ('scope', 'keeper'))
    ORDER BY 1
"""
_FOREIGN_POLICIES = """
    SELECT polrelid::regclass || ': the policy ' || polname || ' lets more rows be seen'
    FROM pg_policy WHERE polpermissive AND polname NOT IN ('scope', 'keeper')
    ORDER BY 1
"""


def _found(kind: str, statement: LiteralString, tables: list[str] | None = None) -> list[Fault]:
    with connection.cursor() as cursor:
        cursor.execute(statement, None if tables is None else [tables])
        return [Fault(kind, detail) for (detail,) in cursor.fetchall()]
