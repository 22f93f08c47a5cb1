"""One test for each way in which the readings of a feed deviate from the standard."""

from __future__ import annotations

import pytest

from energy.greenbutton import Limits
from energy.greenbutton.qualities import split_qualities
from tests.energy.greenbutton.building import METER, READING_TYPE, START, block, household, interval, read, reading
from tests.energy.greenbutton.building import reading_type as kind


def without_length() -> str:
    return kind(READING_TYPE.replace("<intervalLength>900</intervalLength>", ""))


def test_a_faultless_feed_has_no_finding() -> None:
    outcome = read(household(block(reading(), reading(START + 900), interval=interval(START, 1800))))
    assert list(outcome.feed.findings) == []
    assert outcome.rows == [
        (METER, START, 900, 5, None, None, None, None, None),
        (METER, START + 900, 900, 5, None, None, None, None, None),
    ]


def test_all_that_a_reading_can_say_is_kept() -> None:
    before = "<cost>-7</cost><ReadingQuality><quality>8</quality></ReadingQuality>"
    after = "<consumptionTier>2</consumptionTier><tou>3</tou><cpp>4</cpp>"
    outcome = read(household(block(reading(), reading(START + 900, before=before, after=after), reading(START + 1800))))
    batch = outcome.batches[0]
    assert (batch.qualities, batch.costs, batch.tous, batch.tiers, batch.cpps) == (
        {1: 8},
        {1: -7},
        {1: 3},
        {1: 2},
        {1: 4},
    )
    assert list(outcome.feed.findings) == []


def test_a_negative_value_is_a_value() -> None:
    outcome = read(household(block(reading(value=-12))))
    assert outcome.batches[0].values == [-12]
    assert not outcome.codes


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("", "missing-value"),
        ("n/a", "value-not-a-number"),
        ("1,5", "value-not-a-number"),
        ("12.5", "value-not-a-number"),
        ("NaN", "value-not-a-number"),
        ("1e400", "value-not-a-number"),
        ("٣", "value-not-a-number"),
        ("140737488355329", "value-out-of-range"),
        ("99999999999999999999999999", "value-out-of-range"),
        ("-9223372036854775809", "value-out-of-range"),
    ],
)
def test_a_value_that_is_no_48_bit_number_is_left_out(number: str, code: str) -> None:
    outcome = read(household(block(reading(), reading(START + 900, value=number), reading(START + 1800))))
    assert outcome.starts == [START, START + 1800]
    assert outcome.feed.skipped == 1
    assert code in outcome.codes


def test_a_reading_without_value_is_left_out() -> None:
    outcome = read(household(block(reading().replace("<value>5</value>", ""))))
    assert outcome.only("missing-value")[1] == outcome.feed.skipped == 1


@pytest.mark.parametrize("written", [f"{START}.0", f"{START}.", "1.388563200e9", f"{START}.66136"])
def test_a_start_written_with_a_point_is_read_to_the_second(written: str) -> None:
    outcome = read(household(block(reading(written))))
    assert outcome.starts == [START]
    assert outcome.only("float-number")[1] == 1


def test_a_whole_value_written_with_a_point_is_read() -> None:
    outcome = read(household(block(reading(value="12.000"))))
    assert outcome.batches[0].values == [12]
    assert outcome.only("float-number")[1] == 1


@pytest.mark.parametrize("start", ["yesterday", "2014-01-01T00:00:00Z", "1388563200,5"])
def test_a_start_that_is_no_number_leaves_the_reading_out(start: str) -> None:
    outcome = read(household(block(reading(start))))
    assert outcome.only("time-not-a-number")[1] == outcome.feed.skipped == 1


@pytest.mark.parametrize("start", [0, -START, START * 1000, 5_000_000_000, 9_223_372_036_854_775_807])
def test_a_start_out_of_any_sane_range_leaves_the_reading_out(start: int) -> None:
    outcome = read(household(block(reading(), reading(start), reading(START + 900))))
    assert outcome.starts == [START, START + 900]
    assert outcome.only("time-out-of-range")[1] == outcome.feed.skipped == 1


def test_what_is_a_sane_time_can_be_set() -> None:
    data = household(block(reading(), reading(START + 900)))
    assert read(data, Limits(earliest=START + 1)).starts == [START + 900]
    assert read(data, Limits(latest=START + 900)).starts == [START]
    assert read(data, Limits(longest=899)).feed.skipped == 2


@pytest.mark.parametrize("duration", [999_999_999, -900])
def test_a_duration_that_cannot_be_leaves_the_reading_out(duration: int) -> None:
    outcome = read(household(block(reading(duration=duration))))
    assert outcome.only("time-out-of-range")[1] == outcome.feed.skipped == 1


def test_a_missing_duration_is_that_of_the_reading_type() -> None:
    outcome = read(household(block(reading().replace("<duration>900</duration>", ""))))
    assert outcome.batches[0].durations == [900]
    assert outcome.only("assumed-duration")[1] == 1


