"""Readings in columns."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingBatch:
    """Readings of one series in the order of the file: the i-th reading is the i-th of each column.

    `meter_reading_href` is the key of the series in `Feed.links.series`; it is the address of the MeterReading
    unless the file does not link the block to one. Starts are epoch seconds UTC, durations seconds, values the
    numbers of the file before the ReadingType's power of ten. Of `qualities`, `costs` (hundred-thousandths of the
    currency), `tous`, `tiers` and `cpps` only what is there is kept, by the index of its reading; a reading's
    qualities are one number (see `energy.greenbutton.qualities`).

    A start may occur twice in a feed (a finding says so); the later reading is the one that counts.
    """

    meter_reading_href: str
    starts: list[int]
    durations: list[int]
    values: list[int]
    qualities: dict[int, int] = field(default_factory=dict)
    costs: dict[int, int] = field(default_factory=dict)
    tous: dict[int, int] = field(default_factory=dict)
    tiers: dict[int, int] = field(default_factory=dict)
    cpps: dict[int, int] = field(default_factory=dict)
    first_line: int = field(default=1, compare=False)

    def __len__(self) -> int:
        return len(self.starts)
