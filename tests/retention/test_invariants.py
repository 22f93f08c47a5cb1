"""Rules that the database holds, tried with raw SQL under the roles of the processes."""

from datetime import date

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from energy.models import Bill, DayReading, ImportWindow
from ledger.actor import Actor
from protection import datamap
from protection.rowsecurity import provider_rows, subject_rows
from retention.models import HeldBill, HeldDayReading, LegalHold, PurgeItem, RetentionRule
from retention.schedule import CLASSES
from retention.services import begin_purge, change_rule, place_hold, run_purge
from tests.conftest import ActAs, Connect
from tests.consent.factories import noticed
from tests.retention.factories import AS_OF, OPERATOR, administrator, committed_household, household, release_hold

OTHER = Actor.operator("Second Operator", "the second person")
JANUARY = date(2019, 1, 15)
COLUMNS = """
    SELECT column_name, data_type, character_maximum_length, numeric_precision, numeric_scale, is_nullable
    FROM information_schema.columns WHERE table_name = %s
"""


def columns_of(table: str) -> set[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [table])
        return set(cursor.fetchall())


@pytest.mark.django_db
@pytest.mark.parametrize(("original", "held"), [(DayReading, HeldDayReading), (Bill, HeldBill)])
def test_a_held_table_has_the_columns_of_its_original(original: type, held: type) -> None:
    assert columns_of(held._meta.db_table) == columns_of(original._meta.db_table)


@pytest.mark.django_db
def test_every_declared_class_has_a_rule_and_a_name() -> None:
    with_rule = set(RetentionRule.objects.current().values_list("retention_class", flat=True))
    assert datamap.retention_classes() <= with_rule
    assert datamap.retention_classes() <= set(CLASSES)


@pytest.mark.parametrize("role", ["web", "worker"])
@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE months.energy_dayreading_y2019m01",
        "ALTER TABLE energy_dayreading DETACH PARTITION months.energy_dayreading_y2019m01",
        "DELETE FROM energy_dayreading",
        "DELETE FROM months.energy_dayreading_y2019m01",
        "SELECT * FROM months.energy_dayreading_y2019m01",
        "TRUNCATE energy_dayreading",
        "DELETE FROM retention_helddayreading",
        "UPDATE retention_heldbill SET currency = 'EUR'",
        "DELETE FROM retention_legalhold",
        "UPDATE retention_purgeitem SET status = 'done'",
        "UPDATE retention_purgerun SET status = 'finished'",
        "INSERT INTO retention_certificate SELECT * FROM retention_certificate",
        "DELETE FROM retention_monthtally",
    ],
)
def test_web_and_worker_forget_nothing(committed_database: str, as_role: Connect, role: str, statement: str) -> None:
    committed_household([JANUARY])
    with as_role(role) as process, pytest.raises(psycopg.errors.InsufficientPrivilege):
        process.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE retention_legalhold SET reason = 'another'",
        "UPDATE retention_legalhold SET data_to = '2019-01-01'",
        "UPDATE retention_legalhold SET released_at = NULL",
        "DELETE FROM retention_legalhold",
        "UPDATE retention_certificate SET document = '{}'",
        "UPDATE retention_retentionrule SET months = 13",
        "DELETE FROM retention_retentionrule",
    ],
)
def test_not_even_the_purge_changes_what_was_ordered(
    committed_database: str, acting_as: ActAs, as_role: Connect, statement: str
) -> None:
    home = committed_household([JANUARY])
    with provider_rows():
        hold = place_hold(account=home.account, reason="A lawsuit", citation="Case 1", by=OPERATOR)
        release_hold(hold=hold, reason="The case is closed", by=OTHER)
    with acting_as("purge"):
        run_purge(run=begin_purge(by=OPERATOR, as_of=AS_OF))
    with as_role("purge") as purge, pytest.raises(psycopg.errors.InsufficientPrivilege):
        purge.execute(statement)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "values",
    [
        {"months": 12},
        {"months": 13, "floor_months": 11},
        {"months": 13, "floor_months": 13},
        {"citation": ""},
        {"cutoff": "whenever"},
    ],
)
def test_a_rule_cannot_undercut_the_floor(values: dict[str, object]) -> None:
    given = {"retention_class": "readings", "cutoff": "reading_day", "months": 60, "floor_months": 12, "citation": "c"}
    given |= {"valid_from": "2020-01-01T00:00Z", "valid_to": "2020-01-02T00:00Z", "created_by_name": "n"} | values
    with pytest.raises(IntegrityError), transaction.atomic():
        RetentionRule.objects.create(**given)


