"""Readings of many accounts from CSV feeds: stored as Green Button's are, and counted to the last one."""

from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pytest
from django.db import connection

from accounts.models import Account
from energy.errors import AsOfRefused, ImportRefused
from energy.models import DayReading, ImportFinding, ImportRun, ReadingOverride, ReadingType, UsagePoint
from energy.services import MappingFile, export_greenbutton, import_csv, import_greenbutton, run_import, start_import
from energy.services.locking import lock_accounts
from ledger.actor import Actor
from ledger.models import Entry
from protection.clock import provider_today
from protection.files import open_file
from tests.energy.csvfeed.feeds import HOURS, LONG_HEAD, content, long_toml, wide_toml
from tests.energy.feeds import feed, hourly, readings_in
from tests.factories import AccountFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("worker")]
OPERATOR = Actor.operator("Robin Example", "a test")
AS_OF = date(2024, 6, 1)
WIDE_HEAD = ",".join(("SA", "Meter", "Day", *HOURS))


@pytest.fixture
def account() -> Account:
    return AccountFactory.create()


def take_in(text: str, *lines: str, as_of: date = AS_OF) -> ImportRun:
    run = import_csv(
        stream=content(*lines), name="feed.csv", mapping=MappingFile("map.toml", text), as_of=as_of, by=OPERATOR
    )
    counted = run.counters
    assert counted["readings"] == sum(counted[name] for name in ("inserted", "updated", "unchanged", "skipped"))
    return run


def became(run: ImportRun) -> dict[str, int]:
    return {name: run.counters[name] for name in ("inserted", "updated", "unchanged", "skipped") if run.counters[name]}


def codes(run: ImportRun) -> list[str]:
    return list(run.findings.order_by("pk").values_list("code", flat=True))


def hours(account: Account, values: dict[int, object], meter: str = "M1") -> list[str]:
    return [f"{account.number},{meter},2024-03-01T{hour:02}:00,{value}" for hour, value in values.items()]


def wide(account: Account, day: str, *values: object) -> str:
    return ",".join(map(str, (account.number, "M1", day, *values)))


def stored(account: Account) -> list[int]:
    days = DayReading.objects.filter(account=account).order_by("day")
    return [reading.value for day in days for reading in day.columns().readings()]


def test_readings_go_to_the_accounts_that_the_rows_name(account: Account) -> None:
    other = AccountFactory.create()
    run = take_in(long_toml(), LONG_HEAD, *hours(account, {0: 1, 1: 2}), *hours(other, {0: 3}))
    assert became(run) == {"inserted": 3}
    assert (stored(account), stored(other)) == ([1000, 2000], [3000])
    assert (run.kind, run.counters["usage_points"], run.counters["days"]) == (ImportRun.Kind.CSV_READINGS, 2, 1)
    assert run.counters["first"] == "2024-03-01T00:00:00-08:00"


def test_a_meter_is_made_once_and_says_what_its_numbers_mean(account: Account) -> None:
    text = long_toml(more={"unit": "U", "direction": "D"})
    rows = ["M1,2024-03-01,1,kWh,", "M1,2024-03-01,1,kWh,reverse", "G1,2024-03-01,1,therm,", "G1,2024-03-02,1,therm,"]
    run = take_in(text, f"{LONG_HEAD},U,D", *[f"{account.number},{row}" for row in rows])
    points = UsagePoint.objects.filter(account=account).order_by("pk")
    assert [(point.identifier, point.service_kind, point.import_run) for point in points] == [
        ("M1", 0, run.uuid),
        ("G1", 1, run.uuid),
    ]
    types = ReadingType.objects.in_bulk(
        DayReading.objects.filter(account=account).values_list("reading_type_id", flat=True)
    )
    meant = {(row.uom, row.power_of_ten, row.flow_direction, row.interval_length) for row in types.values()}
    assert meant == {(72, 0, 1, 3600), (72, 0, 19, 3600), (169, -3, 1, 3600)}


def test_a_meter_that_green_button_described_keeps_its_description(account: Account) -> None:
    point = UsagePoint.objects.create(account=account, identifier="M1", title="House", attributes={"status": 1})
    take_in(long_toml(), LONG_HEAD, *hours(account, {0: 1}))
    again = UsagePoint.objects.get(account=account)
    assert (again.pk, again.title, again.attributes) == (point.pk, "House", {"status": 1})


def test_the_same_file_again_changes_nothing(account: Account) -> None:
    lines = [LONG_HEAD, *hours(account, dict.fromkeys(range(24), 1.5))]
    take_in(long_toml(), *lines)
    before = list(DayReading.objects.values()), list(UsagePoint.objects.values())
    assert became(take_in(long_toml(), *lines)) == {"unchanged": 24}
    assert (list(DayReading.objects.values()), list(UsagePoint.objects.values())) == before


