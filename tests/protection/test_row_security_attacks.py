"""Ways around row security and out of a role, tried in raw SQL by the processes that would be broken into."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from psycopg.errors import InsufficientPrivilege

from accounts.models import Customer
from protection.rowsecurity import no_rows, provider_rows, subject_rows
from tests.factories import CustomerFactory

Connect = Callable[[str], AbstractContextManager[psycopg.Connection]]


@pytest.mark.parametrize("kind", ["web", "worker", "purge"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE protection_sealedfile SET sha256 = sha256",
        "UPDATE protection_sealedfile SET key_id = key_id",
        "DELETE FROM protection_sealedfile",
    ],
)
def test_nobody_rewrites_what_a_sealed_file_is(as_role: Connect, kind: str, statement: str) -> None:
    with as_role(kind) as opened, pytest.raises(InsufficientPrivilege):
        opened.execute(statement)


@pytest.mark.parametrize("kind", ["web", "worker"])
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE public.trap (id bigint)",
        "CREATE SCHEMA trap",
        "CREATE FUNCTION public.rg_scope(integer) RETURNS text LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE accounts_customer NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY scope ON accounts_customer",
        "CREATE POLICY open ON accounts_customer USING (true)",
        "COPY accounts_customer TO PROGRAM 'cat'",
        "SET row_security = off; SELECT * FROM accounts_customer",
    ],
)
def test_process_cannot_open_row_security(as_role: Connect, kind: str, statement: str) -> None:
    with as_role(kind) as opened, pytest.raises(InsufficientPrivilege):
        opened.execute(statement)


@pytest.mark.django_db
def test_every_privileged_function_looks_in_the_temporary_schema_last() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef"
            " AND NOT coalesce(proconfig::text, '') ~ 'search_path=[^\"]*, pg_temp\"'"
        )
        assert cursor.fetchall() == []


@pytest.mark.django_db
def test_no_partition_is_open_to_those_whom_its_parent_guards() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, grantee::regrole FROM pg_class, aclexplode(relacl)"
            " WHERE relispartition AND relkind = 'r' AND grantee <> relowner"
            " AND grantee::regrole::text ~ '_(web|worker)$'"
        )
        assert cursor.fetchall() == []


@pytest.mark.django_db
@pytest.mark.rowscope("none")
def test_failure_inside_a_scope_leaves_the_outer_one() -> None:
    with provider_rows():
        customer = CustomerFactory()
    with no_rows():
        with pytest.raises(IntegrityError), subject_rows(user_id=1, customers=[customer.pk]):
            Customer.objects.update(kind="nothing")
        assert Customer.objects.count() == 0
        with subject_rows(user_id=1, customers=[customer.pk]), transaction.atomic():
            transaction.set_rollback(True)
        assert Customer.objects.count() == 0
    assert Customer.objects.count() == 0
