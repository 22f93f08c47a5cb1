"""Databases of the benchmarks' own, made from the migrations and dropped afterwards; never the demo's data."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import django

from portal import databases, environment
from portal.embedded import servers

BUILD = Path(__file__).resolve().parent.parent / "build"
_FOLDERS = ("KEYSTORE", "FILES", "JOURNAL", "CHECKPOINT", "MAIL")


@contextmanager
def own_database() -> Iterator[None]:
    """Set Django up on a fresh database, as the worker's role, and drop it in the end.

    The embedded server is that of `make run`, which syncs to disk what is written, and not that of the tests. A given
    DATABASE_URL names an administrator's login; only a test's environment leaves the database it names alone.
    """
    os.environ["RESGUARDO_ENV"] = "test" if environment.text("DATABASE_URL") else "demo"
    servers.use_needed()
    home = environment.data_directory() / "bench"
    os.environ |= {f"RESGUARDO_{name}_DIR": str(home / name.lower()) for name in _FOLDERS}
    os.environ |= {
        "RESGUARDO_PROCESS": "worker",
        "RESGUARDO_DATABASE_ROLES": "resguardo_test",
        "RESGUARDO_REDIS_DATABASE": "10",
        "RESGUARDO_LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }
    from tests import databases as clones  # noqa: PLC0415 (reads the environment)

    name = clones.clone()
    os.environ["RESGUARDO_DATABASE_NAME"] = name
    try:
        django.setup()
        yield
    finally:
        from django.db import connection  # noqa: PLC0415 (needs Django set up)

        connection.close()
        clones.drop(name)
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def empty_database() -> Iterator[databases.Connection]:
    """Enter another fresh database, and yield an administrator's connection to it; drop it and come back in the end."""
    from django.db import connection  # noqa: PLC0415 (needs Django set up)

    from tests import databases as clones  # noqa: PLC0415 (reads the environment)

    outer, name = os.environ["RESGUARDO_DATABASE_NAME"], clones.clone()
    _enter(name)
    try:
        with replace(databases.administrator(), database=name).connect(autocommit=True) as administrator:
            yield administrator
    finally:
        connection.close()
        _enter(outer)
        clones.drop(name)


@contextmanager
def acting_as(process: str) -> Iterator[None]:
    """Log in as another process's role, and as the former one again in the end."""
    from django.db import connection  # noqa: PLC0415 (needs Django set up)

    names = ("USER", "PASSWORD", "OPTIONS")
    former = {name: connection.settings_dict[name] for name in names}
    wanted = databases.connection_settings(process)
    connection.close()
    connection.settings_dict.update({name: wanted[name] for name in names})
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(former)


def _enter(name: str) -> None:
    from django.db import connection  # noqa: PLC0415 (needs Django set up)

    connection.close()
    connection.settings_dict["NAME"] = os.environ["RESGUARDO_DATABASE_NAME"] = name
