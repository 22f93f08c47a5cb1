from contextlib import AbstractContextManager
from typing import Protocol

import psycopg
import pytest
from django.db import connection

from accounts.models import Customer, Recipient
from portal import databases
from tests.factories import CustomerFactory, RecipientFactory


class Connect(Protocol):
    def __call__(self, kind: str) -> AbstractContextManager[psycopg.Connection]: ...


LOGINS = ("deploy", "web", "worker", "purge")


@pytest.mark.django_db
def test_tests_run_as_the_web_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (databases.role("web"),)


@pytest.mark.django_db
@pytest.mark.database_role("purge")
def test_a_marker_changes_the_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (databases.role("purge"),)


@pytest.mark.django_db
def test_rows_are_rolled_back_first() -> None:
    assert Customer.objects.count() == 0
    CustomerFactory()
    assert Customer.objects.count() == 1


@pytest.mark.django_db
def test_rows_are_rolled_back_second() -> None:
    assert Customer.objects.count() == 0
    CustomerFactory()


@pytest.mark.parametrize("kind", LOGINS)
def test_no_login_is_a_member_of_another_login(as_role: Connect, kind: str) -> None:
    with as_role(kind) as own:
        for other in (login for login in LOGINS if login != kind):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                own.execute(f"SET ROLE {databases.role(other)}")  # type: ignore[arg-type]


def test_what_a_test_commits_is_seen_by_other_connections(committed_database: str, as_role: Connect) -> None:
    RecipientFactory()
    with as_role("worker") as other:
        other.execute("SELECT set_config('resguardo.scope', 'provider', false)")
        assert other.execute("SELECT count(*) FROM accounts_recipient").fetchone() == (1,)


def test_each_committed_database_starts_anew(committed_database: str) -> None:
    assert Recipient.objects.count() == 0
    RecipientFactory()


def test_djangos_connection_acts_as_another_role_for_a_block(committed_database: str, acting_as: Connect) -> None:
    def current() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            return str(cursor.fetchone()[0])

    with acting_as("purge"):
        assert current() == databases.role("purge")
    assert current() == databases.role("web")


@pytest.mark.django_db
@pytest.mark.rowscope("none")
def test_a_test_may_start_without_any_rows_in_sight() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('resguardo.scope', true), '')")
        assert cursor.fetchone()[0] != "provider"
