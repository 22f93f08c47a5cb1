"""What must be so before the children start: the data is ours, the port is free, the database is ready."""

import os
import socket
import subprocess
import sys

import psycopg

from portal import databases, demo_secrets, environment, migration_state
from portal.embedded import lifecycle, locks, servers
from portal.supervisor.children import PROJECT, end_with_parent, environment_of
from portal.supervisor.errors import CannotRun

_COMMANDS = PROJECT / "portal" / "management" / "commands"


def claim_data_directory() -> None:
    """Hold the data directory for this process; raise CannotRun when a running portal has it."""
    directory = environment.data_directory()
    demo_secrets.make_data_directory(directory)
    note = directory / "supervisor.lock"
    if locks.try_exclusive(note) is None:
        where = note.read_text().strip() or "it is starting up"
        raise CannotRun(
            f"Resguardo already runs on the data in {directory}: {where}.\n"
            "Use that one, stop it with Ctrl-C in its terminal, or run another beside it:\n"
            "  RESGUARDO_DATA_DIR=/tmp/another-resguardo PORT=8001 make run"
        )
    note.write_text(f"{environment.text('RESGUARDO_HOST')} (process {os.getpid()})")


def require_free_port() -> None:
    """Raise CannotRun when the web server's port is taken."""
    address, port = environment.text("RESGUARDO_BIND"), environment.integer("PORT")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
            probe.listen()
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no such port"
        raise CannotRun(
            f"Port {port} on {address} cannot be used ({reason}). Choose another: PORT={port + 1} make run"
        ) from None


def prepare_servers() -> list[lifecycle.Use]:
    """Have PostgreSQL and Redis up and hold them."""
    uses = servers.use_needed()
    try:
        databases.provision_own()
    except psycopg.OperationalError as error:
        raise CannotRun(f"PostgreSQL at DATABASE_URL does not let us in: {error}") from None
    return uses


def prepare_database() -> None:
    """Migrate where there is something to migrate, and load demo data into a database that has had none."""
    oid = _database_oid()
    migrated = f"{migration_state.digest()} {oid}"
    if not _is_noted("migrated", migrated):
        print("Bringing the database up to date ...", flush=True)
        manage("deploy", "migrate", "--verbosity=0", "--skip-checks")
        manage("worker", "ensure_months")
        _note("migrated", migrated)
    bases = f"{environment.text('RESGUARDO_JURISDICTIONS')} {migrated}"
    if not _is_noted("bases", bases):
        manage("deploy", "load_bases")
        _note("bases", bases)
    if _has_demo() and not _is_noted("seeded", oid):
        print("Loading demo data ...", flush=True)
        manage("worker", "seed_demo")
        _note("seeded", oid)


def manage(process: str, *arguments: str) -> None:
    """Run a management command as a kind of process; raise CannotRun when it fails."""
    outcome = subprocess.run(
        [sys.executable, str(PROJECT / "manage.py"), *arguments],
        cwd=PROJECT,
        env=environment_of(process),
        check=False,
        preexec_fn=end_with_parent(),
    )
    if outcome.returncode:
        raise CannotRun(f"`manage.py {' '.join(arguments)}` failed; its message is above.")


def start_sign_ins() -> subprocess.Popen[str] | None:
    """Start to find out how one signs in, while the web server starts; None without demo data."""
    if not _has_demo():
        return None
    return subprocess.Popen(
        [sys.executable, str(PROJECT / "manage.py"), "sign_ins"],
        cwd=PROJECT,
        env=environment_of("worker"),
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=end_with_parent(),  # noqa: PLW1509 - the supervisor has no threads
    )


def _has_demo() -> bool:
    return environment.boolean("RESGUARDO_DEMO_DATA") and (_COMMANDS / "seed_demo.py").exists()


def _database_oid() -> str:
    """Return what tells this database from a later one of the same name."""
    with databases.login("deploy").connect() as connection:
        row = connection.execute("SELECT oid::text FROM pg_database WHERE datname = current_database()").fetchone()
    return str(row[0]) if row else ""


def _is_noted(name: str, text: str) -> bool:
    try:
        return (environment.data_directory() / f"{name}.note").read_text() == text
    except FileNotFoundError:
        return False


def _note(name: str, text: str) -> None:
    (environment.data_directory() / f"{name}.note").write_text(text)
