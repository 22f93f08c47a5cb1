"""Backups as an operator makes them: pg_dump of a database, pg_restore into a new one, also on another server."""

import subprocess
from dataclasses import replace
from pathlib import Path

from psycopg import sql

from portal import databases
from portal.databases import Address
from portal.embedded import postgres
from portal.embedded.server_user import server_user
from tests.databases import STEM


def dump(database: str, to: Path) -> Path:
    """Write a database's backup; gives the file."""
    _run("pg_dump", databases.administrator(), "--format=custom", f"--file={to}", f"--dbname={database}")
    return to


def restore(backup: Path, database: str) -> None:
    """Make a database from a backup on the server that DATABASE_URL names, or on the embedded one."""
    server = databases.administrator()
    with server.connect(autocommit=True) as connection:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE template0 OWNER {}")
        connection.execute(statement.format(sql.Identifier(database), sql.Identifier(databases.role("owner"))))
        databases.admit_logins(connection, database, STEM)
    _run("pg_restore", server, "--exit-on-error", f"--dbname={database}", str(backup))


def _run(program: str, server: Address, *arguments: str) -> None:
    binaries = postgres._binaries(server_user(Path("/")))
    at = replace(server, database="postgres")
    where = [f"--host={at.host}", f"--port={at.port}", f"--username={at.user}"]
    done = subprocess.run([f"{binaries}/{program}", *where, *arguments], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
