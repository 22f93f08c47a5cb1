"""Made-up load curves: what a household, a solar roof or a small business would use, from a seed."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_NOISE = 1009


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of load: watt-hours a day, its share by hour of the day, and a factor by month and on weekends."""

    daily_wh: int
    by_hour: tuple[float, ...]
    by_month: tuple[float, ...]
    weekend: float = 1.0


_EVENING = (
    2.2,
    1.9,
    1.8,
    1.7,
    1.8,
    2.3,
    3.6,
    4.6,
    4.2,
    3.6,
    3.3,
    3.4,
    3.6,
    3.6,
    3.8,
    4.3,
    5.4,
    6.9,
    7.6,
    7.4,
    6.8,
    5.7,
    4.2,
    3.0,
)
_OFFICE = (
    1.6,
    1.5,
    1.5,
    1.5,
    1.6,
    1.9,
    3.0,
    5.0,
    6.9,
    7.4,
    7.6,
    7.6,
    7.3,
    7.5,
    7.5,
    7.3,
    6.6,
    5.0,
    3.2,
    2.4,
    2.0,
    1.8,
    1.7,
    1.6,
)
_SUN = (0, 0, 0, 0, 0, 0.2, 1.6, 4.2, 7.5, 10.5, 12.6, 13.4, 13.2, 12.0, 9.8, 7.0, 4.3, 2.4, 1.0, 0.3, 0, 0, 0, 0)
_COOLING = (1.02, 0.97, 0.92, 0.88, 0.9, 1.05, 1.28, 1.32, 1.18, 0.95, 0.94, 1.04)
_FLAT = (0.98, 0.98, 1.0, 1.0, 1.0, 1.02, 1.04, 1.04, 1.02, 1.0, 0.98, 0.94)
_SUMMER_SUN = (0.5, 0.66, 0.9, 1.12, 1.28, 1.36, 1.36, 1.26, 1.06, 0.8, 0.56, 0.46)

HOUSEHOLD = Profile(17_500, _EVENING, _COOLING, weekend=1.12)
SMALL_BUSINESS = Profile(64_000, _OFFICE, _FLAT, weekend=0.42)
SOLAR_EXPORT = Profile(11_000, _SUN, _SUMMER_SUN)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of made-up readings: its civil date, its start in epoch seconds UTC, and watt-hours by interval."""

    day: date
    start: int
    values: Sequence[int]


def days_of_load(
    profile: Profile, *, first: date, last: date, interval_seconds: int, zone: ZoneInfo, seed: int
) -> Iterator[Day]:
    """Yield every civil day from `first` to `last`, both included; days of 23 and 25 hours have as many intervals."""
    rng = random.Random(seed)  # noqa: S311 (made-up load, not a secret)
    noise = [rng.uniform(0.72, 1.28) for _ in range(_NOISE)]
    scale = rng.uniform(0.7, 1.4) * profile.daily_wh / sum(profile.by_hour)
    per_hour = 3600 // interval_seconds
    day, start = first, _midnight(first, zone)
    while day <= last:
        following = _midnight(day + timedelta(days=1), zone)
        hours = (following - start) // 3600
        factor = scale * profile.by_month[day.month - 1] * rng.uniform(0.8, 1.2) / per_hour
        factor *= profile.weekend if day.weekday() >= 5 else 1.0
        offset = rng.randrange(_NOISE)
        shape = _hours(profile.by_hour, hours)
        values = [
            int(factor * shape[index // per_hour] * noise[(index + offset) % _NOISE])
            for index in range(hours * per_hour)
        ]
        yield Day(day, start, values)
        day, start = day + timedelta(days=1), following


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), tzinfo=zone).astimezone(UTC).timestamp())


def _hours(by_hour: tuple[float, ...], hours: int) -> tuple[float, ...]:
    """Return the shape of a day of 23, 24 or 25 hours: the second hour after midnight is what the clocks change."""
    if hours == 23:
        return by_hour[:2] + by_hour[3:]
    if hours == 25:
        return by_hour[:2] + by_hour[1:]
    return by_hour
