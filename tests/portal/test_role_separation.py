from contextlib import AbstractContextManager
from typing import Protocol

import psycopg
import pytest
from django.db import connection

from accounts.models import Customer
from portal import databases
from tests.factories import CustomerFactory


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