def test_a_corrected_file_updates_and_says_so(account: Account) -> None:
    take_in(long_toml(), LONG_HEAD, *hours(account, {0: 1, 1: 2}))
    run = take_in(long_toml(), LONG_HEAD, *hours(account, {0: 1, 1: 9}))
    assert (became(run), codes(run), stored(account)) == (
        {"updated": 1, "unchanged": 1},
        ["readings-corrected"],
        [1000, 9000],
    )


def test_long_and_wide_rows_of_the_same_hours_are_the_same_readings(account: Account) -> None:
    take_in(wide_toml(), WIDE_HEAD, wide(account, "2024-03-01", *range(24)))
    assert became(take_in(long_toml(), LONG_HEAD, *hours(account, {hour: hour for hour in range(24)}))) == {
        "unchanged": 24
    }


@pytest.mark.parametrize(("day", "readings"), [("2024-03-10", 23), ("2024-11-03", 25)])
def test_days_when_the_clocks_change_have_23_and_25_hours(account: Account, day: str, readings: int) -> None:
    text, head = wide_toml(repeated_columns=("H01b",)), f"{WIDE_HEAD},H01b"
    values: list[Any] = [*range(24), 100 if readings == 25 else ""]
    if readings == 23:
        values[2] = ""
    run = take_in(text, head, wide(account, day, *values), as_of=date(2024, 12, 1))
    assert became(run) == {"inserted": readings}
    assert DayReading.objects.get(account=account).reading_count == readings
    assert codes(run) == []


def test_rows_of_unknown_accounts_are_left_out_named_and_counted(account: Account) -> None:
    unknown = [f"no-{number},M1,2024-03-01,1" for number in range(25)]
    run = take_in(long_toml(), LONG_HEAD, *hours(account, {0: 1}), *unknown, unknown[0])
    assert became(run) == {"inserted": 1, "skipped": 26}
    found = list(ImportFinding.objects.filter(run=run, code="unknown-account").order_by("pk"))
    assert (found[0].line, found[0].message, found[0].count) == (3, "There is no account no-0", 2)
    assert (len(found), found[-1].count) == (21, 5)
    assert "5 more numbers" in found[-1].message


def test_a_feed_of_unknown_accounts_only_stores_nothing() -> None:
    run = take_in(long_toml(), LONG_HEAD, "1,M1,2024-03-01,1")
    assert (became(run), DayReading.objects.exists(), run.counters["first"]) == ({"skipped": 1}, False, None)


def test_rows_that_cannot_be_read_are_counted_as_skipped(account: Account) -> None:
    run = take_in(long_toml(), LONG_HEAD, *hours(account, {0: 1, 1: "n/a"}), f"{account.number},M1")
    assert (became(run), codes(run)) == ({"inserted": 1, "skipped": 2}, ["value-not-a-number", "wrong-column-count"])


def test_repeated_rows_are_kept_once_and_contradicting_ones_told(account: Account) -> None:
    rows = hours(account, {0: 1, 1: 2})
    run = take_in(long_toml(), LONG_HEAD, *rows, rows[0])
    assert became(run) == {"inserted": 2, "skipped": 1}
    other = take_in(long_toml(), LONG_HEAD, *hours(account, {5: 1}), *hours(account, {5: 2}))
    assert "duplicate-reading" in codes(other)
    assert DayReading.objects.get(account=account).total == 1000 + 2000 + 2000


def test_gaps_are_told_with_account_and_meter(account: Account) -> None:
    run = take_in(long_toml(), LONG_HEAD, *hours(account, {0: 1, 5: 2}))
    (gap,) = run.findings.filter(code="gap")
    assert gap.message == f"No readings of {account.number}, M1, 2024-03-01T09:00:00Z to 2024-03-01T13:00:00Z"


def test_costs_and_qualities_are_kept(account: Account) -> None:
    text = long_toml(more={"quality": "Q", "cost": "C"})
    take_in(text, f"{LONG_HEAD},Q,C", f"{account.number},M1,2024-03-01,1,8,0.25")
    day = DayReading.objects.get(account=account).columns()
    assert (day.qualities, day.costs) == ({0: 8}, {0: 25_000})


