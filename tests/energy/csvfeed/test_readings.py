from datetime import date

import pytest

from energy.csvfeed import SeriesKey
from tests.energy.csvfeed.feeds import HOURS, LONG_HEAD, QUARTERS, codes, long_toml, read, times, wide_toml

WIDE_HEAD = ",".join(("SA", "Meter", "Day", *HOURS))
AUTUMN = [f"2024-11-03T{hour:02}:00" for hour in (0, 1, 1, 2)]
AUTUMN_UTC = ["11-03T07:00", "11-03T08:00", "11-03T09:00", "11-03T10:00"]


def long_rows(*stamps: str, meter: str = "M1") -> list[str]:
    return [f"7,{meter},{stamp},{number}" for number, stamp in enumerate(stamps)]


def wide_row(day: date | str, *values: object) -> str:
    return ",".join(map(str, ("7", "M1", day, *values)))


def test_a_long_row_is_a_reading() -> None:
    rows, table = read(long_toml(), LONG_HEAD, "7,M1,2024-03-01T00:00,1.5")
    assert [row[1:] for row in rows] == [(SeriesKey("7", "M1", "kWh", 1), 1709280000, 3600, 1500, None, None)]
    assert (table.findings, table.skipped) == ([], 0)


def test_columns_of_a_long_row_count_before_what_the_mapping_says() -> None:
    more = {"unit": "U", "direction": "D", "quality": "Q", "cost": "C", "minutes": "L"}
    text = long_toml(more=more, qualities={"EST": 8})
    rows, table = read(text, f"{LONG_HEAD},U,D,Q,C,L", "7,M1,2024-03-01,5,KWH,Export,EST,$1.25,15")
    (row,) = rows
    assert row.series == SeriesKey("7", "M1", "kWh", 19)
    assert (row.value, row.quality, row.cost, row.duration) == (5000, 8, 125_000, 900)
    assert not table.findings


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("7,M1,2024-03-01,", "missing-value"),
        ("7,M1,2024-03-01,n/a", "value-not-a-number"),
        ("7,M1,2024-03-01,NaN", "value-not-a-number"),
        ('7,M1,2024-03-01,"1,5"', "value-not-a-number"),
        ("7,M1,2024-03-01,1e300", "value-out-of-range"),
        ("7,M1,yesterday,1", "time-not-a-time"),
        ("7,M1,0001-01-01T00:00,1", "time-not-a-time"),
        ("7,M1,9999-12-31T23:00,1", "time-not-a-time"),
        (",M1,2024-03-01,1", "invalid-series"),
        ("7,,2024-03-01,1", "invalid-series"),
        (f"7,{'M' * 201},2024-03-01,1", "invalid-series"),
        ("7,M1,2024-03-10T02:30,1", "time-does-not-exist"),
    ],
)
def test_a_row_that_cannot_be_believed_is_left_out_and_counted(row: str, code: str) -> None:
    rows, table = read(long_toml(), LONG_HEAD, row, "7,M1,2024-03-02T00:00,1")
    assert (codes(table), table.skipped, len(rows)) == ([code], 1, 1)
    assert table.findings[0].line == 2


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("quality", "superb", "unknown-code"),
        ("quality", "²", "unknown-code"),
        ("cost", "free", "cost-not-a-number"),
        ("minutes", "0", "invalid-duration"),
        ("minutes", "99999999999", "invalid-duration"),
    ],
)
def test_what_is_wrong_beside_a_value_does_not_lose_the_value(column: str, cell: str, code: str) -> None:
    rows, table = read(long_toml(more={column: "X"}), f"{LONG_HEAD},X", f"7,M1,2024-03-01,1,{cell}")
    assert (codes(table), table.skipped, rows[0].value) == ([code], 0, 1000)
    assert (rows[0].quality, rows[0].cost, rows[0].duration) == (None, None, 3600)


@pytest.mark.parametrize(("column", "cell"), [("unit", "BTU"), ("direction", "up")])
def test_unknown_units_and_directions_leave_the_row_out(column: str, cell: str) -> None:
    rows, table = read(long_toml(more={column: "X"}), f"{LONG_HEAD},X", f"7,M1,2024-03-01,1,{cell}")
    assert (rows, codes(table), table.skipped) == ([], ["invalid-series"], 1)


def test_negative_values_and_decimal_commas_are_kept() -> None:
    rows, _ = read(
        long_toml(decimal_comma=True, delimiter=";"), LONG_HEAD.replace(",", ";"), "7;M1;2024-03-01;-1.234,5"
    )
    assert rows[0].value == -1_234_500


def test_more_digits_than_are_kept_are_rounded_and_told() -> None:
    rows, table = read(long_toml(), LONG_HEAD, "7,M1,2024-03-01,1.23456")
    assert (rows[0].value, codes(table), table.skipped) == (1235, ["value-rounded"], 0)


def test_stamps_with_an_offset_need_no_zone() -> None:
    rows, _ = read(
        long_toml(time_zone="Asia/Tokyo"), LONG_HEAD, *long_rows("2024-11-03T01:00-07:00", "2024-11-03T01:00-08:00")
    )
    assert times(rows) == AUTUMN_UTC[1:3]


