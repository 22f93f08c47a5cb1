from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest

from accounts.errors import NotAllowedError
from accounts.models import Account
from energy.errors import AsOfRefused, ImportRefused
from energy.models import Bill, DayReading, ImportRun, ReadingOverride, ReadingType, Receipt, UsagePoint
from energy.services import fail_import, import_greenbutton, run_import, start_import
from ledger.actor import Actor
from ledger.models import Entry
from protection.clock import provider_today
from protection.files import open_file
from protection.models import SealedFile
from tests.energy.feeds import MIDNIGHT, NEEDS_SAMPLES, SAMPLES, feed, hourly, readings_in, summary
from tests.factories import AccountFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("worker")]
OPERATOR = Actor.operator("Robin Example", "a test")
AS_OF = date(2024, 6, 1)
FIRST_OF_MARCH = date(2024, 3, 1)


@pytest.fixture
def account() -> Account:
    return AccountFactory.create()


def take_in(account: Account, stream: BinaryIO, as_of: date = AS_OF) -> ImportRun:
    return import_greenbutton(stream=stream, name="feed.xml", account=account, as_of=as_of, by=OPERATOR)


def counts(run: ImportRun) -> dict[str, int]:
    return {name: run.counters[name] for name in ("inserted", "updated", "unchanged", "skipped")}


def became(**given: int) -> dict[str, int]:
    return {"inserted": 0, "updated": 0, "unchanged": 0, "skipped": 0, **given}


def codes(run: ImportRun) -> set[str]:
    return set(run.findings.values_list("code", flat=True))


def stored(account: Account) -> list[tuple[int, int]]:
    days = DayReading.objects.filter(account=account).order_by("day")
    return [(row.start, row.value) for day in days for row in day.columns().readings()]


def test_a_feed_is_stored_by_civil_day_of_the_provider(account: Account) -> None:
    run = take_in(account, feed(hourly(range(48))))
    assert counts(run) == became(inserted=48)
    days = DayReading.objects.filter(account=account).order_by("day")
    assert [(day.day, day.reading_count, day.total) for day in days] == [
        (FIRST_OF_MARCH, 24, sum(range(24))),
        (date(2024, 3, 2), 24, sum(range(24, 48))),
    ]
    assert run.counters["first"] == "2024-03-01T00:00:00-08:00"
    assert run.counters["last"] == "2024-03-02T23:00:00-08:00"


@pytest.mark.parametrize(("day", "hours"), [(date(2024, 3, 10), 23), (date(2024, 11, 3), 25)])
def test_the_days_when_clocks_change_have_23_and_25_hours(account: Account, day: date, hours: int) -> None:
    start = int(datetime(day.year, day.month, day.day, 7 if hours == 25 else 8, tzinfo=UTC).timestamp())
    take_in(account, feed(hourly(range(hours + 24), start=start)), date(2025, 1, 1))
    assert DayReading.objects.get(account=account, day=day).reading_count == hours
    assert DayReading.objects.get(account=account, day=day + timedelta(days=1)).reading_count == 24


def test_the_same_file_again_changes_nothing(account: Account) -> None:
    given = feed(hourly(range(48), costs={0: 5}, qualities={7: 8}), summary())
    first = take_in(account, given)
    given.seek(0)
    before = list(DayReading.objects.order_by("day").values())
    again = take_in(account, given)
    assert counts(again) == became(unchanged=48)
    assert list(DayReading.objects.order_by("day").values()) == before
    assert {row["import_run_id"] for row in before} == {first.pk}
    assert Bill.objects.count() == 1


def test_a_corrected_file_updates_and_says_so(account: Account) -> None:
    take_in(account, feed(hourly(range(48))))
    values = list(range(48))
    values[30] = 999
    run = take_in(account, feed(hourly(values)))
    assert counts(run) == became(updated=1, unchanged=47)
    assert "readings-corrected" in codes(run)
    assert [value for _, value in stored(account)] == values
    runs = DayReading.objects.filter(account=account).order_by("day").values_list("import_run_id", flat=True)
    assert list(runs) != [run.pk, run.pk]
    assert list(runs)[1] == run.pk


def test_a_changed_cost_or_quality_is_a_correction(account: Account) -> None:
    take_in(account, feed(hourly(range(24))))
    run = take_in(account, feed(hourly(range(24), costs={3: 100}, qualities={4: 8})))
    assert counts(run) == became(updated=2, unchanged=22)
    day = DayReading.objects.get(account=account).columns()
    assert (day.costs, day.qualities) == ({3: 100}, {4: 8})