def test_a_missing_duration_is_that_of_the_reading_before() -> None:
    second = reading(START + 300).replace("<duration>900</duration>", "")
    outcome = read(household(block(reading(duration=300), second), put_type=without_length))
    assert outcome.batches[0].durations == [300, 300]


def test_a_missing_duration_reaches_to_the_next_reading() -> None:
    first, second = (reading(START + 600 * i).replace("<duration>900</duration>", "") for i in range(2))
    outcome = read(household(block(first, second), put_type=without_length))
    assert outcome.batches[0].durations == [600, 600]


def test_a_missing_duration_of_the_only_reading_is_that_of_its_block() -> None:
    alone = block(reading().replace("<duration>900</duration>", ""), interval=interval(START, 86_400))
    outcome = read(household(alone, put_type=without_length))
    assert outcome.batches[0].durations == [86_400]
    assert outcome.only("assumed-duration")[1] == 1


def test_a_duration_that_nothing_tells_leaves_the_reading_out() -> None:
    alone = block(reading().replace("<duration>900</duration>", ""))
    outcome = read(household(alone, put_type=without_length))
    assert outcome.only("missing-duration")[1] == outcome.feed.skipped == 1


def test_readings_without_a_period_follow_one_another_from_the_blocks_beginning() -> None:
    bare = [f"<IntervalReading><value>{value}</value></IntervalReading>" for value in (1, 2, 3)]
    outcome = read(household(block(*bare, interval=interval(START, 2700))))
    assert outcome.starts == [START, START + 900, START + 1800]
    assert set(outcome.codes) == {"assumed-start", "assumed-duration"}


def test_readings_without_a_period_and_without_a_block_interval_are_left_out() -> None:
    outcome = read(household(block("<IntervalReading><value>1</value></IntervalReading>")))
    assert outcome.only("missing-start")[1] == outcome.feed.skipped == 1


def test_a_repeated_reading_is_reported_and_yielded() -> None:
    outcome = read(household(block(reading(), reading(START + 900), reading(START + 900, value=6))))
    assert outcome.starts == [START, START + 900, START + 900]
    assert outcome.only("duplicate-reading")[1] == 1


def test_a_repeated_block_is_reported_reading_by_reading() -> None:
    one = block(*(reading(START + 900 * i) for i in range(30)))
    outcome = read(household(one + one))
    assert len(outcome.rows) == 60
    assert outcome.feed.findings.counts["duplicate-reading"] == 30  # type: ignore[index]


def test_a_reading_across_others_is_reported() -> None:
    outcome = read(household(block(reading(), reading(START + 900), reading(START + 300))))
    assert outcome.only("overlapping-reading")[1] == 1


def test_readings_out_of_order_are_reported_and_stay_in_the_order_of_the_file() -> None:
    outcome = read(household(block(reading(START + 900), reading(START), reading(START + 1800))))
    assert outcome.starts == [START + 900, START, START + 1800]
    assert outcome.only("unsorted-readings")[1] == 1


def test_a_change_of_the_interval_length_is_reported() -> None:
    outcome = read(household(block(reading(), reading(START + 900, 3600))))
    assert outcome.batches[0].durations == [900, 3600]
    assert outcome.only("interval-length-changed")[1] == 1


def test_months_and_days_may_differ_in_length() -> None:
    days = [reading(START, 82_800), reading(START + 82_800, 90_000), reading(START + 172_800, 31 * 86_400)]
    assert not read(household(block(*days))).codes


@pytest.mark.parametrize("start", [START - 900, START + 900, START + 450])
def test_a_reading_outside_the_interval_of_its_block_is_reported(start: int) -> None:
    outcome = read(household(block(reading(start), interval=interval(START, 900))))
    assert outcome.starts == [start]
    assert outcome.only("reading-outside-block-interval")[1] == 1


def test_a_gap_is_reported_with_both_its_ends() -> None:
    outcome = read(household(block(reading(), reading(START + 3600))))
    assert outcome.only("gap")[1] == 1
    assert "2014-01-01T08:15:00Z to 2014-01-01T09:00:00Z" in next(iter(outcome.feed.findings)).message


def test_blocks_in_any_order_leave_no_gap() -> None:
    later, earlier = (block(reading(START + shift), reading(START + shift + 900)) for shift in (1800, 0))
    assert "gap" not in read(household(later + earlier)).codes


def test_a_widespread_misspelling_of_the_block_is_read() -> None:
    content = block(reading(), reading(START + 900)).replace("IntervalBlock", "IntervalBLock")
    outcome = read(household(content))
    assert outcome.starts == [START, START + 900]
    assert outcome.only("misspelled-element")[1] == 1


def test_an_interval_behind_the_readings_is_reported() -> None:
    content = block(reading(), interval(START + 9000, 900))
    assert read(household(content)).only("element-order")[1] == 1


def test_an_empty_block_is_reported() -> None:
    outcome = read(household(block(interval=interval(START, 900))))
    assert outcome.only("empty-block")[1] == 1
    assert outcome.items


