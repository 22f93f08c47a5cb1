import json
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from energy.models import Bill, DayReading
from ledger.actor import Actor
from protection.rowsecurity import provider_rows
from retention.disposal.closing import close_months
from retention.disposal.partitions import partitions_of
from retention.errors import FutureDateError
from retention.models import Certificate, HeldBill, HeldDayReading, MonthTally, PurgeItem, PurgeRun
from retention.services import begin_purge, place_hold, plan_purge, run_purge
from retention.waypoints import Waypoint, observed_by
from tests.conftest import ActAs
from tests.retention.factories import AS_OF, EXPIRED_BEFORE, OPERATOR, committed_household, days, release_hold

OTHER = Actor.operator("Second Operator", "the second person")
FIRST, LAST = date(2021, 1, 25), date(2021, 4, 5)


def purge(as_of: date = AS_OF) -> Certificate:
    certificate = run_purge(run=begin_purge(by=OPERATOR, as_of=as_of))
    assert certificate is not None
    return certificate


def totals(certificate: Certificate, retention_class: str) -> tuple[int, int, int]:
    classes = certificate.document["payload"]["classes"]
    (found,) = [entry for entry in classes if entry["retention_class"] == retention_class]
    return found["total"], found["held"], found["dropped"]


def reading_days(model: type[DayReading] | type[HeldDayReading] = DayReading) -> set[tuple[int, date]]:
    with provider_rows():
        return set(model.objects.values_list("account_id", "day"))


def test_the_purge_drops_exactly_what_is_past_five_years(committed_database: str, acting_as: ActAs) -> None:
    home = committed_household(days(FIRST, LAST), [date(2021, 2, 28), EXPIRED_BEFORE])
    with acting_as("purge"):
        certificate = purge()
    assert reading_days() == {(home.account.pk, day) for day in days(EXPIRED_BEFORE, LAST)}
    with provider_rows():
        assert list(Bill.objects.values_list("bill_date", flat=True)) == [EXPIRED_BEFORE]
    expired = len(days(FIRST, EXPIRED_BEFORE))
    assert totals(certificate, "readings") == (expired, 0, expired)
    assert totals(certificate, "bills") == (1, 0, 1)
    assert min(partition.first for partition in partitions_of("energy_dayreading")) == date(2021, 3, 1)


def test_held_rows_survive_and_are_counted(committed_database: str, acting_as: ActAs) -> None:
    held = committed_household(days(FIRST, LAST), [date(2021, 2, 28)])
    free = committed_household(days(FIRST, LAST), [date(2021, 2, 28)])
    with provider_rows():
        place_hold(
            customer=held.account.customer,
            data_from=date(2021, 2, 10),
            data_to=date(2021, 3, 10),
            reason="A lawsuit about the bill",
            citation="Case 1",
            by=OPERATOR,
        )
    with acting_as("purge"):
        certificate = purge()
    kept = {(held.account.pk, day) for day in days(date(2021, 2, 10), date(2021, 3, 10))}
    assert reading_days(HeldDayReading) == kept
    inside = {(home.account.pk, day) for home in (held, free) for day in days(EXPIRED_BEFORE, LAST)}
    assert reading_days() == inside
    expired = 2 * len(days(FIRST, EXPIRED_BEFORE))
    assert totals(certificate, "readings") == (expired, len(kept), expired - len(kept))
    assert totals(certificate, "bills") == (2, 1, 1)
    with provider_rows():
        assert list(HeldBill.objects.values_list("account_id", flat=True)) == [held.account.pk]


def test_held_rows_are_the_same_as_they_were(committed_database: str, acting_as: ActAs) -> None:
    home = committed_household([date(2021, 2, 10)], [date(2021, 2, 28)])
    with provider_rows():
        reading, bill = DayReading.objects.values().get(), Bill.objects.values().get()
        place_hold(account=home.account, reason="A lawsuit", citation="Case 1", by=OPERATOR)
    with acting_as("purge"):
        purge()
    with provider_rows():
        assert HeldDayReading.objects.values().get() == reading
        assert HeldBill.objects.values().get() == bill


def test_a_hold_on_everybody_keeps_everything(committed_database: str, acting_as: ActAs) -> None:
    for _number in range(2):
        committed_household(days(FIRST, LAST))
    with provider_rows():
        place_hold(all_subjects=True, reason="Order of the court", citation="Case 2", by=OPERATOR)
    with acting_as("purge"):
        certificate = purge()
    expired = 2 * len(days(FIRST, EXPIRED_BEFORE))
    assert totals(certificate, "readings") == (expired, expired, 0)
    assert len(reading_days(HeldDayReading)) == expired