def test_overlapping_files_merge_within_a_day(account: Account) -> None:
    take_in(account, feed(hourly(range(18))))
    run = take_in(account, feed(hourly(range(12, 30), start=MIDNIGHT + 12 * 3600)))
    assert counts(run) == became(inserted=12, unchanged=6)
    assert [value for _, value in stored(account)] == list(range(30))
    assert DayReading.objects.filter(account=account).count() == 2


def test_a_shorter_file_removes_nothing(account: Account) -> None:
    take_in(account, feed(hourly(range(24))))
    run = take_in(account, feed(hourly(range(5))))
    assert counts(run) == became(unchanged=5)
    assert len(stored(account)) == 24


def test_blocks_out_of_order_and_split_days_are_put_together(account: Account) -> None:
    late, early = hourly(range(12, 36), start=MIDNIGHT + 12 * 3600), hourly(range(12))
    run = take_in(account, feed(late, early))
    assert counts(run) == became(inserted=36)
    assert [value for _, value in stored(account)] == list(range(36))


def test_repeated_readings_are_kept_once_and_counted(account: Account) -> None:
    run = take_in(account, feed(hourly(range(24)), hourly(range(6))))
    assert counts(run) == became(inserted=24, skipped=6)
    assert run.counters["readings"] == 30
    assert DayReading.objects.get(account=account).total == sum(range(24))


def test_two_values_for_one_start_are_both_kept_and_the_later_counts(account: Account) -> None:
    run = take_in(account, feed(hourly(range(24)), hourly([100])))
    assert counts(run) == became(inserted=25)
    assert "duplicate-reading" in codes(run)
    day = DayReading.objects.get(account=account)
    assert day.columns().values[:3] == [0, 100, 1]
    assert day.total == sum(range(24)) + 100


def test_intervals_longer_than_a_day_keep_start_and_length(account: Account) -> None:
    month = hourly([31_000], seconds=31 * 86_400)
    take_in(account, feed(month, service_kind=1, uom=169, commodity=7))
    day = DayReading.objects.get(account=account)
    assert (day.day, day.interval_length, day.columns().durations) == (FIRST_OF_MARCH, 31 * 86_400, [31 * 86_400])


def test_gaps_are_reported_and_not_filled(account: Account) -> None:
    run = take_in(account, feed(hourly(range(5)), hourly(range(5), start=MIDNIGHT + 10 * 3600)))
    assert "gap" in codes(run)
    assert [start for start, _ in stored(account)][4:6] == [MIDNIGHT + 4 * 3600, MIDNIGHT + 10 * 3600]


def test_a_corrected_reading_of_the_customer_outlives_the_feed(account: Account) -> None:
    take_in(account, feed(hourly(range(24))))
    day = DayReading.objects.get(account=account)
    override = ReadingOverride.objects.create(
        account=account,
        usage_point_id=day.usage_point_id,
        reading_type_id=day.reading_type_id,
        start=datetime.fromtimestamp(MIDNIGHT + 3600, UTC),
        day=day.day,
        value=77,
    )
    run = take_in(account, feed(hourly([10, 11, 12])))
    assert counts(run) == became(updated=2, skipped=1)
    assert "override-kept" in codes(run)
    assert [value for _, value in stored(account)][:3] == [10, 1, 12]
    DayReading.objects.filter(account=account).update(day=day.day + timedelta(days=1))
    run = take_in(account, feed(hourly([10, 11, 12])))
    kept = DayReading.objects.get(account=account, day=override.day).columns().values
    assert kept == [10, 77, 12]


def test_days_past_their_period_are_refused_and_counted(account: Account) -> None:
    run = take_in(account, feed(hourly(range(48)), summary(days=1)), date(2029, 3, 2))
    assert counts(run) == became(inserted=24, skipped=24)
    assert [day.day for day in DayReading.objects.filter(account=account)] == [date(2024, 3, 2)]
    assert {"before-retention", "bill-before-retention"} <= codes(run)


def test_readings_too_far_ahead_are_refused_and_counted(account: Account) -> None:
    run = take_in(account, feed(hourly(range(24), start=MIDNIGHT + 20 * 365 * 86_400)))
    assert counts(run) == became(skipped=24)
    assert "too-far-ahead" in codes(run)


def test_only_some_may_judge_a_file_by_a_past_day(account: Account) -> None:
    staff = Actor.of(UserFactory.create(staff=True, bound=True))
    with pytest.raises(AsOfRefused):
        import_greenbutton(stream=feed(hourly([1])), name="x", account=account, as_of=AS_OF, by=staff)


def test_energy_given_to_the_grid_is_a_series_of_its_own(account: Account) -> None:
    take_in(account, feed(hourly(range(24))))
    take_in(account, feed(hourly(range(24)), flow_direction=19))
    assert DayReading.objects.filter(account=account).count() == 2
    assert set(ReadingType.objects.values_list("flow_direction", flat=True)) == {1, 19}
    assert UsagePoint.objects.filter(account=account).count() == 1


