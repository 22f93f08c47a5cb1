"""Months that are closed and free go in one transaction; whatever needs more goes alone, and nothing is lost by it."""

from collections import Counter
from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection, transaction
from psycopg import sql

from energy.models import DayReading
from ledger.models import Entry
from ledger.verify import main as verify
from protection.rowsecurity import provider_rows
from retention.certificates import path_of
from retention.disposal.closing import close_months
from retention.disposal.locks import execute_patiently, execute_shortly
from retention.errors import PurgeBusyError, RetentionError
from retention.models import HeldDayReading, MonthTally, PurgeItem, PurgeRun
from retention.services import approve_purge_plan, make_purge_plan, pause_purge, place_hold, run_purge, start_purge
from retention.waypoints import Subject, Waypoint, observed_by
from tests.conftest import ActAs
from tests.energy.factories import make_day
from tests.retention.factories import AS_OF, OPERATOR, SECOND_OPERATOR, Household, committed_household

MONTHS = [date(2020, month, 5) for month in (1, 2, 3, 4)]
NAMES = [f"energy_dayreading_y{month:%Ym%m}" for month in MONTHS]


def started(acting_as: ActAs) -> PurgeRun:
    """Return an approved run of the closed months."""
    with acting_as("purge"):
        with provider_rows():
            close_months(limit=100)
        plan = make_purge_plan(by=OPERATOR, as_of=AS_OF)
        return start_purge(plan=approve_purge_plan(plan=plan, by=SECOND_OPERATOR), by=OPERATOR)


class Watch:
    """Notes in which transaction each month was dropped, and does something once at a point."""

    def __init__(self, at: Waypoint | None = None, partition: str = "", act: Callable[[], object] = int) -> None:
        self.at, self.partition, self.act = at, partition, act
        self.dropped: dict[str, int] = {}

    def __call__(self, point: Waypoint, subject: Subject) -> None:
        if not isinstance(subject, PurgeItem):
            return
        if (point, subject.partition) == (self.at, self.partition):
            self.at = None
            self.act()
        if point == Waypoint.COMMIT_DUE:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_current_xact_id()::text::bigint")
                (self.dropped[subject.partition],) = cursor.fetchone()

    def sizes(self) -> list[int]:
        """Return how many months went with each transaction, the most first."""
        return sorted(Counter(self.dropped.values()).values(), reverse=True)


def purged(run: PurgeRun, acting_as: ActAs, watch: Watch) -> None:
    """Carry a run out and see that its certificate holds."""
    with acting_as("purge"), observed_by(watch):
        certificate = run_purge(run=run)
    assert certificate is not None
    assert verify([str(path_of(certificate))]) == 0


def days(model: type[DayReading] | type[HeldDayReading]) -> list[date]:
    with provider_rows():
        return list(model.objects.order_by("day").values_list("day", flat=True))


def place(home: Household, **period: date) -> None:
    with provider_rows():
        place_hold(account=home.account, reason="A lawsuit", citation="Case 1", by=OPERATOR, **period)


def test_free_closed_months_go_in_one_transaction_each_with_its_numbers_and_entry(
    committed_database: str, acting_as: ActAs
) -> None:
    committed_household(MONTHS)
    committed_household(MONTHS[1:])
    run = started(acting_as)
    closings = {tally.month: bytes(tally.digest).hex() for tally in MonthTally.objects.all()}
    purged(run, acting_as, watch := Watch())
    assert watch.sizes() == [4]
    items = list(run.items.order_by("position"))
    assert [(item.status, item.total, item.held, item.dropped) for item in items] == [
        ("done", rows, 0, rows) for rows in (1, 2, 2, 2)
    ]
    assert [item.digest for item in items] == [closings[month.replace(day=1)] for month in MONTHS]
    assert Entry.objects.filter(pk__in=[item.entry_id for item in items], kind="purge.item_done").count() == 4
    assert all(item.bytes for item in items)
    assert days(DayReading) == []
    assert not MonthTally.objects.exists()


