"""Worlds, workers with orders, and a server that may crash."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from portal import databases, environment
from protection.rowsecurity import provider_rows
from retention.models import PurgeRun
from retention.services import begin_purge
from tests import databases as clones
from tests import dumps
from tests.retention.factories import OPERATOR
from tests.retention.faults.clusters import OwnPostgres, OwnRedis, running
from tests.retention.faults.workers import PurgeWorker, Workers, forget_rings
from tests.retention.faults.world import World
from tests.retention.model import BILLS, READINGS

AS_OF = date(2026, 3, 15)
MONTHS = [date(2020, 11, 1), date(2020, 12, 1), date(2021, 1, 1), date(2021, 3, 1)]
"""Three whole expired months and the one on the boundary."""


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


def make_free_world() -> World:
    """Make two households of which nothing is held and whose whole expired months, once closed, go together."""
    world = World.of(2)
    for month in MONTHS[:3]:
        for code in (READINGS, BILLS):
            world.store(code, month.replace(day=9), range(2))
    world.store(READINGS, date(2024, 2, 29), [0])
    return world


def start_run() -> PurgeRun:
    """Start a purge as the page does; nobody rings for it yet."""
    with provider_rows():
        return begin_purge(by=OPERATOR, as_of=AS_OF, trigger=PurgeRun.Trigger.PAGE)


_PLACE = ("HOST", "PORT", "USER", "PASSWORD")


@pytest.fixture(scope="session")
def own_server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnPostgres]:
    """A PostgreSQL that only this test process uses, with the migrated template under the same name."""
    home = environment.data_directory() / "crashing" / os.environ.get("PYTEST_XDIST_WORKER", "main")
    template = clones.template()
    backup = dumps.dump(template, tmp_path_factory.mktemp("backup") / "template.dump")
    with running(OwnPostgres(home)) as server:
        with _served_by(server):
            databases.provision_own()
            clones.drop(template)
            dumps.restore(backup, template)
        yield server


@pytest.fixture
def crashing_server(own_server: OwnPostgres, django_db_blocker: DjangoDbBlocker) -> Iterator[OwnPostgres]:
    """Have Django, `committed_database` and every process work on a server that may crash; ask for it first."""
    with django_db_blocker.unblock(), _served_by(own_server), _django_there():
        yield own_server


@pytest.fixture(scope="session")
def purge_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    """Workers that live as long as this test process, one for each server and name."""
    workers = Workers(tmp_path_factory.mktemp("orders"))
    yield workers
    workers.kill()


@pytest.fixture
def purge_worker(committed_database: str, purge_workers: Workers) -> Iterator[PurgeWorker]:
    """A worker of the purge's queue, to be given orders; what earlier tests rang for is forgotten."""
    forget_rings()
    yield purge_workers.of()
    forget_rings()


@pytest.fixture
def own_redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnRedis]:
    """A Redis that only this test's workers use, which may crash; ask for it before the worker."""
    name = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with running(OwnRedis(environment.data_directory() / "crashing-redis" / name)) as server:
        monkeypatch.setenv("REDIS_URL", server.url)
        yield server


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