@pytest.mark.parametrize("is_falling", [False, True])
def test_the_hour_that_autumn_repeats_is_told_apart_by_the_order_of_rows(is_falling: bool) -> None:
    stamps = ["2024-11-03T00:00", *[f"2024-11-03T01:{m:02}" for m in (0, 15, 30, 45)] * 2, "2024-11-03T02:00"]
    given = ["2024-11-02T22:00", "2024-11-02T23:00", *stamps, "2024-11-03T03:00", "2024-11-03T04:00"]
    rows, table = read(long_toml(), LONG_HEAD, *long_rows(*(reversed(given) if is_falling else given)))
    starts = [row.start for row in rows]
    assert starts == sorted(starts, reverse=is_falling)
    assert len(set(starts)) == len(given)
    assert not table.findings


def test_a_repeated_hour_with_a_gap_is_told_apart_too() -> None:
    stamps = ["2024-11-03T00:45", "2024-11-03T01:00", "2024-11-03T01:45", "2024-11-03T01:15", "2024-11-03T02:00"]
    rows, _ = read(long_toml(), LONG_HEAD, *long_rows(*stamps))
    assert times(rows)[1:4] == ["11-03T08:00", "11-03T08:45", "11-03T09:15"]


def test_each_series_has_its_own_repeated_hour() -> None:
    pairs = [row for stamp in AUTUMN for meter in ("M1", "M2") for row in long_rows(stamp, meter=meter)]
    rows, _ = read(long_toml(), LONG_HEAD, *pairs)
    for meter in ("M1", "M2"):
        assert times(row for row in rows if row.series.usage_point == meter) == AUTUMN_UTC


def test_a_wide_row_is_a_day() -> None:
    rows, table = read(wide_toml(), WIDE_HEAD, wide_row("2024-03-01", *range(24)))
    assert [row.value for row in rows] == [hour * 1000 for hour in range(24)]
    assert times(rows)[0] == "03-01T08:00"
    assert {row.duration for row in rows} == {3600}
    assert (table.findings, table.skipped) == ([], 0)


def test_a_wide_row_of_quarters_has_96_readings() -> None:
    rows, _ = read(
        wide_toml(value_columns=QUARTERS),
        ",".join(("SA", "Meter", "Day", *QUARTERS)),
        wide_row("2024-03-01", *range(96)),
    )
    assert [row.start - rows[0].start for row in rows] == [900 * number for number in range(96)]


@pytest.mark.parametrize("filler", ["", "0", "0.000"])
def test_a_wide_day_in_spring_has_23_hours(filler: str) -> None:
    rows, table = read(wide_toml(), WIDE_HEAD, wide_row("2024-03-10", 0, 1, filler, *range(3, 24)))
    assert [row.start - rows[0].start for row in rows] == [3600 * number for number in range(23)]
    assert (table.findings, table.skipped) == ([], 0)


def test_a_value_in_the_hour_that_spring_skips_is_left_out_and_counted() -> None:
    rows, table = read(wide_toml(), WIDE_HEAD, wide_row("2024-03-10", *range(24)))
    assert (len(rows), table.skipped, codes(table)) == (23, 1, ["time-does-not-exist"])


def test_a_wide_day_in_autumn_has_25_hours_where_a_column_holds_the_repeated_one() -> None:
    text, head = wide_toml(repeated_columns=("H01b",)), f"{WIDE_HEAD},H01b"
    rows, table = read(text, head, wide_row("2024-11-03", *range(24), 100), wide_row("2024-11-04", *range(24), ""))
    assert [row.start - rows[0].start for row in rows] == [3600 * number for number in range(49)]
    assert [row.value for row in rows][:4] == [0, 1000, 100_000, 2000]
    assert (table.findings, table.skipped) == ([], 0)


def test_a_value_for_a_repeated_hour_on_another_day_is_left_out_and_counted() -> None:
    text, head = wide_toml(repeated_columns=("H01b",)), f"{WIDE_HEAD},H01b"
    rows, table = read(text, head, wide_row("2024-11-04", *range(24), 5))
    assert (len(rows), table.skipped, codes(table)) == (24, 1, ["time-does-not-exist"])


def test_without_that_column_the_second_hour_is_a_gap_and_told() -> None:
    rows, table = read(wide_toml(), WIDE_HEAD, wide_row("2024-11-03", *range(24)))
    assert (len(rows), codes(table), table.skipped) == (24, ["hour-not-repeated"], 0)
    assert times(rows)[1:3] == ["11-03T08:00", "11-03T10:00"]


def test_empty_cells_of_a_wide_row_are_no_readings() -> None:
    rows, table = read(wide_toml(), WIDE_HEAD, wide_row("2024-03-01", 1, *[""] * 22, 2))
    assert (len(rows), table.skipped, table.findings) == (2, 0, [])


@pytest.mark.parametrize("day", ["someday", "0001-01-01", "9999-12-31"])
def test_a_wide_row_without_a_day_leaves_all_its_readings_out(day: str) -> None:
    rows, table = read(wide_toml(), WIDE_HEAD, wide_row(day, *range(24)))
    assert (rows, codes(table), table.skipped) == ([], ["time-not-a-time"], 24)


def test_days_are_read_in_the_form_that_the_mapping_names() -> None:
    rows, _ = read(wide_toml(date_format="%d.%m.%Y"), WIDE_HEAD, wide_row("01.03.2024", *range(24)))
    assert times(rows)[0] == "03-01T08:00"
