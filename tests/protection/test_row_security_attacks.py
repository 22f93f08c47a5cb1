"""Ways around row security and out of a role, tried in raw SQL by the processes that would be broken into."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from psycopg.errors import InsufficientPrivilege

from accounts.models import Customer
from energy.services import ensure_months
from portal import databases
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


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE public.trap (id bigint)",
        "CREATE VIEW public.trap AS SELECT 1",
        "CREATE SCHEMA trap",
        "CREATE FUNCTION public.rg_scope(integer) RETURNS text LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION rg_scope() RETURNS text LANGUAGE sql AS 'SELECT 1'",
        "CREATE TRIGGER trap BEFORE INSERT ON accounts_customer FOR EACH ROW EXECUTE FUNCTION rg_refuse_change()",
        "ALTER TABLE months.{child} SET SCHEMA public",
        "SET ROLE {months}; CREATE TABLE public.trap (id bigint)",
    ],
)
def test_purge_plants_nothing_where_others_look(as_role: Connect, statement: str) -> None:
    with as_role("purge") as opened:
        child = opened.execute(
            "SELECT relname FROM pg_class JOIN pg_inherits ON inhrelid = oid"
            " WHERE inhparent = 'energy_bill'::regclass LIMIT 1"
        ).fetchone()
        if child is None:
            opened.execute("SELECT energy_ensure_month('energy_bill', current_date)")
            child = opened.execute('SELECT to_char(current_date, \'"energy_bill_y"YYYY"m"MM\')').fetchone()
        assert child is not None
        with pytest.raises(InsufficientPrivilege):
            opened.execute(statement.format(child=child[0], months=databases.role("months")))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["web", "worker"])
@pytest.mark.parametrize("statement", ["CREATE TABLE months.trap (id bigint)", "SELECT FROM months.trap"])
def test_nobody_but_the_purge_enters_the_schema_of_months(as_role: Connect, kind: str, statement: str) -> None:
    with as_role(kind) as opened, pytest.raises(InsufficientPrivilege, match="schema months"):
        opened.execute(statement)


@pytest.mark.django_db
def test_partitions_of_usage_lie_in_the_schema_of_months() -> None:
    ensure_months(first=date(2024, 3, 1), last=date(2024, 3, 1))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT relnamespace::regnamespace::text FROM pg_class JOIN pg_inherits ON inhrelid = oid"
            " WHERE relkind = 'r' AND inhparent IN ('energy_dayreading'::regclass, 'energy_bill'::regclass)"
        )
        assert cursor.fetchall() == [("months",)]


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
