"""Databases for tests: a template, migrated once for all runs on the same migrations, and clones of it.

Roles belong to the cluster and grants refer to them by number, so a clone has the template's rights. Nothing is
flushed: append-only tables refuse it. A clone costs some hundredths of a second and is dropped after use.
"""

import os
import subprocess
import sys
from contextlib import suppress
from functools import cache
from itertools import count

import psycopg
from psycopg import sql

from portal import databases, environment, migration_state
from portal.embedded import locks
from portal.migration_state import PROJECT

STEM = "resguardo_test"
_TEMPLATES_KEPT = 4
_numbers = count()


@cache
def template() -> str:
    """Return the name of the migrated template, making it when there is none for these migrations."""
    name = f"{STEM}_template_{migration_state.digest()}"
    with locks.exclusive(environment.data_directory() / "template.lock"), _administrator() as connection:
        _drop_leftovers(connection, keep=name)
        if not _exists(connection, name):
            _make_template(connection, name)
    return name


def _make_template(connection: databases.Connection, name: str) -> None:
    fresh = f"{STEM}_fresh"
    _drop(connection, fresh)
    migrating = {**os.environ, "RESGUARDO_PROCESS": "deploy", "RESGUARDO_DATABASE_NAME": fresh}
    migrating["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    command = [sys.executable, str(PROJECT / "manage.py"), "migrate", "--verbosity=0"]
    subprocess.run(command, env=migrating, cwd=PROJECT, check=True)
    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(fresh), sql.Identifier(name)))


def clone() -> str:
    """Make a database that is a copy of the template and return its name."""
    source, name = template(), f"{STEM}_p{os.getpid()}_{next(_numbers)}"
    with _administrator() as connection:
        _drop(connection, name)
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
        parts = (name, source, databases.role("owner"))
        connection.execute(statement.format(*map(sql.Identifier, parts)))
        databases.admit_logins(connection, name, STEM)
    return name


def drop(name: str) -> None:
    """Drop a clone, also from under connections that were left open."""
    with _administrator() as connection:
        _drop(connection, name)


def _administrator() -> databases.Connection:
    return databases.administrator().connect(autocommit=True)


def _exists(connection: databases.Connection, name: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _drop(connection: databases.Connection, name: str) -> None:
    statement = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
    try:
        connection.execute(statement + sql.SQL(" WITH (FORCE)"))
    except psycopg.errors.InsufficientPrivilege:
        connection.execute(statement)


def _drop_leftovers(connection: databases.Connection, *, keep: str) -> None:
    """Drop clones of runs that were killed, and all but the newest templates."""
    rows = connection.execute(
        "SELECT datname FROM pg_database WHERE datname LIKE %s ORDER BY oid DESC", [f"{STEM}\\_%"]
    ).fetchall()
    templates = [name for (name,) in rows if name.startswith(f"{STEM}_template_") and name != keep]
    clones = [name for (name,) in rows if name.startswith(f"{STEM}_p") and not _runs(name)]
    for name in (*clones, *templates[_TEMPLATES_KEPT - 1 :]):
        with suppress(psycopg.errors.ObjectInUse):
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _runs(clone_name: str) -> bool:
    """Tell whether the process that made the clone still runs."""
    pid = clone_name.removeprefix(f"{STEM}_p").split("_")[0]
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