@pytest.mark.django_db(databases=["default"])
def test_an_items_numbers_add_up_or_are_refused() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'item_total_is_held_and_dropped'"
        )
        (definition,) = cursor.fetchone()
    assert "total = (held + dropped)" in definition
    run = begin_purge(by=OPERATOR, as_of=AS_OF)
    with pytest.raises(IntegrityError), transaction.atomic():
        PurgeItem.objects.create(
            run=run,
            position=0,
            retention_class="readings",
            action="drop_month",
            partition="p",
            before=AS_OF,
            planned_total=2,
            planned_held=0,
            total=2,
            dropped=1,
        )


@pytest.mark.rowscope("none")
@pytest.mark.django_db
def test_a_customer_sees_own_holds_and_held_rows_only() -> None:
    with provider_rows():
        mine, theirs = household(), household()
        own = place_hold(account=mine.account, reason="A lawsuit", citation="Case 1", by=OPERATOR)
        place_hold(account=theirs.account, reason="A lawsuit", citation="Case 2", by=OPERATOR)
        place_hold(account=mine.account, reason="An order", citation="Case 3", by=OPERATOR, is_confidential=True)
        everybody = place_hold(all_subjects=True, reason="An order", citation="Case 4", by=OPERATOR)
    assert not LegalHold.objects.exists()
    with subject_rows(user_id=0, customers=[mine.account.customer_id], accounts=[mine.account.pk]):
        assert set(LegalHold.objects.all()) == {own, everybody}


def test_held_rows_are_hidden_from_other_customers(committed_database: str, acting_as: ActAs) -> None:
    home, other = committed_household([JANUARY], [JANUARY]), committed_household()
    with provider_rows():
        place_hold(account=home.account, reason="A lawsuit", citation="Case 1", by=OPERATOR)
    with acting_as("purge"):
        run_purge(run=begin_purge(by=OPERATOR, as_of=AS_OF))
    for who, seen in ((home, 1), (other, 0)):
        with subject_rows(user_id=0, customers=[who.account.customer_id], accounts=[who.account.pk]):
            assert (HeldDayReading.objects.count(), HeldBill.objects.count()) == (seen, seen)


def test_dropping_a_month_locks_no_table_but_its_own(committed_database: str, as_role: Connect) -> None:
    """A drop that locked the accounts would stop the whole portal; foreign keys must not reach that far."""
    committed_household([JANUARY])
    with as_role("purge") as purge, purge.transaction():
        purge.execute("DROP TABLE months.energy_dayreading_y2019m01")
        locked = purge.execute(
            "SELECT DISTINCT relation::regclass::text FROM pg_locks WHERE pid = pg_backend_pid()"
            " AND mode = 'AccessExclusiveLock' AND relation IS NOT NULL"
        ).fetchall()
        names = {name.removeprefix("months.") for (name,) in locked}
        assert "energy_dayreading" in names
        assert not {name for name in names if name.startswith(("accounts_", "energy_bill"))}
        raise psycopg.Rollback


@pytest.mark.django_db
def test_a_longer_rule_opens_imports_as_far_once_the_notice_says_so() -> None:
    change_rule(retention_class="bills", months=84, citation="New law", reason="The law changed", by=administrator())
    assert ImportWindow.objects.get(retention_class="bills").months == 60
    noticed()
    assert ImportWindow.objects.get(retention_class="bills").months == 84
