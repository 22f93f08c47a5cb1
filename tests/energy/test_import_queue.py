"""Files that wait: taken in by a worker, found again after a lost message or a killed worker, given up in the end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.db import connection

from accounts.models import Account
from energy.models import DayReading, ImportRun
from energy.services import MappingFile, claim_imports, progress_of, start_import
from energy.tasks import run_import, sweep_imports
from ledger.actor import Actor
from protection.clock import provider_today, transaction_time
from protection.errors import TamperedError
from protection.files import path_of
from protection.rowsecurity import provider_rows
from tests.conftest import ActAs, Connect
from tests.energy.csvfeed.feeds import LONG_HEAD, content, long_toml
from tests.factories import AccountFactory, UserFactory

PROJECT = Path(__file__).resolve().parents[2]
LONG_AGO = timedelta(minutes=5)
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('energy account'), hashint8(%s))"


def a_waiting_file(account: Account | None = None, stream: BytesIO | None = None) -> ImportRun:
    """Have staff send a file of one reading."""
    with provider_rows():
        account = account or AccountFactory.create()
        row = f"{account.number},M1,{provider_today() - timedelta(days=30)}T00:00,1.5"
        return start_import(
            kind=ImportRun.Kind.CSV_READINGS,
            stream=stream or content(LONG_HEAD, row),
            name="feed.csv",
            mapping=MappingFile("map.toml", long_toml()),
            as_of=provider_today(),
            by=Actor.of(UserFactory.create(staff=True, bound=True)),
        )


def again(run: ImportRun) -> ImportRun:
    with provider_rows():
        return ImportRun.objects.get(pk=run.pk)


def readings() -> int:
    with provider_rows():
        return DayReading.objects.count()


def age(run: ImportRun, **more: object) -> None:
    """Have a run sent, and started, some minutes ago."""
    with provider_rows():
        before = transaction_time() - LONG_AGO
        ImportRun.objects.filter(pk=run.pk).update(**{"created_at": before, "started_at": before, **more})


def wait_for(condition: Callable[[], object]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until, "nothing happened for a minute"
        time.sleep(0.05)


def test_the_workers_task_takes_the_file_in_and_commits(committed_database: str, acting_as: ActAs) -> None:
    run = a_waiting_file()
    with acting_as("worker"):
        run_import(run.pk)
        run_import(run.pk)
    done = again(run)
    assert (done.status, done.progress, done.attempts, done.counters["inserted"]) == ("finished", 1, 1, 1)
    assert readings() == 1


def test_a_refused_file_fails_its_run_and_leaves_nothing(committed_database: str) -> None:
    run = a_waiting_file(stream=content(LONG_HEAD, '1,"M1'))
    run_import(run.pk)
    failed = again(run)
    assert (failed.status, failed.counters) == ("failed", {})
    assert "not a CSV file" in failed.message
    with provider_rows():
        assert [finding.code for finding in failed.findings.all()] == ["refused"]


def test_a_worker_killed_half_way_leaves_nothing_and_the_sweep_finds_its_file(
    committed_database: str, as_role: Connect
) -> None:
    with provider_rows():
        account = AccountFactory.create()
    run = a_waiting_file(account)
    program = f"import django; django.setup(); from energy.tasks import run_import; run_import({run.pk})"
    environment = {**os.environ, "RESGUARDO_PROCESS": "worker", "DJANGO_SETTINGS_MODULE": "tests.settings"}
    with as_role("web") as blocker:
        with blocker.transaction():
            # Whoever stores usage of the account waits for this lock: the worker has read the file by then.
            blocker.execute(_LOCK, [account.pk])
            with subprocess.Popen([sys.executable, "-c", program], env=environment, cwd=PROJECT) as worker:
                wait_for(_waits_for_a_lock)
                assert claim_imports() == []
                worker.send_signal(signal.SIGKILL)
        wait_for(lambda: not _is_locked(run))
    left = again(run)
    assert (left.status, left.attempts, readings()) == ("running", 1, 0)
    assert claim_imports() == []
    age(run)
    assert claim_imports() == [run.pk]
    run_import(run.pk)
    done = again(run)
    assert (done.status, done.attempts, readings()) == ("finished", 2, 1)


def _waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(cursor.fetchone()[0])


def _is_locked(run: ImportRun) -> bool:
    with provider_rows():
        free = ImportRun.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=run.pk)
        return not free.exists()


def test_a_file_that_is_worked_on_is_left_alone(committed_database: str, as_role: Connect) -> None:
    run = a_waiting_file()
    age(run, status="running")
    with as_role("worker") as worker, worker.transaction():
        worker.execute("SELECT set_config('resguardo.scope', 'provider', true)")
        worker.execute("SELECT FROM energy_importrun WHERE id = %s FOR UPDATE", [run.pk])
        assert claim_imports() == []
        run_import(run.pk)
    assert (again(run).attempts, readings()) == (0, 0)
    assert claim_imports() == [run.pk]


def test_a_lost_message_is_sent_again_once_it_should_have_arrived(committed_database: str) -> None:
    run = a_waiting_file()
    assert sweep_imports() == 0
    age(run, started_at=None)
    assert sweep_imports() == 1
    assert claim_imports() == [run.pk]


def test_a_file_whose_workers_were_all_killed_is_given_up_with_a_message(committed_database: str) -> None:
    run = a_waiting_file()
    age(run, status="running", attempts=5)
    run_import(run.pk)
    failed = again(run)
    assert failed.status == "failed"
    assert failed.message.startswith("The file was tried 5 times")
    assert claim_imports() == []


def test_what_breaks_is_tried_again_and_given_up_at_the_fifth_time(committed_database: str) -> None:
    run = a_waiting_file()
    assert run.original is not None
    path = path_of(run.original.uuid)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    for attempt in range(1, 6):
        with pytest.raises(TamperedError):
            run_import(run.pk)
        assert again(run).status == ("pending" if attempt < 5 else "failed")
    assert "tried 5 times" in again(run).message
    assert readings() == 0


def test_a_finished_run_shows_its_own_progress_whatever_was_said_before(committed_database: str) -> None:
    run = a_waiting_file()
    assert progress_of(run) == 0
    run_import(run.pk)
    assert progress_of(again(run)) == 1
