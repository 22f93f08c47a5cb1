from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from energy.models import Bill, DayReading, Receipt, UsagePoint
from energy.services import ensure_months
from protection.clock import provider_today
from protection.rowsecurity import no_rows, subject_rows
from tests.energy.factories import UsagePointFactory, make_bill, make_day
from tests.factories import AccountFactory

pytestmark = pytest.mark.django_db
DAY = date(2024, 3, 9)


def execute(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_a_customer_sees_only_the_readings_and_bills_of_their_account() -> None:
    own, foreign = UsagePointFactory.create(), UsagePointFactory.create()
    for point in (own, foreign):
        make_day(point, DAY)
        make_bill(point.account, DAY)
    with subject_rows(user_id=1, accounts=[own.account_id]):
        for model in (DayReading, Bill, UsagePoint):
            assert [row.account_id for row in model.objects.all()] == [own.account_id]


def test_nothing_is_visible_without_a_scope() -> None:
    point = UsagePointFactory.create()
    make_day(point, DAY)
    make_bill(point.account, DAY)
    with no_rows():
        assert not DayReading.objects.exists()
        assert not Bill.objects.exists()
        assert not UsagePoint.objects.exists()


def test_a_customer_cannot_write_readings_of_another_account() -> None:
    own, foreign = UsagePointFactory.create(), UsagePointFactory.create()
    ensure_months(first=DAY, last=DAY)
    with subject_rows(user_id=1, accounts=[own.account_id]), pytest.raises(DatabaseError), transaction.atomic():
        make_day(foreign, DAY)


@pytest.mark.parametrize("table", ["energy_dayreading", "energy_bill"])
@pytest.mark.parametrize(
    "command", ["DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}", "SELECT 1 FROM months.{}_y2024m03"]
)
def test_the_web_role_cannot_remove_usage_nor_go_around_the_parent(table: str, command: str) -> None:
    ensure_months(first=DAY, last=DAY)
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
        execute(command.format(table))


@pytest.mark.database_role("worker")
@pytest.mark.parametrize(
    "command",
    ["DELETE FROM {}", "DROP TABLE months.{}_y2024m03", "ALTER TABLE {0} DETACH PARTITION months.{0}_y2024m03"],
)
def test_the_worker_cannot_remove_usage(command: str) -> None:
    ensure_months(first=DAY, last=DAY)
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
        execute(command.format("energy_dayreading"))


@pytest.mark.database_role("purge")
def test_the_purge_role_drops_a_month() -> None:
    ensure_months(first=DAY, last=DAY)
    execute("ALTER TABLE energy_dayreading DETACH PARTITION months.energy_dayreading_y2024m03")
    execute("DROP TABLE months.energy_dayreading_y2024m03")
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('months.energy_dayreading_y2024m03')")
        assert cursor.fetchone() == (None,)


def test_a_month_is_made_once() -> None:
    assert ensure_months(first=DAY, last=DAY + timedelta(days=31)) == 4
    assert ensure_months(first=DAY, last=DAY + timedelta(days=31)) == 0


@pytest.mark.parametrize("years", [-60, 3])
def test_no_month_before_1990_nor_more_than_two_years_ahead(years: int) -> None:
    day = provider_today().replace(day=1)
    day = day.replace(year=day.year + years)
    with pytest.raises(DatabaseError, match="two years ahead"), transaction.atomic():
        ensure_months(first=day, last=day)


def test_only_the_two_tables_have_months() -> None:
    with pytest.raises(DatabaseError, match="not partitioned"):
        execute("SELECT energy_ensure_month('accounts_customer', '2024-01-01')")


def test_readings_belong_to_an_account_that_exists() -> None:
    point = UsagePointFactory.create()
    make_day(point, DAY)
    with pytest.raises(DatabaseError, match="foreign key"):
        execute("UPDATE energy_dayreading SET account_id = 999999999")


def test_a_day_without_readings_is_refused() -> None:
    make_day(UsagePointFactory.create(), DAY)
    with pytest.raises(DatabaseError, match="day_has_readings"):
        execute("UPDATE energy_dayreading SET reading_count = 0")


def test_a_bill_that_ends_before_it_begins_is_refused() -> None:
    make_bill(AccountFactory.create(), DAY)
    with pytest.raises(DatabaseError, match="bill_period_ordered"):
        execute("UPDATE energy_bill SET period_end = period_start - interval '1 day'")


def test_an_account_has_a_usage_point_once() -> None:
    point = UsagePointFactory.create()
    with pytest.raises(DatabaseError, match="usage_point_once"), transaction.atomic():
        UsagePointFactory.create(account=point.account, identifier=point.identifier)


def test_a_run_is_over_when_it_has_an_end() -> None:
    with pytest.raises(DatabaseError, match="import_finished_at_when_over"):
        execute(
            "INSERT INTO energy_importrun (uuid, kind, status, sha256, as_of, options, counters, progress, message,"
            " operator, reason, attempts) VALUES (gen_random_uuid(), 'greenbutton', 'finished', '', current_date,"
            " '{}', '{}', 0, '', '', '', 0)"
        )


def test_a_receipt_stays_as_it_is() -> None:
    Receipt.objects.create(kind="import.finished", entry_id=1, salt=b"s", evidence=b"{}")
    with pytest.raises(DatabaseError, match=r"append-only|permission denied"):
        execute("UPDATE energy_receipt SET kind = 'other'")
