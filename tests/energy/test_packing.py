from hypothesis import given
from hypothesis import strategies as st

from energy.packing import DayColumns, Reading, pack, pack_day, pack_sparse, unpack, unpack_day, unpack_sparse

INT64 = st.integers(-(2**63), 2**63 - 1)
MAYBE = st.none() | st.integers(-5, 70_000)
READING = st.builds(
    Reading,
    st.integers(1_700_000_000, 1_700_000_000 + 90_000),
    st.integers(0, 7200),
    st.integers(-(2**47), 2**47),
    MAYBE,
    MAYBE,
    MAYBE,
    MAYBE,
    MAYBE,
)


@given(st.lists(INT64, min_size=1))
def test_packed_integers_come_back(numbers: list[int]) -> None:
    assert unpack(pack(numbers)) == numbers


@given(st.lists(READING, min_size=1, max_size=50))
def test_any_day_comes_back_reading_by_reading(readings: list[Reading]) -> None:
    readings.sort(key=lambda reading: reading.start)
    packed = pack_day(DayColumns.of(readings))
    assert unpack_day(packed, packed.start).readings() == readings


@given(st.dictionaries(st.integers(0, 40), st.sampled_from([7, 8, 70_000]), min_size=1))
def test_sparse_cells_come_back(cells: dict[int, int]) -> None:
    ordered = dict(sorted(cells.items()))
    assert unpack_sparse(pack_sparse(ordered, 41), 41) == ordered


def test_a_regular_day_takes_two_bytes_a_reading_and_no_offsets() -> None:
    day = DayColumns([900 * n for n in range(96)], [900] * 96, [300 + n for n in range(96)])
    packed = pack_day(day)
    assert len(packed.values) == 1 + 2 * 96
    assert packed.offsets is None
    assert packed.durations is None
    assert packed.total == sum(day.values)


def test_a_quality_shared_by_all_readings_takes_a_few_bytes() -> None:
    assert len(pack_sparse(dict.fromkeys(range(96), 8), 96)) <= 4


def test_the_later_of_two_readings_with_one_start_counts() -> None:
    packed = pack_day(DayColumns([0, 3600, 3600], [3600] * 3, [5, 7, 11]))
    assert packed.total == 16
    assert packed.reading_count == 3
