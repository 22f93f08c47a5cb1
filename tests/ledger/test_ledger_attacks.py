"""Attacks on the ledger in raw SQL, each as a role that a process really has."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import psycopg
import pytest
from psycopg.errors import CheckViolation, InsufficientPrivilege

Connect = Callable[[str], AbstractContextManager[psycopg.Connection]]

INSERT = "INSERT INTO ledger_entry (kind, subject_tag, commitment) VALUES ('forged.entry', %s, %s) RETURNING id"
TAG, COMMITMENT = bytes(16), bytes(32)


@pytest.fixture
def web(as_role: Connect) -> Iterator[psycopg.Connection]:
    """A connection of the web server's, that an attacker has got hold of; nothing is kept of what is done with it."""
    with as_role("web") as connection:
        connection.execute("BEGIN")
        yield connection


@pytest.fixture
def worker(as_role: Connect) -> Iterator[psycopg.Connection]:
    """A connection of the worker's, likewise."""
    with as_role("worker") as connection:
        connection.execute("BEGIN")
        yield connection


def _waiting(connection: psycopg.Connection) -> list[int]:
    return [entry for (entry,) in connection.execute("SELECT entry_id FROM public.ledger_unsealed")]


def test_temporary_table_of_the_same_name_does_not_swallow_an_entry(web: psycopg.Connection) -> None:
    web.execute("CREATE TEMPORARY TABLE ledger_unsealed (entry_id bigint)")
    web.execute("GRANT INSERT ON pg_temp.ledger_unsealed TO PUBLIC")
    row = web.execute(INSERT, [TAG, COMMITMENT]).fetchone()
    assert row is not None
    assert _waiting(web) == [row[0]]


@pytest.mark.parametrize("chosen", [-1, 0, 1_000_000, 2**63 - 1])
def test_nobody_chooses_an_entrys_id(web: psycopg.Connection, chosen: int) -> None:
    statement = "INSERT INTO ledger_entry (id, kind, subject_tag, commitment) VALUES (%s, 'forged.entry', %s, %s)"
    with pytest.raises(CheckViolation):
        web.execute(statement, [chosen, TAG, COMMITMENT])


@pytest.mark.parametrize("chosen", ["1999-01-01", "-infinity", "infinity", "9999-01-01"])
def test_nobody_dates_an_entry_back_or_ahead(web: psycopg.Connection, chosen: str) -> None:
    statement = (
        "INSERT INTO ledger_entry (created_at, kind, subject_tag, commitment) VALUES (%s, 'forged.entry', %s, %s)"
    )
    with pytest.raises(CheckViolation):
        web.execute(statement, [chosen, TAG, COMMITMENT])


@pytest.mark.parametrize(("tag", "commitment"), [(bytes(15), COMMITMENT), (bytes(17), COMMITMENT), (TAG, bytes(31))])
def test_tag_and_commitment_have_their_lengths(web: psycopg.Connection, tag: bytes, commitment: bytes) -> None:
    with pytest.raises(CheckViolation):
        web.execute(INSERT, [tag, commitment])


def test_entry_does_not_leave_the_waiting_list_unsealed(worker: psycopg.Connection) -> None:
    worker.execute(INSERT, [TAG, COMMITMENT])
    with pytest.raises(CheckViolation):
        worker.execute("DELETE FROM ledger_unsealed")


@pytest.mark.parametrize("kind", ["web", "purge"])
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO ledger_unsealed VALUES (1)",
        "DELETE FROM ledger_unsealed",
        "INSERT INTO ledger_sealed VALUES (1, 0, 0, '')",
        "INSERT INTO ledger_checkpoint (size, root_hash, frontier, text) VALUES (1, '', '', '')",
    ],
)
def test_only_the_sealer_writes_places_and_checkpoints(as_role: Connect, kind: str, statement: str) -> None:
    with as_role(kind) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(statement)


@pytest.mark.parametrize("kind", ["web", "worker", "purge"])
@pytest.mark.parametrize("table", ["ledger_entry", "ledger_sealed", "ledger_checkpoint"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET {column} = {column}",
        "DELETE FROM {}",
        "TRUNCATE {} CASCADE",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
        "DROP TRIGGER append_only_row ON {}",
        "SET session_replication_role = replica",
    ],
)
def test_no_process_rewrites_the_ledger(as_role: Connect, kind: str, table: str, statement: str) -> None:
    column = "entry_id" if table == "ledger_sealed" else "id"
    with as_role(kind) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(statement.format(table, column=column))
