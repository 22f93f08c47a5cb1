from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.selectors import months_before, not_before
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
