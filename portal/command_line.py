"""What `manage.py` does around Django: choose the database role, have the servers up, explain what is missing."""

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import django
import psycopg
from django.core.management import execute_from_command_line
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import OperationalError, ProgrammingError

from portal import databases, environment
from portal.embedded import servers
from portal.embedded.errors import EmbeddedServerError
from portal.embedded.locks import exclusive

_PROJECT = Path(__file__).resolve().parent.parent

_PROCESS_OF = {
    **dict.fromkeys(
        (
            "migrate",
            "makemigrations",
            "showmigrations",
            "sqlmigrate",
            "squashmigrations",
        ),
        "deploy",
    ),
    **dict.fromkeys(("optimizemigration", "provision", "createcachetable", "load_bases"), "deploy"),
    **dict.fromkeys(("run_purge", "plan_purge", "pause_purge", "resume_purge"), "purge"),
    **dict.fromkeys(("replay_purges", "repair_journal"), "purge"),
    **dict.fromkeys(("runserver", "testserver"), "web"),
}
_ON_RESTORED_DATA = frozenset(("check", "dbshell", "plan_purge", "repair_journal", "replay_purges", "shell"))
"""What runs, beside migrations, while a restored backup holds what was forgotten: what looks, and what mends."""

_WITHOUT_DATABASE = frozenset(
    (
        "check",
        "collectstatic",
        "compilemessages",
        "diffsettings",
        "findstatic",
        "help",
        "makemessages",
        "spectacular",
        "startapp",
        "startproject",
        "version",
    )
)


def process_of(command: str) -> str:
    """Return the kind of process that a management command is, and with it its database role."""
    return _PROCESS_OF.get(command, "worker")


def needs_database(arguments: Sequence[str]) -> bool:
    """Tell whether the command with these arguments talks to the database."""
    if not arguments or arguments[0].startswith("-") or {"-h", "--help", "--version"} & set(arguments):
        return False
    if arguments[0] == "check":
        return any(argument.startswith("--database") for argument in arguments)
    return arguments[0] not in _WITHOUT_DATABASE


def prepare(command: str) -> None:
    """Have the servers up and the roles made, as far as that is ours to do; production brings its own."""
    servers.use_needed()
    if databases.is_process_login():
        return
    if command == "migrate" or not databases.is_provisioned():
        databases.provision_own()
    if process_of(command) != "deploy" and not databases.has_tables():
        _migrate_new_database()


def _migrate_new_database() -> None:
    """Make the tables of a database that has none, so that the first command on a new machine works; once at a time."""
    with exclusive(environment.data_directory() / "migrate.lock"):
        if databases.has_tables():
            return
        sys.stderr.write("A new database: making its tables ...\n")
        subprocess.run(
            [sys.executable, "-m", "portal.command_line", "migrate", "--verbosity=0"],
            cwd=_PROJECT,
            env={**os.environ, "RESGUARDO_PROCESS": "deploy"},
            stdout=sys.stderr,
            check=True,
        )


def _warn_of_faults(command: str) -> None:
    """Say in one line that the database lacks a guard; what is missing, `check --database default` tells."""
    if command == "check" or process_of(command) == "deploy":
        return
    django.setup()
    guards = import_module("portal.database_guards")  # has models, which only exist after the set-up
    kinds = sorted({fault.kind for fault in guards.faults()} - {guards.MIGRATIONS})
    if kinds:
        sys.stderr.write(
            f"WARNING: the database's guards do not all stand ({', '.join(kinds)}):"
            " run `python manage.py check --database default`.\n"
        )


def _require_agreement(command: str) -> None:
    """Refuse a command that could work with what a restored backup brought back."""
    if command not in _ON_RESTORED_DATA and process_of(command) != "deploy":
        django.setup()
        import_module("portal.journal_guard").require_agreement()


def main(arguments: Sequence[str]) -> None:
    """Run one management command; end with one clear line where the reason is the set-up."""
    command = arguments[0] if arguments else "help"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    os.environ.setdefault("RESGUARDO_PROCESS", process_of(command))
    try:
        if needs_database(arguments):
            prepare(command)
            _warn_of_faults(command)
            _require_agreement(command)
        execute_from_command_line(["manage.py", *arguments])
    except (
        EmbeddedServerError,
        databases.UnusableDatabase,
        environment.UnusableSetting,
    ) as error:
        sys.exit(str(error))
    except (OperationalError, psycopg.OperationalError) as error:
        if not _is_unreachable(error):
            raise
        sys.exit(f"The database does not answer as {databases.role(process_of(command))}: {error}".strip())
    except ProgrammingError as error:
        if not _is_behind(error):
            raise
        sys.exit("The database has not been migrated to this version: run `python manage.py migrate` first.")
    except KeyboardInterrupt:
        sys.exit(130)


def _is_unreachable(error: OperationalError | psycopg.OperationalError) -> bool:
    """Tell whether the error comes from connecting; one from within a command, such as a lock timeout, has a code."""
    cause = error if isinstance(error, psycopg.OperationalError) else error.__cause__
    return isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None


def _is_behind(error: ProgrammingError) -> bool:
    """Tell whether the error is a missing table or column of a database that lacks migrations."""
    if not isinstance(error.__cause__, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn):
        return False
    connection = connections[DEFAULT_DB_ALIAS]
    connection.close()
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


if __name__ == "__main__":
    main(sys.argv[1:])
