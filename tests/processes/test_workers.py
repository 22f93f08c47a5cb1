"""What real workers do, each under its own role, and what is left when they are killed."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from celery import current_app
from django.db import connection

from disclosures.models import Package, Release
from disclosures.tasks import build_release_package
from ledger.models import Checkpoint, Entry
from portal import databases
from portal.schedule import SCHEDULE
from protection.clock import provider_today, transaction_time
from protection.rowsecurity import provider_rows
from retention.certificates import run_totals
from retention.models import Certificate, PurgeItem, PurgeRun
from retention.services import begin_purge, place_hold
from retention.tasks import carry_out
from tests.conftest import Connect
from tests.disclosures.factories import FROM, Case
from tests.energy.factories import UsagePointFactory, make_day
from tests.processes.conftest import Processes
from tests.retention.factories import administrator, household

WORKERS = ("worker", "purge-worker")


@pytest.fixture
def release(committed_database: str) -> Release:
    """A committed release of a day's readings, whose package nobody has built."""
    with provider_rows():
        case = Case()
        case.consented()
        make_day(UsagePointFactory.create(account=case.account), FROM)
        return case.released()


@pytest.fixture
def old_days(committed_database: str) -> list[date]:
    """Two accounts with a day in each of two months six years ago, one of them under a legal hold."""
    with provider_rows():
        first = provider_today().replace(day=1, year=provider_today().year - 6)
        second = (first + timedelta(days=31)).replace(day=1)
        held, _free = (household([first, second]) for _ in range(2))
        place_hold(account=held.account, reason="Dispute", citation="Case 26-0001", by=administrator())
    return [first, second]


def beat(name: str) -> None:
    """Ring for a scheduled task as beat does."""
    current_app.send_task(SCHEDULE[name]["task"])


def is_package(release: Release, status: str) -> bool:
    with provider_rows():
        return Package.objects.filter(release=release, status=status).exists()


def is_built(release: Release) -> bool:
    return is_package(release, Package.Status.READY)


def purge_by_hand() -> PurgeRun:
    """Start a purge and ring for it, as the administrator's page does."""
    with provider_rows():
        run = begin_purge(by=administrator(), trigger=PurgeRun.Trigger.PAGE)
    carry_out.delay(run.pk)
    return run


def assert_certified(run: PurgeRun) -> None:
    """Hold the certificate to the days that there were: four, of which the held account's two stay."""
    done = {"retention_class": "readings", "total": 4, "held": 2, "dropped": 2}
    assert done in run_totals(run)
    items = Certificate.objects.get(run=run).document["payload"]["items"]
    assert all(item["total"] == item["held"] + item["dropped"] for item in items)


def is_certified(run: PurgeRun) -> bool:
    return Certificate.objects.filter(run=run).exists()


@contextmanager
def locked(as_role: Connect, day: date, mode: str) -> Iterator[None]:
    """Lock the month of a day: SHARE lets nobody drop it, ACCESS EXCLUSIVE lets nobody read it."""
    with as_role("purge") as holder, holder.transaction():
        holder.execute(f"LOCK TABLE months.energy_dayreading_y{day:%Ym%m} IN {mode} MODE")
        yield


def sessions() -> Counter[str]:
    """Return how many sessions of each login the test's database has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT usename, count(*) FROM pg_stat_activity WHERE datname = current_database() GROUP BY 1")
        return Counter(dict(cursor.fetchall()))


def test_every_scheduled_task_is_known() -> None:
    current_app.loader.import_default_modules()
    assert {entry["task"] for entry in SCHEDULE.values()} <= set(current_app.tasks)


def test_workers_build_the_package_seal_the_ledger_and_purge(
    processes: Processes, release: Release, old_days: list[date]
) -> None:
    processes.start(*WORKERS)

    build_release_package.delay(release.pk)
    run = purge_by_hand()
    processes.wait_for(lambda: is_built(release) and is_certified(run))
    beat("seal the ledger")
    processes.wait_for(lambda: Checkpoint.objects.filter(size=Entry.objects.count()).exists())

    assert_certified(run)


def test_sweeps_finish_what_killed_workers_left(
    processes: Processes, release: Release, old_days: list[date], as_role: Connect
) -> None:
    processes.start(*WORKERS)
    with locked(as_role, old_days[1], "SHARE"):
        run = purge_by_hand()
        processes.wait_for(lambda: PurgeItem.objects.filter(run=run, status=PurgeItem.Status.DONE).exists())
        with locked(as_role, FROM, "ACCESS EXCLUSIVE"):
            build_release_package.delay(release.pk)
            processes.wait_for(lambda: is_package(release, Package.Status.BUILDING))
            logins = sessions()
            processes.kill()
    assert logins[databases.role("worker")] == 1
    assert logins[databases.role("purge")] == 1 + 2  # the two locks are held with it
    assert not is_built(release)
    assert not is_certified(run)

    with provider_rows():
        Package.objects.update(started_at=transaction_time() - timedelta(hours=1))
    processes.start(*WORKERS)
    beat("build packages and exports that were left")
    beat("go on with unfinished purges")
    processes.wait_for(lambda: is_built(release) and is_certified(run))

    assert_certified(run)
