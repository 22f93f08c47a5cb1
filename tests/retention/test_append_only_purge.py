"""Who may delete what a purge disposes of: the purge, and nobody else."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg import sql

from portal import database_guards, databases
from protection.rowsecurity import provider_rows
from retention.disposal.registry import row_stores
from tests.disclosures.factories import Case

GUARDED = sorted(
    database_guards.append_only_tables() & {model._meta.db_table for store in row_stores() for model in store.models}
)


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("kind", ["web", "worker"])
@pytest.mark.parametrize("table", [*GUARDED, "retention_tombstone"])
def test_neither_web_nor_worker_deletes_from_an_append_only_table(
    table: str, kind: str, as_role: Callable[[str], Any]
) -> None:
    for form in ("DELETE FROM {}", "UPDATE {} SET entry_id = 1 WHERE false", "TRUNCATE {}"):
        refusals = (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedColumn)
        with as_role(kind) as session, pytest.raises(refusals):
            session.execute(sql.SQL(form).format(sql.Identifier(table)))


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("kind", ["web", "worker"])
def test_only_the_purge_writes_tombstones(kind: str, as_role: Callable[[str], Any]) -> None:
    with as_role(kind) as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute(
            "INSERT INTO retention_tombstone (retention_class, table_name, entry_id, recorded_at, run_id)"
            " VALUES ('consents', 'consent_consent', 1, now(), 1)"
        )


@pytest.mark.parametrize("table", ["disclosures_release", "disclosures_releaseline", "consent_consentversion"])
def test_not_even_the_servers_administrator_deletes_in_passing(table: str, committed_database: str) -> None:
    with provider_rows():
        case = Case()
        case.consented()
        case.released()
    administrator = replace(databases.administrator(), database=committed_database)
    with administrator.connect(autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            superuser.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