def test_a_hold_after_the_plan_has_its_months_go_alone_and_the_others_together(
    committed_database: str, acting_as: ActAs
) -> None:
    home = committed_household(MONTHS)
    committed_household(MONTHS)
    run = started(acting_as)
    place(home, data_from=date(2020, 2, 1), data_to=date(2020, 3, 1))
    purged(run, acting_as, watch := Watch())
    assert watch.sizes() == [3, 1]
    assert (days(DayReading), days(HeldDayReading)) == ([], [MONTHS[1]])


@pytest.mark.parametrize("point", [Waypoint.INTENT_DUE, Waypoint.INTENT_WRITTEN])
def test_a_hold_placed_after_the_claim_keeps_all_it_covers(
    committed_database: str, acting_as: ActAs, point: Waypoint
) -> None:
    home = committed_household(MONTHS)
    run = started(acting_as)

    def clerk_places() -> None:
        with acting_as("web"):
            place(home)

    purged(run, acting_as, Watch(point, NAMES[2], clerk_places))
    assert (days(DayReading), days(HeldDayReading)) == ([], MONTHS)


def test_a_month_written_to_since_the_plan_goes_alone(committed_database: str, acting_as: ActAs) -> None:
    home = committed_household(MONTHS)
    run = started(acting_as)
    with provider_rows():
        DayReading.objects.filter(account=home.account, day=MONTHS[0]).update(total=1)
    purged(run, acting_as, watch := Watch())
    assert (watch.sizes(), days(DayReading)) == ([3, 1], [])


def test_more_rows_than_planned_stop_the_run_before_that_month(committed_database: str, acting_as: ActAs) -> None:
    home = committed_household(MONTHS)
    run = started(acting_as)
    with provider_rows():
        make_day(home.meter, date(2020, 3, 9))
    with acting_as("purge"):
        close_months(limit=100)
    purged(run, acting_as, watch := Watch())
    run.refresh_from_db()
    assert (run.status, watch.sizes()) == (PurgeRun.Status.STOPPED, [1, 1])
    assert days(DayReading) == [MONTHS[2], date(2020, 3, 9), MONTHS[3]]


def test_a_fault_of_one_month_takes_all_back_and_the_others_pass_alone(
    committed_database: str, acting_as: ActAs
) -> None:
    committed_household(MONTHS)
    run = started(acting_as)

    def fail() -> None:
        raise RetentionError("it is poison")

    purged(run, acting_as, watch := Watch(Waypoint.DROPPED, NAMES[1], fail))
    assert (watch.sizes(), days(DayReading)) == ([1, 1, 1, 1], [])
    assert not run.items.exclude(attempts=1).exists()


def test_a_run_paused_before_its_months_drops_none(committed_database: str, acting_as: ActAs) -> None:
    committed_household(MONTHS)
    run = started(acting_as)

    def pause() -> None:
        with acting_as("web"):
            pause_purge(run=run, reason="Slow pages", by=OPERATOR)

    with acting_as("purge"), observed_by(Watch(Waypoint.INTENT_WRITTEN, NAMES[3], pause)):
        assert run_purge(run=run) is None
    assert days(DayReading) == MONTHS
    assert not run.items.exclude(attempts=0).exists()


def lock_timeout() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout') || ' ' || current_setting('statement_timeout')")
        return str(cursor.fetchone()[0])


def test_a_statement_that_keeps_readers_out_for_long_is_broken_off(db: None) -> None:
    before = lock_timeout()
    with transaction.atomic():
        with pytest.raises(PurgeBusyError):
            execute_shortly(sql.SQL("SELECT pg_sleep(1)"))
        assert lock_timeout() == before
        execute_shortly(sql.SQL("SELECT 1"))
        execute_patiently(sql.SQL("SELECT 1"))
        assert lock_timeout() == before
