"""What is written is valid ESPI 4.0, reads as it was, and is the same every time."""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from energy.greenbutton import (
    Customer,
    LocalTimeParameters,
    MeterReading,
    NotWritable,
    ReadingBatch,
    ReadingType,
    Resource,
    UsagePoint,
    UsageSummary,
    split_days,
    write_feed,
)
from energy.greenbutton.parts import LineItem, Period, SummaryMeasurement
from energy.greenbutton.qualities import join_qualities
from energy.greenbutton.schema import ATOM, CUSTOMER, ESPI
from tests.energy.greenbutton.building import GREEN_BUTTON, METER, START, read, rows
from tests.energy.greenbutton.strategies import any_resource, batches

STAMP = datetime(2026, 1, 1, tzinfo=UTC)
PACIFIC = ZoneInfo("America/Los_Angeles")
has_schemas = pytest.mark.skipif(not GREEN_BUTTON.is_dir(), reason=f"the ESPI schemas are not at {GREEN_BUTTON}")


def written(*items: Resource | ReadingBatch, **options: Any) -> bytes:
    target = BytesIO()
    write_feed(target, items, updated=STAMP, **options)
    return target.getvalue()


@cache
def schemas() -> dict[str, etree.XMLSchema]:
    spec = importlib.util.spec_from_file_location("validate", GREEN_BUTTON / "validate.py")
    assert spec
    assert spec.loader
    validate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(validate)
    return {space: validate.load(name) for space, name in ((ESPI, "espi.xsd"), (CUSTOMER, "customer.xsd"))}


def faults(data: bytes) -> list[str]:
    """List what the schemas say against the resources of a feed."""
    found = []
    for content in etree.fromstring(data).iter(f"{{{ATOM}}}content"):
        for resource in content.iterchildren(etree.Element):
            schema = schemas()[str(etree.QName(resource).namespace)]
            if not schema.validate(etree.fromstring(etree.tostring(resource))):
                found.append(str(schema.error_log))
    return found


@has_schemas
@settings(max_examples=150, deadline=None)
@given(any_resource)
def test_every_resource_is_written_valid(resource: Resource) -> None:
    assert faults(written(resource)) == []


@settings(max_examples=150, deadline=None)
@given(any_resource)
def test_every_resource_reads_as_it_was_written(resource: Resource) -> None:
    outcome = read(written(resource))
    assert outcome.items == [resource]
    assert set(outcome.codes) <= {"unknown-code", "assumed-link"}


@has_schemas
@settings(max_examples=100, deadline=None)
@given(batches(), st.sampled_from([None, UTC, PACIFIC]))
def test_every_batch_is_written_valid_and_reads_as_it_was(batch: ReadingBatch, zone: Any) -> None:
    data = written(batch, zone=zone)
    assert faults(data) == []
    outcome = read(data)
    assert outcome.rows == rows([batch])
    assert outcome.feed.skipped == 0


@has_schemas
def test_several_qualities_are_written_valid_as_elements_in_order() -> None:
    fields: dict[str, Any] = {"starts": [START, START + 900], "durations": [900, 900], "values": [1, 2]}
    qualities = {0: join_qualities([19, 0, 8]), 1: 8}
    data = written(ReadingBatch(meter_reading_href=METER, qualities=qualities, **fields))
    assert faults(data) == []
    found = [
        [element.text for element in reading.iter(f"{{{ESPI}}}quality")]
        for reading in etree.fromstring(data).iter(f"{{{ESPI}}}IntervalReading")
    ]
    assert found == [["19", "0", "8"], ["8"]]


@settings(max_examples=50, deadline=None)
@given(st.lists(any_resource | batches(), max_size=4))
def test_the_same_input_gives_the_same_bytes(items: list[Resource | ReadingBatch]) -> None:
    assert written(*items) == written(*items)


def test_entries_carry_links_and_ids_that_stay() -> None:
    meter = MeterReading(href=METER, up=METER.rpartition("/")[0], related=(f"{METER}/IntervalBlock", "/t/1"))
    batch = ReadingBatch(meter_reading_href=METER, starts=[START], durations=[900], values=[1])
    one, two = (etree.fromstring(written(meter, batch, title=title)) for title in ("A", "B"))
    ids = [element.text for element in one.iter(f"{{{ATOM}}}id")]
    assert len(set(ids)) == 3
    assert ids[1:] == [element.text for element in two.iter(f"{{{ATOM}}}id")][1:]
    links = [(link.get("rel"), link.get("href")) for link in one.iter(f"{{{ATOM}}}link")]
    assert links[1:] == [
        ("self", METER),
        ("up", METER.rpartition("/")[0]),
        ("related", f"{METER}/IntervalBlock"),
        ("related", "/t/1"),
        ("self", f"{METER}/IntervalBlock/000001"),
        ("up", f"{METER}/IntervalBlock"),
    ]


@pytest.mark.parametrize(("day", "hours"), [("2024-03-10", 23), ("2024-11-03", 25), ("2024-06-01", 24)])
def test_a_local_day_is_one_block_whatever_its_length(day: str, hours: int) -> None:
    midnight = int(datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=PACIFIC).timestamp())
    starts = list(range(midnight - 7200, midnight + (hours + 2) * 3600, 3600))
    batch = ReadingBatch(meter_reading_href=METER, starts=starts, durations=[3600] * len(starts), values=starts)
    days = list(split_days(batch, PACIFIC))
    assert [len(one) for one in days] == [2, hours, 2]
    assert rows(days) == rows([batch])


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        (UsagePoint(href=""), "UsagePoint needs an address"),
        (ReadingType(href="/t", uom=70_000), "ReadingType.uom"),
        (ReadingType(href="/t", uom="kWh"), "ReadingType.uom"),  # type: ignore[arg-type]
        (Customer(href="/c", customer_name="x" * 257), "Customer.customer_name"),
        (Customer(href="/c", customer_name="bell \x07"), "characters that XML does not allow"),
        (UsagePoint(href="/u", connection_state="maybe"), "UsagePoint.connection_state"),
        (LocalTimeParameters(href="/l", dst_end_rule="B40E200"), "LocalTimeParameters.dst_end_rule"),
        (UsageSummary(href="/s", status_time_stamp=None), "UsageSummary.status_time_stamp"),  # type: ignore[arg-type]
        (
            UsageSummary(href="/s", cost_details=(LineItem(measurement=SummaryMeasurement(value=2**48)),)),
            "UsageSummary.cost_details.measurement.value",
        ),
        (UsageSummary(href="/s", billing_period=Period(duration=-1)), "UsageSummary.billing_period.duration"),
    ],
)
def test_what_the_schema_does_not_allow_is_refused_by_name(resource: Resource, words: str) -> None:
    with pytest.raises(NotWritable, match=words):
        written(resource)


@pytest.mark.parametrize(
    "wrong",
    [
        {"values": [2**48]},
        {"durations": [-1]},
        {"starts": [2**63]},
        {"qualities": {0: -1}},
        {"qualities": {0: 3 << 16}},
        {"qualities": {0: 1 << 64}},
        {"costs": {0: 2**48}},
        {"tous": {0: 40_000}},
    ],
)
def test_readings_that_the_schema_does_not_allow_are_refused(wrong: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"starts": [START], "durations": [900], "values": [1], **wrong}
    with pytest.raises(NotWritable, match=next(iter(wrong))):
        written(ReadingBatch(meter_reading_href=METER, **fields))
