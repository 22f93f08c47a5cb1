"""How entries are joined: by links of any form and order, and sensibly where there are none."""

from __future__ import annotations

import itertools

import pytest

from energy.greenbutton import SeriesLinks
from tests.energy.greenbutton.building import (
    LOCAL,
    METER,
    POINT,
    START,
    TYPE,
    block,
    blocks,
    entry,
    feed,
    local_time,
    meter_reading,
    read,
    reading,
    reading_type,
    usage_point,
)

ALL = SeriesLinks(METER, POINT, TYPE, LOCAL)
ONE = block(reading())


@pytest.mark.parametrize("order", list(itertools.permutations(range(5))))
def test_entries_are_joined_in_any_order(order: tuple[int, ...]) -> None:
    entries = [usage_point(), local_time(), meter_reading(), reading_type(), blocks(ONE)]
    outcome = read(feed(*(entries[place] for place in order)))
    assert outcome.feed.links.series == {METER: ALL}
    assert not outcome.codes


@pytest.mark.parametrize("host", ["", "https://utility.example:8443/DataCustodian"])
def test_absolute_and_relative_links_name_the_same(host: str) -> None:
    content = blocks(ONE).replace('href="/espi', f'href="{host}/espi')
    outcome = read(feed(usage_point(), local_time(), meter_reading(), reading_type(), content))
    (links,) = outcome.feed.links.series.values()
    assert links == ALL
    assert not outcome.codes


def test_links_without_the_common_beginning_name_the_same() -> None:
    content = blocks(ONE).replace("/espi/1_1/resource/", "")
    outcome = read(feed(usage_point(), local_time(), meter_reading(), reading_type(), content))
    assert list(outcome.feed.links.series.values()) == [ALL]


def test_links_after_the_content_count_as_well() -> None:
    head, tail = blocks(ONE).split("<title/>")
    moved = "<entry><title/>" + tail.replace("</entry>", head.removeprefix("<entry>") + "</entry>")
    outcome = read(feed(usage_point(), local_time(), meter_reading(), reading_type(), moved))
    assert [links.meter_reading for links in outcome.feed.links.series.values()] == [METER]
    assert outcome.batches[0].meter_reading_href in outcome.feed.links.series
    assert not outcome.codes


@pytest.mark.parametrize(
    ("href", "up"),
    [
        (f"{METER}/IntervalBlock/1", ""),
        ("", f"{METER}/IntervalBlock"),
        ("", METER),
        (f"{METER}/IntervalBlock/1", METER),
        ("/elsewhere/7", f"{METER}/IntervalBlock/"),
    ],
)
def test_a_block_is_joined_by_either_of_its_links(href: str, up: str) -> None:
    outcome = read(feed(usage_point(), local_time(), meter_reading(), reading_type(), entry(ONE, href, up)))
    assert list(outcome.feed.links.series.values()) == [ALL]
    assert not outcome.codes


def test_a_block_is_joined_by_what_the_meter_reading_points_to() -> None:
    meter = entry("<MeterReading/>", METER, f"{POINT}/MeterReading", "/blocks", TYPE)
    outcome = read(feed(usage_point(), local_time(), meter, reading_type(), entry(ONE, "/b/1", "/blocks")))
    assert list(outcome.feed.links.series.values()) == [ALL]
    assert not outcome.codes


def test_an_unlinked_block_goes_to_the_only_meter_reading_with_a_finding() -> None:
    outcome = read(feed(usage_point(), local_time(), meter_reading(), reading_type(), entry(ONE)))
    assert list(outcome.feed.links.series.values()) == [ALL]
    assert outcome.only("assumed-link")[1] == 1


def test_an_unlinked_block_goes_to_the_meter_reading_before_it() -> None:
    first = entry("<MeterReading/>", f"{POINT}/MeterReading/0", f"{POINT}/MeterReading", TYPE)
    last = entry("<MeterReading/>", f"{POINT}/MeterReading/9", f"{POINT}/MeterReading", TYPE)
    outcome = read(feed(usage_point(), local_time(), reading_type(), first, meter_reading(), entry(ONE), last))
    (links,) = outcome.feed.links.series.values()
    assert links == ALL
    assert outcome.only("assumed-link")[1] == 1


def test_unlinked_meter_reading_reading_type_and_local_time_are_assumed_when_they_are_the_only_ones() -> None:
    point = entry("<UsagePoint/>", "/p")
    meter = entry("<MeterReading/>", METER)
    outcome = read(feed(point, local_time(), meter, reading_type(), blocks(ONE)))
    assert outcome.feed.links.series == {METER: SeriesLinks(METER, "/p", TYPE, LOCAL)}
    assert outcome.only("assumed-link")[1] == 3


def test_two_usage_points_keep_their_readings_apart() -> None:
    other = POINT[:-1] + "2"

    def of_other(text: str) -> str:
        return text.replace(POINT, other)

    entries = [usage_point(), of_other(usage_point()), local_time(), reading_type(), meter_reading()]
    rest = [of_other(meter_reading()), of_other(blocks(block(reading(value=2)))), blocks(block(reading(value=1)))]
    outcome = read(feed(*entries, *rest))
    assert outcome.feed.links.series == {
        METER: ALL,
        of_other(METER): SeriesLinks(of_other(METER), other, TYPE, LOCAL),
    }
    assert [(row[0], row[3]) for row in outcome.rows] == [(of_other(METER), 2), (METER, 1)]
    assert not outcome.codes


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        (0, "missing-usage-point"),
        (1, "missing-local-time"),
        (2, "missing-meter-reading"),
        (3, "missing-reading-type"),
    ],
)
def test_what_the_feed_does_not_have_is_reported_and_the_readings_stay(missing: int, code: str) -> None:
    entries = [usage_point(), local_time(), meter_reading(), reading_type(), blocks(ONE)]
    del entries[missing]
    outcome = read(feed(*entries))
    assert outcome.starts == [START]
    assert code in outcome.codes


def test_readings_alone_are_a_feed() -> None:
    outcome = read(f"<root>{ONE}{block(reading(START + 900))}</root>")
    assert outcome.starts == [START, START + 900]
    assert list(outcome.feed.links.series.values()) == [SeriesLinks()]
    assert {"missing-meter-reading", "missing-usage-point", "missing-reading-type"} <= set(outcome.codes)


def test_a_resource_that_differs_from_its_namesake_is_reported() -> None:
    same = read(feed(reading_type(), reading_type()))
    assert not same.codes
    other = reading_type("<ReadingType><uom>169</uom></ReadingType>")
    assert read(feed(reading_type(), other)).only("duplicate-resource")[1] == 1