@pytest.mark.parametrize("after", ["<tou></tou>", "<tou/>", "<tou> </tou>"])
def test_an_empty_code_counts_as_absent(after: str) -> None:
    outcome = read(household(block(reading(after=after))))
    assert outcome.batches[0].tous == {}
    assert outcome.only("empty-value")[1] == 1


def test_an_unknown_quality_is_kept_and_reported() -> None:
    outcome = read(household(block(reading(before="<ReadingQuality><quality>99</quality></ReadingQuality>"))))
    assert outcome.batches[0].qualities == {0: 99}
    assert outcome.only("unknown-code")[1] == 1


def with_qualities(*codes: object, start: int = START) -> str:
    qualities = "".join(f"<ReadingQuality><quality>{code}</quality></ReadingQuality>" for code in codes)
    return reading(start, before=qualities)


def test_several_qualities_are_all_kept_without_a_finding() -> None:
    given = ((8, 0), (9,), (19, 7, 8, 10))
    readings = [with_qualities(*codes, start=START + 900 * index) for index, codes in enumerate(given)]
    outcome = read(household(block(*readings)))
    found = {index: split_qualities(joined) for index, joined in outcome.batches[0].qualities.items()}
    assert found == dict(enumerate(given))
    assert outcome.batches[0].qualities[1] == 9
    assert outcome.codes == []


def test_qualities_beyond_the_room_of_a_reading_are_reported() -> None:
    outcome = read(household(block(with_qualities(*range(7, 15)))))
    assert split_qualities(outcome.batches[0].qualities[0]) == tuple(range(7, 14))
    assert outcome.only("several-qualities")[1] == 1


def test_a_quality_that_is_no_code_leaves_the_others() -> None:
    outcome = read(household(block(with_qualities("good", 8, 300))))
    assert split_qualities(outcome.batches[0].qualities[0]) == (8, 300)
    assert set(outcome.codes) == {"invalid-value", "unknown-code"}


def test_a_cost_that_is_no_number_is_left_out_and_the_reading_stays() -> None:
    outcome = read(household(block(reading(before="<cost>$1</cost>"))))
    assert (outcome.starts, outcome.batches[0].costs) == ([START], {})
    assert outcome.only("invalid-value")[1] == 1


def test_children_of_a_reading_in_another_order_are_read() -> None:
    period = f"<timePeriod><start>{START}</start><duration>900</duration></timePeriod>"
    turned = f"<IntervalReading><value>5</value>{period}</IntervalReading>"
    outcome = read(household(block(turned)))
    assert outcome.rows[0][1:4] == (START, 900, 5)
    assert outcome.only("element-order")[1] == 2


def test_an_element_that_readings_do_not_have_is_reported() -> None:
    outcome = read(household(block(reading(after="<temperature>20</temperature>"))))
    assert outcome.starts == [START]
    assert outcome.only("unknown-element")[1] == 1


def test_a_repeated_element_of_a_reading_is_reported() -> None:
    outcome = read(household(block(reading(after="<value>6</value>"))))
    assert outcome.batches[0].values == [5]
    assert "repeated-element" in outcome.codes


def test_a_reading_in_no_block_is_read_and_reported() -> None:
    loose = reading().replace("<IntervalReading>", '<IntervalReading xmlns="http://naesb.org/espi">')
    outcome = read(household(loose))
    assert [row[0] for row in outcome.rows] == [METER]
    assert outcome.feed.findings.counts["reading-without-block"] == 1  # type: ignore[index]


def test_a_finding_names_the_line_of_the_reading() -> None:
    data = household(block(*(reading(START + 900 * (i if i != 40 else 39)) for i in range(60))))
    outcome = read(data)
    finding = next(one for one in outcome.feed.findings if one.code == "duplicate-reading")
    lines = data.splitlines()
    openings = [number for number, text in enumerate(lines, 1) if "<IntervalReading>" in text]
    assert finding.line == openings[40]


def test_like_findings_are_folded_after_the_first_twenty() -> None:
    data = household(block(*(reading(START + 900 * i, value="x") for i in range(1000))))
    outcome = read(data)
    found = list(outcome.feed.findings)
    assert len(found) == 21
    assert found[-1].count == 980
    assert "980 more times" in found[-1].message
    assert outcome.feed.skipped == 1000


def test_every_reading_is_yielded_or_counted_as_skipped() -> None:
    odd = [reading("x"), reading(value=""), reading(0), reading(value=10**30), reading(START * 1000)]
    good = [reading(START + 900 * i) for i in range(200)]
    outcome = read(household(block(*good[:100], *odd, *good[100:])))
    assert outcome.feed.readings == len(outcome.rows) == 200
    assert outcome.feed.skipped == 5


def test_a_batch_is_closed_at_its_limit() -> None:
    many = block(*(reading(START + 900 * i, after="<!--é-->") for i in range(95)))
    outcome = read(household(many), Limits(batch_readings=10))
    assert [len(batch) for batch in outcome.batches] == [10] * 9 + [5]
    assert [batch.first_line for batch in outcome.batches] == sorted({batch.first_line for batch in outcome.batches})