def test_what_a_released_hold_kept_goes_with_the_next_purge(committed_database: str, acting_as: ActAs) -> None:
    first, second = committed_household([FIRST]), committed_household([FIRST])
    with provider_rows():
        ended = place_hold(account=first.account, reason="A lawsuit", citation="Case 1", by=OPERATOR)
        place_hold(account=second.account, reason="A lawsuit", citation="Case 2", by=OPERATOR)
    with acting_as("purge"):
        purge()
    with provider_rows():
        release_hold(hold=ended, reason="The case is closed", by=OTHER)
    with acting_as("purge"):
        certificate = purge()
    assert totals(certificate, "readings") == (2, 1, 1)
    assert reading_days(HeldDayReading) == {(second.account.pk, FIRST)}


def test_a_second_run_of_the_same_day_finds_nothing(committed_database: str, acting_as: ActAs) -> None:
    committed_household(days(FIRST, LAST), [date(2021, 2, 28)])
    with acting_as("purge"):
        purge()
        before = reading_days()
        certificate = purge()
    assert totals(certificate, "readings") == (0, 0, 0)
    assert reading_days() == before


def test_two_nightly_beats_make_one_run(committed_database: str, acting_as: ActAs) -> None:
    committed_household([FIRST])
    with acting_as("purge"):
        first = begin_purge(by=Actor.system("purge"), as_of=AS_OF, trigger=PurgeRun.Trigger.NIGHTLY)
        certificate = run_purge(run=first)
        second = begin_purge(by=Actor.system("purge"), as_of=AS_OF, trigger=PurgeRun.Trigger.NIGHTLY)
        again = run_purge(run=second)
    assert first == second
    assert certificate == again
    assert Certificate.objects.count() == 1


def test_the_plan_says_what_the_run_does(committed_database: str, acting_as: ActAs) -> None:
    home = committed_household(days(FIRST, LAST), [date(2021, 2, 28)])
    committed_household(days(FIRST, LAST))
    with provider_rows():
        place_hold(account=home.account, reason="A lawsuit", citation="Case 1", by=OPERATOR)
        plan = plan_purge(as_of=AS_OF)
    with acting_as("purge"):
        certificate = purge()
    for entry in plan.classes():
        expected = (entry["total"], entry["held"], entry["to_drop"])
        assert totals(certificate, entry["retention_class"]) == expected
    assert certificate.document["payload"]["plan"]["digest"] == plan.digest


def test_a_closed_month_is_planned_and_purged_from_its_tally(committed_database: str, acting_as: ActAs) -> None:
    home = committed_household(days(FIRST, LAST), [date(2021, 2, 28)])
    with provider_rows():
        open_plan = plan_purge(as_of=AS_OF).as_json()
    with acting_as("purge"):
        assert close_months(limit=100) == len(partitions_of("energy_dayreading")) + len(partitions_of("energy_bill"))
        february = MonthTally.objects.get(table_name="energy_dayreading", month=date(2021, 2, 1))
        with provider_rows():
            closed_plan = plan_purge(as_of=AS_OF).as_json()
        certificate = purge()
    assert (february.rows, february.readings) == (28, 28 * 24)
    assert closed_plan["classes"] == open_plan["classes"]
    items = certificate.document["payload"]["items"]
    (item,) = [entry for entry in items if entry["partition"] == "energy_dayreading_y2021m02"]
    assert item["digest"] == bytes(february.digest).hex()
    assert (home.account.pk, FIRST) not in reading_days()
    assert not MonthTally.objects.filter(month=date(2021, 2, 1)).exists()


def test_a_write_to_a_closed_month_reopens_it(committed_database: str, acting_as: ActAs) -> None:
    home = committed_household(days(FIRST, date(2021, 3, 1)))
    with acting_as("purge"):
        close_months(limit=100)
    assert MonthTally.objects.filter(table_name="energy_dayreading").count() == 2
    with provider_rows():
        DayReading.objects.filter(account=home.account, day=date(2021, 2, 3)).update(total=1)
    assert list(MonthTally.objects.values_list("month", flat=True)) == [date(2021, 1, 1)]


