"""The journal outside the database: what is cut, altered or lost is noticed, and written again where it can be."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from portal import journal_guard
from protection.rowsecurity import provider_rows
from retention.journal import OUTCOME, read_end, read_journal
from retention.models import PurgeItem
from retention.reconciliation import reconcile
from retention.services import begin_purge, place_hold, repair_journal, run_purge
from tests.conftest import ActAs
from tests.retention.factories import AS_OF, EXPIRED_BEFORE, OPERATOR, committed_household

EXPIRED = [EXPIRED_BEFORE.replace(year=2019, month=month) for month in (1, 2, 3)]
Tamper = Callable[[list[bytes]], list[bytes]]


@pytest.fixture
def journal(committed_database: str, acting_as: ActAs) -> Path:
    """The journal of a run that dropped three months, one account's readings held."""
    held = committed_household(EXPIRED)
    committed_household(EXPIRED)
    with provider_rows():
        place_hold(account=held.account, reason="A lawsuit", citation="Case 1", by=OPERATOR)
    with acting_as("purge"):
        run_purge(run=begin_purge(by=OPERATOR, as_of=AS_OF))
    return Path(settings.JOURNAL_DIR) / "purges.jsonl"


def altered(lines: list[bytes]) -> list[bytes]:
    return [*lines[:3], lines[3].replace(b'"dropped":1', b'"dropped":7'), *lines[4:]]


def cut_from_the_middle(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], *lines[3:]]


def inserted(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], lines[0], *lines[2:]]


def garbled(lines: list[bytes]) -> list[bytes]:
    return [lines[0], b"\x00\xff{]\n", *lines[2:]]


def exchanged(lines: list[bytes]) -> list[bytes]:
    return [lines[1], lines[0], *lines[2:]]


def test_whole_journal_agrees_with_the_database(journal: Path) -> None:
    assert read_journal().faults == []
    assert reconcile().agrees
    assert [entry["number"] for entry in read_journal().entries] == [1, 2, 3, 4, 5, 6]
    assert read_end() == read_journal().entries


@pytest.mark.parametrize("tamper", [altered, cut_from_the_middle, inserted, garbled, exchanged])
def test_tampering_is_noticed_and_repaired(journal: Path, tamper: Tamper, acting_as: ActAs) -> None:
    journal.write_bytes(b"".join(tamper(journal.read_bytes().splitlines(keepends=True))))
    assert read_journal().faults
    assert [fault.kind for fault in journal_guard.faults()][-1] == journal_guard.DAMAGED

    with acting_as("purge"):
        repair = repair_journal()

    assert repair.damaged is not None
    assert repair.damaged.exists()
    assert reconcile().agrees


def test_lines_after_a_damaged_one_are_chained_to_it(journal: Path, acting_as: ActAs) -> None:
    journal.write_bytes(journal.read_bytes() + b"nothing\n")
    committed_household(EXPIRED)
    with acting_as("purge"):
        run_purge(run=begin_purge(by=OPERATOR, as_of=AS_OF))
    assert read_journal().faults == ["line 7 is damaged"]


@pytest.mark.parametrize("is_lost", [True, False], ids=["lost", "cut at its end"])
def test_journal_behind_the_data_is_told_and_written_again(journal: Path, is_lost: bool, acting_as: ActAs) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    if is_lost:
        journal.unlink()
    else:
        journal.write_bytes(b"".join(lines[:4]))
    assert [fault.kind for fault in journal_guard.faults()] == [journal_guard.BEHIND]

    with acting_as("purge"):
        assert repair_journal().written == (3 if is_lost else 2)

    journal_guard.forget()
    assert journal_guard.faults() == []
    numbers = {(entry["partition"], entry["total"], entry["held"]) for entry in read_journal().outcomes().values()}
    assert numbers == {(f"energy_dayreading_y2019m{month:02}", 2, 1) for month in (1, 2, 3)}


def test_outcome_that_a_crash_kept_from_the_journal_is_written_by_the_next_run_of_any_day(
    journal: Path, acting_as: ActAs
) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-1]))
    with acting_as("purge"):
        PurgeItem.objects.filter(partition="energy_dayreading_y2019m03").update(is_journaled=False)
        run_purge(run=begin_purge(by=OPERATOR, as_of=AS_OF))
    outcomes = [entry["partition"] for entry in read_journal().entries if entry["event"] == OUTCOME]
    assert outcomes.count("energy_dayreading_y2019m03") == 1
    assert reconcile().agrees


def test_journal_names_no_person(journal: Path) -> None:
    allowed = {
        "action",
        "at",
        "attempt",
        "before",
        "digest",
        "dropped",
        "event",
        "held",
        "holds",
        "number",
        "partition",
        "previous",
        "retention_class",
        "run",
        "sha256",
        "status",
        "total",
    }
    assert {name for line in journal.read_text().splitlines() for name in json.loads(line)} == allowed
