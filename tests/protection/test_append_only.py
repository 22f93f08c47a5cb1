"""Append-only tables under every role that logs in, with what each is able to try."""

from dataclasses import replace

import psycopg
import pytest
from django.db import connection, transaction

from ledger.services import PROVIDER_TAG, record
from portal import databases
from tests.conftest import Connect

TABLES = ("ledger_entry", "ledger_sealed", "ledger_checkpoint", "accounts_customeropening", "rights_caseevent")
COLUMN = {"ledger_sealed": "leaf_hash"}
ROLES = ("web", "worker", "purge")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("table", TABLES)
def test_no_process_can_change_or_empty_an_append_only_table(as_role: Connect, table: str, role: str) -> None:
    column = COLUMN.get(table, "created_at")
    statements = [f"UPDATE {table} SET {column} = {column}", f"TRUNCATE {table} CASCADE"]  # noqa: S608
    if table.startswith("ledger") or role != "purge":
        statements.append(f"DELETE FROM {table}")  # noqa: S608

    with as_role(role) as opened:
        for statement in statements:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                opened.execute(statement)


@pytest.mark.parametrize("role", ROLES)
def test_no_process_can_switch_triggers_off(as_role: Connect, role: str) -> None:
    with as_role(role) as opened:
        for statement in (
            "SET session_replication_role = replica",
            "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
            "DROP TRIGGER append_only_row ON ledger_entry",
            "ALTER TABLE ledger_entry RENAME TO forgotten",
            "DROP FUNCTION rg_refuse_change()",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                opened.execute(statement)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("other", ["owner", "months", "web", "worker", "purge", "deploy"])
def test_no_process_can_become_another_role(as_role: Connect, role: str, other: str) -> None:
    if other == role or (role, other) == ("purge", "months"):
        return
    with as_role(role) as opened, pytest.raises(psycopg.errors.InsufficientPrivilege):
        opened.execute(f'SET ROLE "{databases.role(other)}"')


@pytest.mark.parametrize(
    "statement", ["TRUNCATE ledger_entry CASCADE", "UPDATE ledger_entry SET kind = 'a.b'", "DELETE FROM ledger_entry"]
)
def test_even_a_superuser_in_a_replica_session_is_stopped_by_the_triggers(
    committed_database: str, statement: str
) -> None:
    with transaction.atomic():
        record(kind="test.happened", subject_tag=PROVIDER_TAG, evidence={})

    with replace(databases.administrator(), database=committed_database).connect(autocommit=True) as superuser:
        superuser.execute("ALTER TABLE ledger_unsealed DISABLE TRIGGER leave_into_tree")
        superuser.execute("DELETE FROM ledger_unsealed")
        superuser.execute("SET session_replication_role = replica")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            superuser.execute(statement)


@pytest.mark.django_db
@pytest.mark.parametrize("table", TABLES)
def test_guards_stand_always_enabled(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled = 'A'"
            " AND tgfoid = 'rg_refuse_change'::regproc ORDER BY tgname",
            [table],
        )
        assert [name for (name,) in cursor.fetchall()] == ["append_only_row", "append_only_truncate"]
