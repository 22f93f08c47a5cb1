"""A database of the benchmarks' own, made from the migrations and dropped afterwards; never the demo's data."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

from portal import environment
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
    from tests import databases  # noqa: PLC0415 (reads the environment)

    name = databases.clone()
    os.environ["RESGUARDO_DATABASE_NAME"] = name
    try:
        django.setup()
        yield
    finally:
        from django.db import connection  # noqa: PLC0415 (needs Django set up)

        connection.close()
        databases.drop(name)
        shutil.rmtree(home, ignore_errors=True)
