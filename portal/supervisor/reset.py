"""Throw away what a demo installation has made, so that the next start begins anew."""

import shutil

import psycopg
from psycopg import sql

from portal import databases, environment
from portal.embedded import lifecycle, servers
from portal.supervisor.errors import CannotRun
from portal.supervisor.preparation import claim_data_directory

_STOP_SECONDS = 30
_OURS = ("beat", "certificates", "checkpoints", "files", "journal", "keystore", "log", "mail")
_OUR_FILES = ("secrets.json", "secrets.lock", "migrated.note", "bases.note", "seeded.note")


def reset() -> None:
    """Delete the demo data; raise CannotRun in production and while anything still uses it."""
    if environment.is_production():
        raise CannotRun("A production installation is never reset.")
    claim_data_directory()
    if environment.text("DATABASE_URL"):
        _drop_database()
    homes = []
    for server in (servers.postgres(), servers.redis()):
        lifecycle.wait_until_stopped(server, _STOP_SECONDS)
        if lifecycle.is_in_use(server):
            raise CannotRun(f"A process still uses the server in {server.home}: end it first.")
        homes += [server.home, server.socket_directory]
    directory = environment.data_directory()
    for place in (*homes, *(directory / name for name in _OURS)):
        shutil.rmtree(place, ignore_errors=True)
    for name in _OUR_FILES:
        (directory / name).unlink(missing_ok=True)
    print(f"The demo data in {directory} is gone; `make run` starts over.")


def _drop_database() -> None:
    statement = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(databases.database_name()))
    try:
        with databases.administrator().connect(autocommit=True) as connection:
            connection.execute(statement)
    except psycopg.Error as error:
        raise CannotRun(f"The database {databases.database_name()} cannot be dropped: {error}") from None
