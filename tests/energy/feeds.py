"""Small Green Button feeds for tests, and the public samples."""

import os
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from energy.greenbutton import (
    MeterReading,
    ReadingBatch,
    ReadingType,
    UsagePoint,
    UsageSummary,
    read_feed,
    write_feed,
)
from energy.greenbutton.parts import LineItem, Period, SummaryMeasurement

SHARED = Path(os.environ.get("RESGUARDO_SHARED") or Path(__file__).resolve().parents[3] / "shared") / "greenbutton"
SAMPLES = sorted((SHARED / "samples").glob("*.xml"))
NEEDS_SAMPLES = pytest.mark.skipif(not SAMPLES, reason=f"the public samples are not at {SHARED}")
MIDNIGHT = int(datetime(2024, 3, 1, 8, tzinfo=UTC).timestamp())
"""1 March 2024, 00:00 in Los Angeles."""

_ROOT = "/espi/1_1/resource"
POINT = f"{_ROOT}/RetailCustomer/1/UsagePoint/1"
_METER = f"{POINT}/MeterReading/1"
_TYPE = f"{_ROOT}/ReadingType/1"


def hourly(values: Iterable[int], *, start: int = MIDNIGHT, seconds: int = 3600, **sparse: Any) -> ReadingBatch:
    """Give consecutive readings from `start` on."""
    numbers = list(values)
    starts = [start + seconds * index for index in range(len(numbers))]
    return ReadingBatch(
        meter_reading_href=_METER, starts=starts, durations=[seconds] * len(starts), values=numbers, **sparse
    )


def summary(*, start: int = MIDNIGHT, days: int = 30, amount: int = 8_140_000, **more: Any) -> UsageSummary:
    """Give the summary of a billing period; `amount` in hundred-thousandths of a dollar."""
    return UsageSummary(
        href=f"{POINT}/UsageSummary/{start}",
        up=f"{POINT}/UsageSummary",
        billing_period=Period(start=start, duration=days * 86_400),
        bill_last_period=amount,
        currency=840,
        consumption_last_period=SummaryMeasurement(value=412_500, uom=72, power_of_ten=0),
        cost_details=(LineItem(note="Energy", amount=amount, item_kind=3),),
        status_time_stamp=start + days * 86_400,
        **more,
    )


def feed(*items: ReadingBatch | UsageSummary, service_kind: int = 0, **meaning: Any) -> BytesIO:
    """Write a feed of one usage point with one series, and the summaries given."""
    said = {"commodity": 1, "flow_direction": 1, "uom": 72, "power_of_ten": 0, "currency": 840, **meaning}
    target = BytesIO()
    resources = [
        UsagePoint(href=POINT, related=(f"{POINT}/MeterReading",), title="House", service_kind=service_kind),
        ReadingType(href=_TYPE, **said),
        MeterReading(href=_METER, up=f"{POINT}/MeterReading", related=(_TYPE,)),
    ]
    write_feed(target, [*resources, *items], updated=datetime(2024, 4, 1, tzinfo=UTC))
    target.seek(0)
    return target


def readings_in(source: BinaryIO) -> Counter[tuple[int | None, ...]]:
    """Count the readings of a feed by start, duration, value, quality and cost."""
    found: Counter[tuple[int | None, ...]] = Counter()
    for item in read_feed(source):
        if isinstance(item, ReadingBatch):
            cells = (map(column.get, range(len(item))) for column in (item.qualities, item.costs))
            found.update(zip(item.starts, item.durations, item.values, *cells, strict=True))
    return found