def test_a_corrected_reading_of_the_customer_outlives_the_feed(account: Account) -> None:
    take_in(long_toml(), LONG_HEAD, *hours(account, {0: 1, 1: 2}))
    day = DayReading.objects.get(account=account)
    ReadingOverride.objects.create(
        account=account,
        usage_point_id=day.usage_point_id,
        reading_type_id=day.reading_type_id,
        start=datetime(2024, 3, 1, 9, tzinfo=UTC),
        day=day.day,
        value=2000,
    )
    run = take_in(long_toml(), LONG_HEAD, *hours(account, {0: 5, 1: 6}))
    assert (became(run), stored(account)) == ({"updated": 1, "skipped": 1}, [5000, 2000])
    assert "override-kept" in codes(run)


def test_days_past_their_period_are_refused_and_counted(account: Account) -> None:
    rows = [f"{account.number},M1,{day}T00:00,1" for day in ("2024-03-01", "2024-03-02")]
    run = take_in(long_toml(), LONG_HEAD, *rows, as_of=date(2029, 3, 2))
    assert became(run) == {"inserted": 1, "skipped": 1}
    assert "before-retention" in codes(run)


def test_only_some_may_judge_a_file_by_a_past_day() -> None:
    staff = Actor.of(UserFactory.create(staff=True, bound=True))
    with pytest.raises(AsOfRefused):
        import_csv(stream=content(), name="x", mapping=MappingFile("m", long_toml()), as_of=AS_OF, by=staff)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (long_toml(), ["a,b", "1,2"]),
        (long_toml(), []),
        (long_toml(), [LONG_HEAD, "1,M1,2024-03-01,1", '1,"M1']),
        (long_toml(), [LONG_HEAD, "1,M1,2024-03-01,1", "1,M\0,2024-03-01,1"]),
        ("form = 'nothing'", [LONG_HEAD]),
    ],
)
def test_a_file_that_is_not_to_be_trusted_leaves_nothing(account: Account, text: str, lines: list[str]) -> None:
    given = [line.replace("1,M", f"{account.number},M") for line in lines]
    with pytest.raises(ImportRefused) as refused:
        take_in(text, *given)
    assert refused.value.remedy
    assert not DayReading.objects.exists()
    assert not ImportRun.objects.exists()
    assert not UsagePoint.objects.exists()


def test_a_day_that_no_meter_counts_is_refused(account: Account) -> None:
    with pytest.raises(ImportRefused, match="add up to more"):
        take_in(long_toml(decimals=0), LONG_HEAD, *hours(account, {0: 9e18, 1: 9e18}))


def test_the_original_and_the_mapping_are_kept_and_the_run_is_in_the_ledger(account: Account) -> None:
    lines = [LONG_HEAD, *hours(account, {0: 1})]
    run = take_in(long_toml(), *lines)
    assert run.original is not None
    assert (run.original.retention_class, run.original.content_type) == ("import_originals", "text/csv")
    with open_file(run.original) as original:
        assert original.read() == content(*lines).read()
    assert run.options == {"mapping": long_toml(), "mapping_name": "map.toml"}
    assert Entry.objects.filter(kind="import.finished").count() == 1


def test_a_waiting_file_is_taken_in_with_the_mapping_that_came_with_it(account: Account) -> None:
    run = start_import(
        kind=ImportRun.Kind.CSV_READINGS,
        stream=content(LONG_HEAD, f"{account.number},M1,{provider_today()},1"),
        name="feed.csv",
        mapping=MappingFile("map.toml", long_toml()),
        as_of=provider_today(),
        by=Actor.of(UserFactory.create(staff=True, bound=True)),
    )
    told: list[int] = []
    assert became(run_import(run=run, progress=told.append)) == {"inserted": 1}
    assert told[-1] == run.original.size  # type: ignore[union-attr]


def test_what_came_as_csv_goes_out_as_green_button(account: Account) -> None:
    take_in(long_toml(more={"quality": "Q"}), f"{LONG_HEAD},Q", f"{account.number},M 1/2,2024-03-01,1.5,8")
    target = BytesIO()
    export_greenbutton(target=target, account=account, from_=None, to=None, by=OPERATOR)
    target.seek(0)
    assert list(readings_in(target)) == [(1709280000, 3600, 1500, 8, None)]


def test_csv_and_green_button_of_one_account_stand_side_by_side(account: Account) -> None:
    import_greenbutton(stream=feed(hourly([7])), name="x", account=account, as_of=AS_OF, by=OPERATOR)
    take_in(long_toml(), LONG_HEAD, *hours(account, {0: 1}))
    assert DayReading.objects.filter(account=account).count() == 2


def advisory_locks() -> int:
    """Return how many advisory locks this transaction holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_more_accounts_than_there_are_locks_can_be_locked() -> None:
    lock_accounts(range(1, 20_001))
    assert advisory_locks() == 1
    lock_accounts(range(1, 100))
    assert advisory_locks() == 1 + 1 + 99