def test_a_bill_keeps_amounts_period_and_lines(account: Account) -> None:
    take_in(account, feed(summary()))
    bill = Bill.objects.get(account=account)
    assert bill.bill_date == date(2024, 3, 31)
    assert (bill.amount_due, bill.currency) == (Decimal("81.40"), "USD")
    assert (bill.consumption, bill.unit) == (Decimal("412.5"), "kWh")
    assert bill.line_items == [{"note": "Energy", "amount": "81.40000", "kind": 3}]


def test_a_corrected_bill_takes_the_place_of_the_former(account: Account) -> None:
    take_in(account, feed(summary()))
    run = take_in(account, feed(summary(amount=9_000_000)))
    assert Bill.objects.get(account=account).amount_due == Decimal(90)
    assert "bill-corrected" in codes(run)


@pytest.mark.parametrize(
    "content",
    [b"", b"account,kWh\n1,2\n", b"<html></html>", b"<?xml version='1.0'?><feed xmlns='x'><entry>", b"\x1f\x8b\x08"],
)
def test_a_file_that_is_not_to_be_trusted_leaves_nothing(account: Account, content: bytes) -> None:
    entries, files = Entry.objects.count(), SealedFile.objects.count()
    with pytest.raises(ImportRefused) as refused:
        take_in(account, BytesIO(content))
    assert refused.value.remedy
    assert Entry.objects.count() == entries
    assert SealedFile.objects.count() == files
    assert not ImportRun.objects.exists()


def test_a_file_cut_off_in_the_middle_leaves_nothing(account: Account) -> None:
    whole = feed(hourly(range(24 * 60))).read()
    with pytest.raises(ImportRefused):
        take_in(account, BytesIO(whole[: len(whole) // 2]))
    assert not DayReading.objects.exists()
    assert not UsagePoint.objects.exists()


def test_the_original_is_kept_sealed_and_the_run_is_in_the_ledger(account: Account) -> None:
    given = feed(hourly(range(24)))
    run = take_in(account, given)
    assert run.original is not None
    assert run.original.retention_class == "import_originals"
    with open_file(run.original) as opened:
        assert opened.read() == given.getvalue()
    receipt = Receipt.objects.get(import_run=run.uuid)
    entry = Entry.objects.get(pk=receipt.entry_id)
    assert entry.kind == "import.finished"
    assert bytes(entry.subject_tag) == bytes(account.customer.tag)
    assert receipt.evidence_json["counters"]["inserted"] == 24
    assert receipt.evidence_json["by"]["name"] == "Robin Example"


def test_an_upload_waits_then_runs_once(account: Account) -> None:
    run = start_import(
        kind=ImportRun.Kind.GREENBUTTON,
        stream=feed(hourly(range(24))),
        name="f.xml",
        account=account,
        as_of=AS_OF,
        by=OPERATOR,
    )
    assert run.status == "pending"
    assert not DayReading.objects.exists()
    assert counts(run_import(run=run)) == became(inserted=24)
    assert run_import(run=run).status == "finished"
    assert Receipt.objects.count() == 1


def test_a_failed_upload_says_why(account: Account) -> None:
    run = start_import(
        kind=ImportRun.Kind.GREENBUTTON,
        stream=BytesIO(b"no xml"),
        name="f.xml",
        account=account,
        as_of=AS_OF,
        by=OPERATOR,
    )
    with pytest.raises(ImportRefused) as refused:
        run_import(run=run)
    failed = fail_import(run=run, error=refused.value)
    assert failed.status == "failed"
    assert "no XML" in failed.message
    assert codes(failed) == {"refused"}


@NEEDS_SAMPLES
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_reading_of_a_public_sample_is_accounted_for(account: Account, path: Path) -> None:
    with path.open("rb") as stream:
        run = take_in(account, stream, date(2014, 6, 1))
        stream.seek(0)
        expected = readings_in(stream)
    became = counts(run)
    assert run.counters["readings"] == sum(became.values()) == sum(expected.values())
    found = Counter(
        (row.start, row.duration, row.value, row.quality, row.cost)
        for day in DayReading.objects.filter(account=account)
        for row in day.columns().readings()
    )
    assert found == expected


def test_staff_without_a_confidentiality_agreement_import_nothing(account: Account) -> None:
    unbound = Actor.of(UserFactory.create(staff=True))
    with pytest.raises(NotAllowedError):
        import_greenbutton(stream=feed(hourly([1])), name="x", account=account, as_of=provider_today(), by=unbound)
    assert not ImportRun.objects.exists()
