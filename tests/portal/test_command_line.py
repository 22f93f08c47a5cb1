import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from portal import command_line, databases
from portal.migration_state import PROJECT
from tests import databases as clones


def manage(*arguments: str, python: str = sys.executable, **given: str) -> "subprocess.CompletedProcess[str]":
    settings = {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings", **given}
    settings.pop("RESGUARDO_PROCESS", None)
    command = [python, "manage.py", *arguments]
    return subprocess.run(command, cwd=PROJECT, env=settings, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("command", "process"),
    [
        ("migrate", "deploy"),
        ("makemigrations", "deploy"),
        ("run_purge", "purge"),
        ("runserver", "web"),
        ("shell", "worker"),
    ],
)
def test_a_command_runs_under_the_role_of_its_work(command: str, process: str) -> None:
    assert command_line.process_of(command) == process


@pytest.mark.parametrize("arguments", [[], ["help"], ["--help"], ["migrate", "--help"], ["check"], ["collectstatic"]])
def test_commands_without_data_start_no_server(arguments: list[str]) -> None:
    assert not command_line.needs_database(arguments)


@pytest.mark.parametrize("arguments", [["migrate"], ["shell"], ["check", "--database", "default"]])
def test_commands_with_data_have_the_servers_up(arguments: list[str]) -> None:
    assert command_line.needs_database(arguments)


COUNT_PEOPLE = ("shell", "-v", "0", "-c", "from accounts.models import User; print(User.objects.count())")


def test_the_first_command_on_a_new_database_makes_its_tables_and_says_so(django_db_setup: None) -> None:
    name = f"{clones.STEM}_p{os.getpid()}_new"
    try:
        first = manage(*COUNT_PEOPLE, RESGUARDO_DATABASE_NAME=name)
        second = manage(*COUNT_PEOPLE, RESGUARDO_DATABASE_NAME=name)
    finally:
        clones.drop(name)
    assert (first.returncode, first.stdout.strip()) == (0, "0")
    assert first.stderr.strip() == "A new database: making its tables ..."
    assert (second.returncode, second.stdout.strip(), second.stderr) == (0, "0", "")


def test_a_database_that_is_behind_is_one_clear_line(committed_database: str) -> None:
    with replace(databases.administrator(), database=committed_database).connect(autocommit=True) as connection:
        connection.execute("DROP TABLE rights_correction CASCADE")
        connection.execute("DELETE FROM django_migrations WHERE app = 'rights'")
    outcome = manage("shell", "-c", "from rights.models import Correction; Correction.objects.count()")
    assert outcome.returncode == 1
    assert outcome.stderr.strip() == (
        "The database has not been migrated to this version: run `python manage.py migrate` first."
    )


def test_an_unreachable_database_is_one_clear_line() -> None:
    outcome = manage("migrate", DATABASE_URL="postgres://nobody:secret@127.0.0.1:9/none")
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("The database does not answer as")
    assert "Traceback" not in outcome.stderr
    assert "secret" not in outcome.stderr


def test_production_without_settings_is_one_list(tmp_path: Path) -> None:
    outcome = manage("check", RESGUARDO_ENV="production", RESGUARDO_DATA_DIR=str(tmp_path))
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("Production refuses to start")
    assert "RESGUARDO_SECRET_KEY: missing" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_python_without_django_goes_on_in_the_environment() -> None:
    bare = Path(sys.base_prefix) / "bin" / "python3"
    if not bare.exists() or not (PROJECT / ".venv" / "bin" / "python").exists():
        pytest.skip("no bare Python beside the environment")
    outcome = manage("version", python=str(bare))
    assert outcome.stdout.startswith("5.2")


def test_an_error_from_within_a_command_keeps_its_traceback(django_db_setup: None) -> None:
    """A lock timeout is no lost connection, and must not be reported as one."""
    block = "DO $$ BEGIN RAISE EXCEPTION 'held up' USING ERRCODE = 'lock_not_available'; END $$"
    program = f'from django.db import connection; connection.cursor().execute("{block}")'
    outcome = manage("shell", "-c", program)
    assert outcome.returncode == 1
    assert "Traceback" in outcome.stderr
    assert "does not answer" not in outcome.stderr
