"""The restore drill: backup, purge, restore; the portal stays shut until what came back is purged again."""

import json
import os
import socket
from collections.abc import Iterator
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from ledger.verify import main as verify
from portal import environment, journal_guard, web_health
from retention.models import PurgeItem, PurgeRun
from retention.reconciliation import reconcile
from retention.services import begin_purge, run_purge
from tests import databases as clones
from tests import dumps
from tests.conftest import ActAs, _enter_database
from tests.portal.test_command_line import manage
from tests.processes.conftest import Processes
from tests.retention.factories import OPERATOR
from tests.retention.faults.world import World, held_rows, stored_rows
from tests.retention.model import BILLS, READINGS

MONTHS = [date(2020, 11, 1), date(2020, 12, 1), date(2021, 1, 1)]
FIRST, SECOND = date(2026, 1, 1), date(2026, 2, 1)
"""Days of the purge before the backup and of the one after it."""

PARTS = ("web", "worker", "purge-worker", "beat")


def purge(world: World, as_of: date, acting_as: ActAs) -> None:
    world.model.purge(as_of)
    with acting_as("purge"):
        run_purge(run=begin_purge(by=OPERATOR, as_of=as_of))


def replay(acting_as: ActAs, *options: str) -> None:
    with acting_as("purge"):
        call_command("replay_purges", *options, stdout=StringIO())


@pytest.fixture
def world(committed_database: str) -> World:
    """Two households, one under a hold, with readings and bills in three months."""
    world = World.of(2)
    for code in (READINGS, BILLS):
        for month in MONTHS:
            world.store(code, month.replace(day=9), (0, 1))
        world.store(code, date(2024, 2, 29), (0, 1))
    world.place("kept", 1)
    return world


@pytest.fixture
def restored(world: World, acting_as: ActAs, tmp_path: Path) -> Iterator[World]:
    """The portal on a backup from before its last purge."""
    purge(world, FIRST, acting_as)
    backup = dumps.dump(str(connection.settings_dict["NAME"]), tmp_path / "portal.dump")
    purge(world, SECOND, acting_as)
    shared, name = str(connection.settings_dict["NAME"]), f"{clones.STEM}_p{os.getpid()}_restored"
    dumps.restore(backup, name)
    _enter_database(name)
    try:
        yield world
    finally:
        _enter_database(shared)
        clones.drop(name)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_restored_portal_stays_shut_until_its_purges_are_replayed(
    restored: World, processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", str(free_port()))
    monkeypatch.setenv("RESGUARDO_WEB_PROCESSES", "1")
    (environment.data_directory() / "beat").mkdir(exist_ok=True)
    assert (stored_rows() | held_rows()) & restored.model.gone, "the backup brings something back"

    processes.start(*PARTS)
    processes.wait_for(processes.have_ended)
    mute = [name for name, words in processes.last_words().items() if "manage.py replay_purges" not in words]
    assert mute == []
    processes.kill()
    refused = manage("run_purge")
    assert (refused.returncode, refused.stderr.strip()) == (1, journal_guard.REFUSAL)
    assert not manage("check", "--database", "default").returncode

    replayed = manage("replay_purges", "--json")
    assert not replayed.returncode, replayed.stderr
    certificate = json.loads(replayed.stdout)["certificate"]
    assert verify([certificate]) == 0
    assert json.loads(Path(certificate).read_text())["payload"]["trigger"] == "replay"

    processes.start(*PARTS)
    processes.wait_for(lambda: not web_health.trouble())
    assert "agree" in manage("replay_purges").stdout
    assert (stored_rows(), held_rows()) == (restored.model.stored, restored.model.held)


def test_running_portal_answers_503_on_a_restored_database(restored: World, acting_as: ActAs) -> None:
    journal_guard.forget()
    page, machine, health = (Client().get(path) for path in ("/accounts/login/", "/api/v1/consents", "/healthz"))

    assert (page.status_code, page.headers["Retry-After"]) == (503, "300")
    assert "replay_purges" in page.content.decode()
    assert (machine.status_code, list(machine.json())) == (503, ["detail"])
    assert (health.status_code, health.json()["faults"]) == (503, ["journal_ahead"])

    replay(acting_as)
    journal_guard.forget()
    assert Client().get("/accounts/login/").status_code == 200
    assert Client().get("/healthz").status_code == 200


def test_hold_that_the_backup_lacks_stops_the_replay_until_it_is_placed_again(
    world: World, acting_as: ActAs, tmp_path: Path
) -> None:
    backup = dumps.dump(str(connection.settings_dict["NAME"]), tmp_path / "portal.dump")
    world.place("late", 0, (READINGS,))
    purge(world, SECOND, acting_as)
    late = {row for row in world.model.held if row.account == world.account(0)}
    assert late
    shared, name = str(connection.settings_dict["NAME"]), f"{clones.STEM}_p{os.getpid()}_restored"
    dumps.restore(backup, name)
    _enter_database(name)
    try:
        with pytest.raises(CommandError, match="--despite-lost-holds"):
            replay(acting_as)
        assert late <= stored_rows()

        world.place("again", 0, (READINGS,))
        replay(acting_as, "--despite-lost-holds")
        assert late <= held_rows()
        assert reconcile().agrees
    finally:
        _enter_database(shared)
        clones.drop(name)


def test_second_restore_of_the_same_backup_is_noticed_again(restored: World, acting_as: ActAs, tmp_path: Path) -> None:
    backup = dumps.dump(str(connection.settings_dict["NAME"]), tmp_path / "again.dump")
    replay(acting_as)
    assert reconcile().agrees
    shared, name = str(connection.settings_dict["NAME"]), f"{clones.STEM}_p{os.getpid()}_again"
    dumps.restore(backup, name)
    _enter_database(name)
    try:
        assert reconcile().ahead
        replay(acting_as)
        assert reconcile().agrees
        assert (stored_rows(), held_rows()) == (restored.model.stored, restored.model.held)
    finally:
        _enter_database(shared)
        clones.drop(name)


def test_new_database_over_an_old_journal_opens_after_an_empty_replay(restored: World, acting_as: ActAs) -> None:
    fresh = clones.clone()
    _enter_database(fresh)
    try:
        assert reconcile().ahead
        replay(acting_as, "--despite-lost-holds")
        assert PurgeRun.objects.get().trigger == PurgeRun.Trigger.REPLAY
        assert not PurgeItem.objects.exists()
        assert reconcile().agrees
    finally:
        connection.close()
        clones.drop(fresh)
