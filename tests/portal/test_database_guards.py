"""Each guard that somebody with the owner's rights could take away is missed, by /healthz, check and commands."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from django.apps import apps
from django.core.checks import ERROR, WARNING
from django.db import connection
from django.test import Client

from portal import database_guards, databases
from portal.checks import the_databases_guards_stand
from portal.migration_state import PROJECT

Tamper = Callable[[str], None]


@pytest.fixture
def tamper(committed_database: str) -> Iterator[Tamper]:
    """Run a statement as the server's administrator."""
    with replace(databases.administrator(), database=committed_database).connect(autocommit=True) as superuser:

        def execute(statement: str) -> None:
            superuser.execute(statement)  # type: ignore[arg-type]

        yield execute


TAMPERINGS = [
    ("DROP TRIGGER append_only_row ON ledger_entry", "append_only", "ledger_entry lacks append_only_row"),
    (
        "DROP TRIGGER append_only_truncate ON rights_caseevent",
        "append_only",
        "rights_caseevent lacks append_only_trunc",
    ),
    ("ALTER TABLE ledger_sealed DISABLE TRIGGER append_only_row", "append_only", "ledger_sealed lacks append_only_row"),
    ("ALTER TABLE ledger_sealed ENABLE TRIGGER append_only_row", "append_only", "ledger_sealed lacks append_only_row"),
    ("ALTER TABLE ledger_checkpoint RENAME TO forgotten", "append_only", "ledger_checkpoint lacks append_only_row"),
    (
        (
            "DROP TRIGGER append_only_row ON energy_receipt; CREATE TRIGGER append_only_row BEFORE UPDATE OR DELETE"
            " ON energy_receipt FOR EACH ROW WHEN (false) EXECUTE FUNCTION rg_refuse_change('');"
            " ALTER TABLE energy_receipt ENABLE ALWAYS TRIGGER append_only_row"
        ),
        "append_only",
        "energy_receipt lacks append_only_row",
    ),
    ("ALTER TABLE disclosures_release DISABLE TRIGGER lawful_release", "triggers", "lawful_release"),
    ("ALTER TABLE retention_legalhold ENABLE REPLICA TRIGGER write_once", "triggers", "write_once"),
    ("ALTER TABLE accounts_customer DISABLE ROW LEVEL SECURITY", "row_security", "accounts_customer"),
    ("ALTER TABLE energy_dayreading NO FORCE ROW LEVEL SECURITY", "row_security", "energy_dayreading"),
    ("DROP POLICY scope ON consent_consent", "row_security", "consent_consent"),
    ("CREATE POLICY wide ON energy_bill USING (true)", "row_security", "the policy wide"),
]


def test_a_migrated_database_has_every_guard(committed_database: str) -> None:
    assert database_guards.faults() == []
    assert the_databases_guards_stand(None, databases=["default"]) == []
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


@pytest.mark.parametrize(("statement", "kind", "detail"), TAMPERINGS)
def test_a_guard_that_was_taken_away_is_found(tamper: Tamper, statement: str, kind: str, detail: str) -> None:
    tamper(statement)
    assert any(fault.kind == kind and detail in fault.detail for fault in database_guards.faults())


def test_a_guard_missing_on_one_partition_is_found(tamper: Tamper) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(inhrelid::regclass::text) FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
            " WHERE inhparent = 'disclosures_releaseline'::regclass"
        )
        (partition,) = cursor.fetchone()
    tamper(f"DROP TRIGGER append_only_truncate ON {partition}")
    (fault,) = database_guards.faults()
    assert fault == database_guards.Fault("append_only", f"{partition} lacks append_only_truncate")


def test_a_class_of_the_data_map_without_a_rule_is_found(tamper: Tamper) -> None:
    tamper("SET session_replication_role = replica")
    tamper("ALTER TABLE retention_retentionrule DISABLE TRIGGER write_once")
    tamper("DELETE FROM retention_retentionrule WHERE retention_class = 'bills'")
    tamper("ALTER TABLE retention_retentionrule ENABLE ALWAYS TRIGGER write_once")
    assert database_guards.faults() == [database_guards.Fault("retention", "no rule is in force for the class bills")]


def test_a_class_whose_rule_ends_needs_something_that_disposes_of_it(tamper: Tamper) -> None:
    tamper("ALTER TABLE retention_retentionrule DISABLE TRIGGER write_once")
    tamper("UPDATE retention_retentionrule SET months = 60 WHERE retention_class = 'ledger'")
    tamper("ALTER TABLE retention_retentionrule ENABLE ALWAYS TRIGGER write_once")
    found = database_guards.faults()
    assert database_guards.Fault("retention", "nothing disposes of ledger.Entry (class ledger)") in found
    assert all(fault.detail.endswith("(class ledger)") for fault in found)


def test_a_missing_migration_is_found_and_stops_no_migrate(tamper: Tamper) -> None:
    tamper("DELETE FROM django_migrations WHERE app = 'rights' AND name = '0002_rules'")
    assert database_guards.faults() == [database_guards.Fault("migrations", "not applied: rights.0002_rules")]
    (message,) = the_databases_guards_stand(None, databases=["default"])
    assert message.level == WARNING


def test_the_public_learns_the_kind_of_fault_and_the_log_the_rest(
    tamper: Tamper, caplog: pytest.LogCaptureFixture
) -> None:
    tamper("ALTER TABLE accounts_customer DISABLE ROW LEVEL SECURITY")
    with caplog.at_level(logging.ERROR, logger="portal.views"):
        answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "fault", "faults": ["row_security"]})
    assert "accounts_customer: row security is not enabled" in caplog.text


def test_the_system_check_fails_and_commands_warn(tamper: Tamper, committed_database: str) -> None:
    tamper("DROP TRIGGER append_only_row ON ledger_entry")
    (message,) = the_databases_guards_stand(None, databases=["default"])
    assert (message.level, message.id) == (ERROR, "portal.E001")

    def manage(*arguments: str) -> "subprocess.CompletedProcess[str]":
        given = {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings"}
        given.pop("RESGUARDO_PROCESS", None)
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=PROJECT, env=given, capture_output=True, text=True, check=False)

    checked = manage("check", "--database", "default")
    assert checked.returncode == 1
    assert "ledger_entry lacks append_only_row" in checked.stderr
    assert manage("list_api_clients").stderr.strip() == (
        "WARNING: the database's guards do not all stand (append_only):"
        " run `python manage.py check --database default`."
    )


def test_no_check_of_the_database_unless_it_is_asked_for() -> None:
    assert the_databases_guards_stand(None, databases=None) == []


def test_every_table_of_a_customer_is_derived_from_the_models() -> None:
    tables = database_guards.customers_tables()
    assert {"accounts_customer", "energy_importfinding", "rights_caseevent", "retention_heldbill"} <= tables
    assert "accounts_recipient" not in tables
    with_customer = {
        model._meta.db_table
        for model in apps.get_models()
        if {"customer", "account"} & {field.name for field in model._meta.concrete_fields}
    }
    assert with_customer <= tables


def test_asking_is_cheap(committed_database: str, django_assert_max_num_queries: Callable[..., object]) -> None:
    with django_assert_max_num_queries(8):  # type: ignore[attr-defined]
        database_guards.faults()


def test_healthz_says_503_while_the_database_does_not_answer(committed_database: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = f"{committed_database}_gone"
    try:
        answer = Client().get("/healthz")
    finally:
        connection.close()
        connection.settings_dict["NAME"] = committed_database
    assert answer.status_code == 503
    assert answer.json() == {"status": "fault", "faults": ["database"]}
