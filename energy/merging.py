"""Put the readings of a file together with those already stored, reading by reading."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from energy.packing import DayColumns, Reading


class Outcome(StrEnum):
    """What became of a reading of a file."""

    INSERTED = "inserted"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Merged:
    """A day put together: its readings, what became of each that arrived, and whether it differs from the stored one.

    `overridden` are the starts at which a value of the customer's stood against the feed's.
    """

    day: DayColumns
    outcomes: Counter[Outcome]
    is_changed: bool
    overridden: list[int]


def merge_day(stored: DayColumns | None, arrived: DayColumns, overrides: Mapping[int, int]) -> Merged:
    """Lay what arrived over what is stored: per start the file's readings take the place of the stored ones.

    Stored readings that the file does not have stay. `overrides` are the customer's values by start: they stay, and a
    reading that says otherwise is skipped.
    """
    old, new = _by_start(stored), _by_start(arrived)
    outcomes: Counter[Outcome] = Counter()
    overridden = []
    for start, readings in new.items():
        before = old.get(start, [])
        if start in overrides and any(reading.value != overrides[start] for reading in readings):
            overridden.append(start)
            outcomes[Outcome.SKIPPED] += len(readings)
            old[start] = before or [readings[-1]._replace(value=overrides[start])]
            continue
        for number, reading in enumerate(readings):
            outcomes[_outcome(reading, before[number] if number < len(before) else None)] += 1
        old[start] = readings
    rows = [reading for start in sorted(old) for reading in old[start]]
    is_changed = stored is None or rows != stored.readings()
    return Merged(DayColumns.of(rows), outcomes, is_changed, overridden)


def _by_start(day: DayColumns | None) -> dict[int, list[Reading]]:
    groups: dict[int, list[Reading]] = {}
    for reading in day.readings() if day else ():
        groups.setdefault(reading.start, []).append(reading)
    return groups


def _outcome(reading: Reading, before: Reading | None) -> Outcome:
    if before is None:
        return Outcome.INSERTED
    return Outcome.UNCHANGED if reading == before else Outcome.UPDATED