def test_more_rows_than_planned_stop_the_run(committed_database: str, acting_as: ActAs) -> None:
    committed_household([FIRST])
    with acting_as("purge"):
        run = begin_purge(by=OPERATOR, as_of=AS_OF)
    late = committed_household([FIRST])
    with acting_as("purge"):
        certificate = run_purge(run=run)
    assert certificate is not None
    run.refresh_from_db()
    assert run.status == PurgeRun.Status.STOPPED
    assert "2 rows would be dropped, the plan says 1" in run.stopped_because
    assert (late.account.pk, FIRST) in reading_days()
    item = run.items.get(partition="energy_dayreading_y2021m01")
    assert item.status == PurgeItem.Status.LEFT
    assert "plan" in item.last_error


def test_a_hold_after_the_plan_shrinks_the_run(committed_database: str, acting_as: ActAs) -> None:
    home = committed_household([FIRST])
    with acting_as("purge"):
        run = begin_purge(by=OPERATOR, as_of=AS_OF)
    with provider_rows():
        hold = place_hold(account=home.account, reason="A lawsuit", citation="Case 1", by=OPERATOR)
    with acting_as("purge"):
        certificate = run_purge(run=run)
    assert certificate is not None
    assert totals(certificate, "readings") == (1, 1, 0)
    (item,) = [entry for entry in certificate.document["payload"]["items"] if entry["total"]]
    assert item["holds"] == [str(hold.uuid)]


def test_the_journal_says_intent_before_and_outcome_after(committed_database: str, acting_as: ActAs) -> None:
    journal = Path(settings.JOURNAL_DIR) / "purges.jsonl"
    start = journal.stat().st_size if journal.exists() else 0
    committed_household([FIRST])
    with acting_as("purge"):
        run = begin_purge(by=OPERATOR, as_of=AS_OF)
        run_purge(run=run)
    lines = [json.loads(line) for line in journal.read_bytes()[start:].splitlines()]
    events = [(line["partition"], line["event"]) for line in lines if line["run"] == str(run.uuid)]
    assert events == [("energy_dayreading_y2021m01", "intent"), ("energy_dayreading_y2021m01", "outcome")]
    assert lines[-1]["dropped"] == 1


def test_a_day_to_come_is_refused_outside_demo_and_test(
    committed_database: str, acting_as: ActAs, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.conf.settings.ENVIRONMENT", "production")
    with acting_as("purge"), pytest.raises(FutureDateError):
        begin_purge(by=OPERATOR, as_of=date(2126, 1, 1))


def test_a_trim_takes_its_numbers_from_the_closing_and_leaves_the_rest_closed(
    committed_database: str, acting_as: ActAs
) -> None:
    held = committed_household(days(date(2021, 3, 1), date(2021, 4, 1)))
    committed_household(days(date(2021, 3, 1), date(2021, 4, 1)))
    with provider_rows():
        place_hold(account=held.account, reason="Claim", citation="Order 7", by=OPERATOR)
    with acting_as("purge"), provider_rows():
        close_months(limit=100)
        closed = MonthTally.objects.get(table_name="energy_dayreading")
    with acting_as("purge"):
        item = purge().run.items.get(partition="energy_dayreading_y2021m03")
    assert (item.total, item.held, item.dropped) == (28, 14, 14)
    rest = MonthTally.objects.get(pk=closed.pk)
    assert (rest.rows, rest.oldest, rest.days) == (34, EXPIRED_BEFORE, closed.days[14:])
    with acting_as("purge"):
        whole = purge(date(2026, 4, 1)).run.items.get(partition="energy_dayreading_y2021m03")
    assert (whole.total, whole.held, whole.digest) == (34, 17, bytes(rest.digest).hex())
    assert not MonthTally.objects.filter(pk=closed.pk).exists()


def test_a_month_is_dropped_after_all_else_is_written_since_readers_wait_from_then_on(
    committed_database: str, acting_as: ActAs
) -> None:
    committed_household(days(date(2021, 1, 1), date(2021, 2, 1)))
    seen: dict[Waypoint, tuple[str, bool]] = {}

    def look(point: Waypoint, subject: PurgeItem | PurgeRun) -> None:
        if point in {Waypoint.DROP_DUE, Waypoint.DROPPED} and isinstance(subject, PurgeItem):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) > 0 FROM pg_locks WHERE pid = pg_backend_pid() AND mode = 'AccessExclusiveLock'"
                    " AND relation = 'energy_dayreading'::regclass"
                )
                (is_locked,) = cursor.fetchone()
            seen[point] = (PurgeItem.objects.get(pk=subject.pk).status, is_locked)

    with acting_as("purge"), observed_by(look):
        purge()
    assert seen == {Waypoint.DROP_DUE: ("done", False), Waypoint.DROPPED: ("done", True)}
