"""What somebody with every right in the database did to sealed entries is found, and the first entry is named."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from ledger.examination import examine_ledger
from ledger.heads import take_heads
from ledger.sealing import seal_entries
from ledger.services import PROVIDER_TAG, new_tag, record
from ledger.signing import checkpoint_key
from portal import databases
from tests.conftest import ActAs

Superuser = Callable[..., None]

TABLES = ("ledger_entry", "ledger_sealed", "ledger_node", "ledger_head", "ledger_checkpoint", "ledger_unsealed")


def add(count: int, tag: bytes = PROVIDER_TAG) -> list[int]:
    return [record(kind="a.done", subject_tag=tag, evidence={"number": number}).entry_id for number in range(count)]


def fault() -> str:
    return examine_ledger(key=checkpoint_key().public_key()).fault


@pytest.fixture
def superuser(committed_database: str) -> Iterator[Superuser]:
    """Run statements as somebody whom no trigger and no foreign key stops."""
    with replace(databases.administrator(), database=committed_database).connect(autocommit=True) as connection:
        for table in TABLES:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        yield lambda statement, *values: _execute(connection, statement, values)


def _execute(connection: psycopg.Connection, statement: str, values: tuple[int, ...]) -> None:
    connection.execute(statement, values or None)  # type: ignore[arg-type]


@pytest.fixture
def ids(committed_database: str, acting_as: ActAs) -> Iterator[list[int]]:
    """A log of 40 entries of two subjects, sealed three times; acts as the worker."""
    with acting_as("worker"):
        found = []
        for count in (20, 1, 19):
            found += add(count, new_tag())
            seal_entries()
        yield found


def test_untouched_ledger_holds(ids: list[int]) -> None:
    take_heads()
    seal_entries()
    add(2)

    found = examine_ledger(key=checkpoint_key().public_key())

    assert (found.fault, found.entries, found.checkpoints, found.unsealed) == ("", 41, 4, 2)


def test_empty_ledger_holds(committed_database: str, acting_as: ActAs) -> None:
    with acting_as("worker"):
        assert fault() == ""


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'b.done'",
        "created_at = created_at + interval '1 second'",
        "commitment = sha256('other')",
        "subject_tag = decode(repeat('ab', 16), 'hex')",
    ],
)
def test_altered_entry_is_named(ids: list[int], superuser: Superuser, change: str) -> None:
    superuser(f"UPDATE ledger_entry SET {change} WHERE id = %s", ids[7])  # noqa: S608 (a test's own statement)

    assert fault() == f"Entry {ids[7]} at place 7: altered after it was published."


def test_altered_entry_whose_leaf_was_forged_with_it_is_named(ids: list[int], superuser: Superuser) -> None:
    superuser("UPDATE ledger_entry SET kind = 'b.done' WHERE id = %s", ids[7])
    superuser(
        """
        UPDATE ledger_sealed SET leaf_hash = sha256('\\x00'::bytea || int8send(entry.id)
            || int8send((extract(epoch from entry.created_at) * 1000000)::bigint) || entry.subject_tag
            || int8send(subject_index) || entry.commitment || convert_to(entry.kind, 'UTF8'))
        FROM ledger_entry entry WHERE entry.id = entry_id AND entry_id = %s
        """,
        ids[7],
    )

    assert fault() == f"Entry {ids[7]} at place 7: altered after it was published."


def test_deleted_entry_is_named(ids: list[int], superuser: Superuser) -> None:
    superuser("DELETE FROM ledger_entry WHERE id = %s", ids[30])

    assert fault() == f"Entry {ids[30]} at place 30: missing from the log."


def test_entry_deleted_with_its_place_is_named(ids: list[int], superuser: Superuser) -> None:
    superuser("DELETE FROM ledger_sealed WHERE entry_id = %s", ids[30])
    superuser("DELETE FROM ledger_entry WHERE id = %s", ids[30])

    assert fault() == "Entry at place 30: missing from the tree; the next one there has place 31."


def test_entry_deleted_with_the_gap_closed_is_named(ids: list[int], superuser: Superuser) -> None:
    superuser("ALTER TABLE ledger_sealed DROP CONSTRAINT ledger_sealed_log_index_key")
    superuser("DELETE FROM ledger_sealed WHERE entry_id = %s", ids[20])
    superuser("DELETE FROM ledger_entry WHERE id = %s", ids[20])
    superuser("UPDATE ledger_sealed SET log_index = log_index - 1 WHERE log_index > 20")

    assert fault() == f"Entry {ids[21]} at place 20: belongs at place 21: the entry published at place 20 is missing."


def test_reordered_entries_are_named(ids: list[int], superuser: Superuser) -> None:
    superuser("ALTER TABLE ledger_sealed DROP CONSTRAINT ledger_sealed_log_index_key")
    superuser("UPDATE ledger_sealed SET log_index = 25 - log_index WHERE log_index IN (5, 20)")

    assert fault() == f"Entry {ids[20]} at place 5: belongs at place 20: the log was reordered."


def test_added_entry_is_named(ids: list[int], superuser: Superuser) -> None:
    superuser("ALTER TABLE ledger_sealed DROP CONSTRAINT ledger_sealed_log_index_key")
    superuser("UPDATE ledger_sealed SET log_index = log_index + 1 WHERE log_index >= 3")
    superuser(
        "INSERT INTO ledger_entry (id, kind, subject_tag, commitment)"
        " VALUES (999, 'a.done', decode(repeat('ab', 16), 'hex'), sha256('x'))"
    )
    superuser("INSERT INTO ledger_sealed VALUES (999, 3, 0, sha256('leaf'))")

    assert fault() == "Entry 999 at place 3: added: the entry published here stands at place 4."


def test_cut_tail_is_found(ids: list[int], superuser: Superuser) -> None:
    superuser("DELETE FROM ledger_sealed WHERE log_index >= 21")
    superuser("DELETE FROM ledger_entry WHERE id >= %s", ids[21])
    superuser("DELETE FROM ledger_checkpoint WHERE size > 21")

    assert fault() == "Entry at place 21: missing. 40 entries were published; the log's tail is cut."


def test_tree_lengthened_past_the_sealer_is_found(ids: list[int], superuser: Superuser) -> None:
    superuser(
        "INSERT INTO ledger_entry (id, created_at, kind, subject_tag, commitment)"
        " VALUES (999, '2026-01-01 00:00Z', 'a.done', decode(repeat('ab', 16), 'hex'), sha256('x'))"
    )
    superuser("""
        INSERT INTO ledger_sealed SELECT 999, 40, 0, sha256('\\x00'::bytea || int8send(id)
            || int8send((extract(epoch from created_at) * 1000000)::bigint) || subject_tag || int8send(0)
            || commitment || convert_to(kind, 'UTF8')) FROM ledger_entry WHERE id = 999
    """)

    assert fault() == "Entry at place 40: added to the tree past the sealer; the last checkpoint covers 40."


def test_whole_table_replaced_by_a_tree_of_its_own_is_found(ids: list[int], superuser: Superuser) -> None:
    superuser("TRUNCATE ledger_sealed, ledger_checkpoint, ledger_node, ledger_head, ledger_unsealed")
    superuser("DELETE FROM ledger_entry WHERE id % 2 = 0")
    superuser("INSERT INTO ledger_unsealed SELECT id FROM ledger_entry")
    published = Path(settings.CHECKPOINT_DIR)
    kept = published.rename(published.with_name("kept outside"))
    seal_entries()
    for file in published.iterdir():
        file.unlink()
    published.rmdir()
    kept.rename(published)

    assert fault().endswith("at place 1: altered after it was published.")


def test_checkpoint_of_another_signer_is_found(ids: list[int]) -> None:
    place = Path(settings.CHECKPOINT_DIR) / f"{21:012}.txt"
    place.write_text(place.read_text(encoding="utf-8").replace("\n21\n", "\n22\n"), encoding="utf-8")

    assert fault() == "The checkpoint over 21 entries: No signature on this checkpoint is by the given key."


def test_entry_past_the_waiting_list_is_named(ids: list[int], superuser: Superuser) -> None:
    superuser(
        "INSERT INTO ledger_entry (id, kind, subject_tag, commitment)"
        " VALUES (999, 'a.done', decode(repeat('ab', 16), 'hex'), sha256('x'))"
    )

    assert fault() == "Entry 999: added past the sealer (1 such)."


def test_entry_removed_before_it_was_sealed_is_named(ids: list[int], superuser: Superuser) -> None:
    superuser("INSERT INTO ledger_unsealed VALUES (999)")

    assert fault() == "Entry 999: removed before it was sealed (1 such)."


def test_head_that_hides_an_entry_is_found(ids: list[int], superuser: Superuser) -> None:
    superuser("UPDATE ledger_head SET entries = entries - 1 WHERE last_index = 39")

    assert fault().startswith("The head of subject ")


def test_command_names_the_fault_and_fails(ids: list[int], superuser: Superuser) -> None:
    said = StringIO()
    call_command("verify_ledger", stdout=said)
    assert said.getvalue().startswith("40 entries hold, compared with 3 checkpoints in ")

    superuser("DELETE FROM ledger_entry WHERE id = %s", ids[30])
    with pytest.raises(CommandError, match="missing from the log"):
        call_command("verify_ledger", "--json", stdout=said)
