"""Worlds, workers with orders, and a server that may crash."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from celery import current_app
from django.db import connection
from pytest_django import DjangoDbBlocker

from portal import databases, environment
from portal.supervisor.children import Part
from protection.rowsecurity import provider_rows
from retention.models import PurgeRun
from retention.services import begin_purge
from retention.tasks import carry_out
from tests import databases as clones
from tests import dumps
from tests.processes.conftest import Processes, processes
from tests.retention.factories import OPERATOR
from tests.retention.faults.clusters import OwnPostgres, running
from tests.retention.faults.faults import VARIABLE, Order
from tests.retention.faults.world import World
from tests.retention.model import BILLS, READINGS

__all__ = ["processes"]

AS_OF = date(2026, 3, 15)
MONTHS = [date(2020, 11, 1), date(2020, 12, 1), date(2021, 1, 1), date(2021, 3, 1)]
"""Three whole expired months and the one on the boundary."""

WORKER = (sys.executable, "-m", "celery", "-A", "tests.retention.faults.worker_app", "worker", "--loglevel=INFO")
OPTIONS = ("--without-mingle", "--without-gossip", "--concurrency=1", "--queues=purge")


def make_world() -> World:
    """Make three households: one free, one held, one held for some days; the free one has days that are kept."""
    world = World.of(3)
    for month in MONTHS:
        for code in (READINGS, BILLS):
            world.store(code, month.replace(day=9), range(3))
            world.store(code, month.replace(day=10), range(3))
            world.store(code, month.replace(day=20), [0])
    world.store(READINGS, date(2024, 2, 29), [0])
    world.place("whole", 1)
    world.place("part", 2, first=date(2020, 12, 10), past=date(2021, 3, 10))
    return world


def start_worker(processes: Processes, monkeypatch: pytest.MonkeyPatch, order: Order | None, name: str = "") -> None:
    """Start a worker of the purge's queue that carries out an order."""
    monkeypatch.setenv(VARIABLE, order.give() if order else "")
    part = Part(f"purge-worker{name}", "purge", [*WORKER, *OPTIONS, f"--hostname=purge{name}@%h"])
    processes.start_part(part)


def start_run() -> PurgeRun:
    """Start a purge and ring for it."""
    with provider_rows():
        run = begin_purge(by=OPERATOR, as_of=AS_OF, trigger=PurgeRun.Trigger.PAGE)
    carry_out.delay(run.pk)
    return run


def finish(run: PurgeRun, processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    """See that a worker is there, ring as beat does for runs that were left, and wait for the end."""
    if processes.have_ended():
        start_worker(processes, monkeypatch, None)
    rung = time.monotonic()

    def is_finished() -> bool:
        nonlocal rung
        if time.monotonic() > rung + SWEEP_EVERY_SECONDS:
            current_app.send_task("retention.sweep")
            rung = time.monotonic()
        run.refresh_from_db()
        return run.is_finished

    processes.wait_for(is_finished)


SWEEP_EVERY_SECONDS = 2
_PLACE = ("HOST", "PORT", "USER", "PASSWORD")


@pytest.fixture(scope="session")
def own_server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnPostgres]:
    """A PostgreSQL that only this test process uses, with the migrated template under the same name."""
    home = environment.data_directory() / "crashing" / os.environ.get("PYTEST_XDIST_WORKER", "main")
    template = clones.template()
    backup = dumps.dump(template, tmp_path_factory.mktemp("backup") / "template.dump")
    with running(home) as server, _served_by(server):
        databases.provision_own()
        clones.drop(template)
        dumps.restore(backup, template)
        yield server


@pytest.fixture
def crashing_server(own_server: OwnPostgres, django_db_blocker: DjangoDbBlocker) -> Iterator[OwnPostgres]:
    """Have Django, `committed_database` and every process work on a server that may crash; ask for it first."""
    with django_db_blocker.unblock(), _served_by(own_server), _django_there():
        yield own_server


@contextmanager
def _served_by(server: OwnPostgres) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", server.url)
        yield


@contextmanager
def _django_there() -> Iterator[None]:
    former = {key: connection.settings_dict[key] for key in _PLACE}
    there = databases.connection_settings("web")
    connection.close()
    connection.settings_dict.update({key: there[key] for key in _PLACE})
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(former)
