from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db.models import DateField, DateTimeField, Value
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import OutboxMessage
from energy.selectors import months_before, not_before
from protection.days import civil_day, start_of
from retention.disposal.registry import stores_of
from retention.models import RetentionRule
from retention.selectors import cutoff_day, due_before


@pytest.mark.parametrize(
    ("as_of", "kept_from"),
    [
        (date(2026, 11, 21), date(2021, 11, 21)),
        (date(2024, 2, 29), date(2019, 2, 28)),
        (date(2028, 2, 29), date(2023, 2, 28)),
        (date(2029, 2, 28), date(2024, 2, 28)),
        (date(2029, 3, 1), date(2024, 3, 1)),
        (date(2026, 1, 1), date(2021, 1, 1)),
        (date(2025, 12, 31), date(2020, 12, 31)),
        (date(2026, 3, 8), date(2021, 3, 8)),
    ],
)
def test_five_years_are_counted_exact_to_the_day(as_of: date, kept_from: date) -> None:
    rule = RetentionRule(retention_class="readings", months=60, floor_months=12)
    assert cutoff_day(rule, as_of) == kept_from


@given(as_of=st.dates(date(2000, 1, 1), date(2100, 12, 31)), months=st.integers(1, 240))
def test_no_day_is_dropped_while_its_period_runs(as_of: date, months: int) -> None:
    rule = RetentionRule(retention_class="sessions", months=months, floor_months=0)
    kept_from = cutoff_day(rule, as_of)
    assert kept_from is not None
    newest_dropped = kept_from - timedelta(days=1)
    assert months_before(newest_dropped, -months) <= as_of
    assert newest_dropped < months_before(as_of, months)


@given(as_of=st.dates(date(2000, 1, 1), date(2100, 12, 31)), months=st.integers(13, 240))
def test_twelve_complete_months_are_kept_whatever_the_period(as_of: date, months: int) -> None:
    rule = RetentionRule(retention_class="readings", months=months, floor_months=12)
    kept_from = cutoff_day(rule, as_of)
    oldest_of_floor = as_of.replace(year=as_of.year - 1, day=1)
    assert kept_from is not None
    assert kept_from <= oldest_of_floor


def test_a_rule_without_a_period_forgets_nothing() -> None:
    assert cutoff_day(RetentionRule(retention_class="ledger", months=None), date(2026, 1, 1)) is None


@pytest.mark.django_db
def test_imports_refuse_exactly_what_the_purge_would_drop() -> None:
    for as_of in (date(2024, 2, 29), date(2026, 1, 1), date(2026, 3, 31)):
        assert due_before("readings", as_of) == not_before(as_of, "readings")
        assert due_before("bills", as_of) == not_before(as_of, "bills")


def kept_by_counting(day: date, months: int, as_of: date) -> bool:
    """Say, month by month and knowing no arithmetic of dates, whether a day is still inside its period.

    The last day of the period has the same number in its month, or is the month's last where there is none.
    """
    year, month = day.year, day.month
    for _step in range(months):
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    number = day.day
    while True:
        try:
            return as_of <= date(year, month, number)
        except ValueError:
            number -= 1


@given(as_of=st.dates(date(2000, 1, 1), date(2060, 12, 31)), months=st.integers(1, 120), offset=st.integers(-70, 70))
def test_a_day_goes_only_when_counting_months_says_that_its_period_is_over(
    as_of: date, months: int, offset: int
) -> None:
    kept_from = cutoff_day(RetentionRule(retention_class="sessions", months=months), as_of)
    assert kept_from is not None
    day = kept_from + timedelta(days=offset)
    if day < kept_from:
        assert not kept_by_counting(day, months, as_of)
    elif day.day < 28 or as_of.day < 28:
        assert kept_by_counting(day, months, as_of)


@given(as_of=st.dates(date(2000, 1, 1), date(2060, 12, 31)), months=st.integers(1, 120))
def test_no_day_that_went_comes_back_inside_its_period_the_next_day(as_of: date, months: int) -> None:
    rule = RetentionRule(retention_class="sessions", months=months)
    today, tomorrow = cutoff_day(rule, as_of), cutoff_day(rule, as_of + timedelta(days=1))
    assert today is not None
    assert tomorrow is not None
    assert today <= tomorrow <= today + timedelta(days=4)


ZONES = ("America/Los_Angeles", "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC", "Asia/Kathmandu")
EDGES = (
    date(2024, 2, 29),  # the day that most years lack
    date(2025, 3, 9),  # 23 hours long where clocks go forward
    date(2025, 11, 2),  # 25 hours long where they go back
    date(2025, 12, 31),
    date(2026, 1, 1),
)


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("day", EDGES)
def test_a_row_is_past_its_time_from_midnight_where_the_provider_is(day: date, zone: str, settings: Settings) -> None:
    settings.PROVIDER_TIME_ZONE = zone
    store = next(store for store in stores_of("messages") if store.model is OutboxMessage)
    midnight = datetime.combine(day, time(), ZoneInfo(zone))
    message = {"addressee": "provider", "topic": "alert", "template": "alert", "poster_kind": "system"}
    settled = {"status": "failed", "outcome": "no answer", "settled_at": midnight}
    for moment in (midnight - timedelta(microseconds=1), midnight):
        OutboxMessage.objects.create(**message, **settled, created_at=moment)
    assert [row.created_at for row in store.due(day)] == [midnight - timedelta(microseconds=1)]
    assert store.due(day + timedelta(days=1)).count() == 2
    assert store.oldest() == day - timedelta(days=1)


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("day", EDGES)
def test_sql_and_python_agree_where_a_civil_day_begins(day: date, zone: str, settings: Settings) -> None:
    settings.PROVIDER_TIME_ZONE = zone
    midnight = datetime.combine(day, time(), ZoneInfo(zone))
    moment = Value(midnight, output_field=DateTimeField())
    found = RetentionRule.objects.annotate(
        began=start_of(Value(day, output_field=DateField())), day=civil_day(moment)
    ).values("began", "day")[0]
    assert found == {"began": midnight, "day": day}
