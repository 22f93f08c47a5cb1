"""The demo's Green Button feeds: what the utility would have sent for a made-up customer."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import BinaryIO
from zoneinfo import ZoneInfo

from energy.greenbutton import (
    LocalTimeParameters,
    MeterReading,
    ReadingBatch,
    ReadingType,
    Resource,
    UsagePoint,
    UsageSummary,
)
from energy.greenbutton.codes import FORWARD, REVERSE, USD, WATT_HOUR
from energy.greenbutton.parts import LineItem, Period, SummaryMeasurement
from energy.greenbutton.writer import write_feed
from portal.demo.cast import Part, Persona
from portal.demo.load import HOUSEHOLD, SMALL_BUSINESS, SOLAR_EXPORT, Day, Profile, days_of_load

_STAMP = datetime(2026, 1, 1, tzinfo=UTC)
_CENTS_A_KWH = {Part.BUSINESS: 24}
_USUAL_CENTS_A_KWH = 29
_HUNDRED_THOUSANDTHS_A_CENT = 1_000
_PACIFIC = LocalTimeParameters(
    href="/espi/1_1/resource/LocalTimeParameters/1",
    dst_end_rule="B40E2000",
    dst_offset=3600,
    dst_start_rule="360E2000",
    tz_offset=-28_800,
)


def write_demo_feed(target: BinaryIO, *, persona: Persona, first: date, last: date, zone: ZoneInfo) -> None:
    """Write the usage and bills of a made-up customer from `first` to `last`, both included, as an ESPI feed."""
    write_feed(target, _items(persona, first, last, zone), updated=_STAMP, title=persona.name)


def _items(persona: Persona, first: date, last: date, zone: ZoneInfo) -> Iterator[Resource | ReadingBatch]:
    base = f"/espi/1_1/resource/UsagePoint/M{persona.number}"
    yield UsagePoint(href=base, up="/espi/1_1/resource/UsagePoint", service_kind=0, status=1, title=persona.street)
    yield _PACIFIC
    profile = SMALL_BUSINESS if persona.is_business else HOUSEHOLD
    yield from _series(persona, base, 1, FORWARD, profile, first, last, zone)
    if persona.part is Part.SOLAR:
        yield from _series(persona, base, 2, REVERSE, SOLAR_EXPORT, first, last, zone)


def _series(
    persona: Persona, base: str, number: int, direction: int, profile: Profile, first: date, last: date, zone: ZoneInfo
) -> Iterator[Resource | ReadingBatch]:
    href = f"{base}/MeterReading/{number}"
    kind = f"/espi/1_1/resource/ReadingType/{direction}-{persona.interval_seconds}"
    yield MeterReading(href=href, up=f"{base}/MeterReading", related=(kind,))
    yield ReadingType(
        href=kind,
        accumulation=4,
        commodity=1,
        currency=USD,
        flow_direction=direction,
        interval_length=persona.interval_seconds,
        kind=12,
        power_of_ten=0,
        uom=WATT_HOUR,
    )
    days = days_of_load(
        profile,
        first=first,
        last=last,
        interval_seconds=persona.interval_seconds,
        zone=zone,
        seed=persona.seed * 10 + number,
    )
    month: list[Day] = []
    for day in days:
        if month and month[0].day.month != day.day.month:
            yield from _month(persona, base, href, direction, month, zone)
            month = []
        month.append(day)
    if month:
        yield _batch(href, persona.interval_seconds, month)


def _month(
    persona: Persona, base: str, href: str, direction: int, days: list[Day], zone: ZoneInfo
) -> Iterator[Resource | ReadingBatch]:
    yield _batch(href, persona.interval_seconds, days)
    if direction == FORWARD:
        yield _summary(persona, base, days, zone)


def _batch(href: str, seconds: int, days: list[Day]) -> ReadingBatch:
    starts = [day.start + index * seconds for day in days for index in range(len(day.values))]
    values = [value for day in days for value in day.values]
    return ReadingBatch(meter_reading_href=href, starts=starts, durations=[seconds] * len(starts), values=values)


def _summary(persona: Persona, base: str, days: list[Day], zone: ZoneInfo) -> UsageSummary:
    first, last = days[0], days[-1]
    end = int(datetime.combine(last.day, time(23), tzinfo=zone).astimezone(UTC).timestamp()) + 3600
    watt_hours = sum(sum(day.values) for day in days)
    rate = _CENTS_A_KWH.get(persona.part, _USUAL_CENTS_A_KWH) * _HUNDRED_THOUSANDTHS_A_CENT
    energy = watt_hours * rate // 1000
    lines = (("Generation", energy * 45 // 100), ("Delivery", energy - energy * 45 // 100), ("Service charge", 985_000))
    return UsageSummary(
        href=f"{base}/UsageSummary/{first.day:%Y%m}",
        up=f"{base}/UsageSummary",
        billing_period=Period(start=first.start, duration=end - first.start),
        bill_last_period=sum(amount for _, amount in lines),
        cost_details=tuple(LineItem(amount=amount, note=note, item_kind=1) for note, amount in lines),
        currency=USD,
        consumption_last_period=SummaryMeasurement(power_of_ten=0, uom=WATT_HOUR, value=watt_hours),
        quality=14,
        status_time_stamp=end,
        commodity=1,
    )
