"""What every test may use: a real database under a chosen role, real Redis, and a server with a browser."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils import translation
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from portal import databases, environment, journal_guard
from portal.embedded import servers
from protection.rowsecurity import provider_rows
from tests import databases as clones
from tests.browser import chromium, new_page, page  # noqa: F401  (fixtures)

Connect = Callable[[str], AbstractContextManager[psycopg.Connection]]
ActAs = Callable[[str], AbstractContextManager[None]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse tests that would flush the database: append-only tables do not allow it."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        fixtures = getattr(item, "fixturenames", ())
        if (marker and marker.kwargs.get("transaction")) or {"transactional_db", "live_server"} & set(fixtures):
            raise pytest.UsageError(f"{item.nodeid}: use the fixture committed_database (or live_portal) instead.")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Have the test's connection log in as the role that its database_role marker names, web without one."""
    marker = item.get_closest_marker("database_role")
    _log_in_as(marker.args[0] if marker else "web")


def _log_in_as(kind: str) -> None:
    _log_in({name: value for name, value in databases.connection_settings(kind).items() if name in _LOGIN})


def _log_in(wanted: dict[str, Any]) -> None:
    if any(connection.settings_dict[name] != value for name, value in wanted.items()):
        connection.close()
        connection.settings_dict.update(wanted)


_LOGIN = ("USER", "PASSWORD", "OPTIONS")


def _enter_database(name: str) -> None:
    """Point Django, its threads and child processes at a database."""
    connection.close()
    connection.settings_dict["NAME"] = os.environ["RESGUARDO_DATABASE_NAME"] = name


@pytest.fixture(scope="session")
def embedded_servers() -> None:
    """Have PostgreSQL and Redis up until this test process ends."""
    servers.use_needed()
    shutil.rmtree(environment.path("RESGUARDO_KEYSTORE_DIR").parent, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(
    embedded_servers: None, django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Give this test process a clone of the migrated template."""
    name = clones.clone()
    _enter_database(name)
    yield
    with django_db_blocker.unblock():
        connection.close()
    clones.drop(name)


@pytest.fixture(autouse=True)
def _language() -> Iterator[None]:
    """Start a test in the first language, whatever language a page was asked for by the test before."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture(autouse=True)
def _row_scope(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start a database test with an empty cache and the provider's rows in sight, or with none if it says so."""
    marker = request.node.get_closest_marker("rowscope")
    for kept_outside in ("RESGUARDO_CHECKPOINT_DIR", "RESGUARDO_JOURNAL_DIR"):
        shutil.rmtree(environment.path(kept_outside), ignore_errors=True)
    journal_guard.forget()
    if "db" not in request.fixturenames and not request.node.get_closest_marker("django_db"):
        yield
        return
    request.getfixturevalue("db")
    cache.clear()
    if marker and marker.args == ("none",):
        yield
        return
    try:
        with provider_rows():
            yield
            if connection.needs_rollback or _is_failed():
                raise _Failed
    except _Failed:
        return


class _Failed(Exception):
    """Leaves a row scope whose transaction the test has broken on purpose."""


def _is_failed() -> bool:
    status = psycopg.pq.TransactionStatus
    return connection.connection is None or connection.connection.info.transaction_status == status.INERROR


@pytest.fixture
def committed_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Give the test a database of its own in which it really commits; threads and processes see the same one."""
    shared = str(connection.settings_dict["NAME"])
    name = clones.clone()
    with django_db_blocker.unblock():
        _enter_database(name)
        cache.clear()
        try:
            yield name
        finally:
            _enter_database(shared)
            clones.drop(name)


@pytest.fixture
def as_role(django_db_setup: None) -> Connect:
    """Open a further connection to the test's database as a role: `with as_role("purge") as connection:`.

    It commits each statement and sees only what is committed.
    """

    @contextmanager
    def connect(kind: str) -> Iterator[psycopg.Connection]:
        opened = databases.login(kind).connect(autocommit=True)
        try:
            yield opened
        finally:
            opened.close()

    return connect


@pytest.fixture
def acting_as(committed_database: str) -> ActAs:
    """Have Django's own connection log in as another role for a block, then as before: `with acting_as("purge"):`."""

    @contextmanager
    def act(kind: str) -> Iterator[None]:
        before = {name: connection.settings_dict[name] for name in _LOGIN}
        _log_in_as(kind)
        try:
            yield
        finally:
            _log_in(before)

    return act


@pytest.fixture
def live_portal(committed_database: str) -> Iterator[str]:
    """Serve the portal from a thread on the test's own committed database; gives its address."""
    server = LiveServer("localhost")
    server._live_server_modified_settings.enable()
    try:
        yield server.url
    finally:
        server.stop()
        server._live_server_modified_settings.disable()
