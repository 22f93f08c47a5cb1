from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from energy.greenbutton.coverage import Coverage, Fit

READINGS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 4)), max_size=40)


@settings(max_examples=300)
@given(READINGS)
def test_coverage_tells_new_readings_from_others_and_the_gaps_between(readings: list[tuple[int, int]]) -> None:
    coverage = Coverage()
    covered: set[int] = set()
    exact: set[tuple[int, int]] = set()
    for start, length in readings:
        seconds = set(range(start, start + length))
        fit = coverage.add(start, start + length)
        if not seconds & covered:
            assert fit is Fit.NEW
            covered |= seconds
            exact.add((start, length))
        else:
            assert fit is not Fit.NEW
            assert (fit is Fit.DUPLICATE) == ((start, length) in exact)
    missing = set(range(min(covered), max(covered))) - covered if covered else set()
    assert {second for one, other in coverage.gaps() for second in range(one, other)} == missing


def test_appending_in_order_is_adding() -> None:
    one, other = Coverage(), Coverage()
    for start in (0, 4, 8, 20):
        one.append(start, start + 4, 4)
        other.add(start, start + 4)
    assert one.gaps() == other.gaps() == [(12, 20)]
    assert one.end == 24


def test_scattered_readings_do_not_fill_the_memory() -> None:
    coverage = Coverage(most=10)
    for start in range(0, 10_000, 7):
        assert coverage.add(start, start + 1) is Fit.NEW
    assert not coverage.is_complete
    assert coverage.gaps() == []
    assert len(coverage._stretches) <= 10
