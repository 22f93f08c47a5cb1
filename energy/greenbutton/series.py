"""Gather the readings of one series into batches."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import add, itemgetter
from typing import TYPE_CHECKING

from energy.greenbutton import codes
from energy.greenbutton.batches import ReadingBatch
from energy.greenbutton.condense import COST, CPP, DURATION, QUALITY, START, STRIDE, TIER, TOU, VALUE, Run
from energy.greenbutton.coverage import Coverage
from energy.greenbutton.findings import Code
from energy.greenbutton.qualities import split_qualities

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from energy.greenbutton.findings import Findings
    from energy.greenbutton.limits import Limits
    from energy.greenbutton.parts import Period

KNOWN_QUALITIES = frozenset(str(code).encode() for code in codes.QUALITY) | {None}
SPARSE = {"qualities": QUALITY, "costs": COST, "tous": TOU, "tiers": TIER, "cpps": CPP}
YEAR_10000 = 253_402_300_800


@dataclass(slots=True, kw_only=True)
class Reading:
    """One reading as it was read element by element; None where the file is silent."""

    line: int
    value: int
    start: int | None = None
    duration: int | None = None
    sparse: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Series:
    """What is remembered of a series from one batch to the next."""

    key: str
    line: int
    coverage: Coverage = field(default_factory=Coverage)
    interval_length: int | None = None
    last_duration: int | None = None
    last_start: int | None = None


def moment(epoch: int) -> str:
    """Write epoch seconds for a message."""
    if 0 <= epoch < YEAR_10000:
        return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{epoch} (epoch seconds)"


class BatchBuilder:
    """Columns of one series, filled block by block until they are taken as a ReadingBatch.

    `check` looks at each finished batch: it is given the batch and a function from a reading's index to its line.
    """

    def __init__(
        self,
        series: Series,
        findings: Findings,
        limits: Limits,
        check: Callable[[Series, ReadingBatch, Callable[[int], int]], None],
    ) -> None:
        self.series = series
        self._findings = findings
        self._limits = limits
        self._check = check
        self._waiting: Reading | None = None
        self._interval: Period | None = None
        self._cursor: int | None = None
        self._clear()

    def _clear(self) -> None:
        self._starts: list[int] = []
        self._durations: list[int] = []
        self._values: list[int] = []
        self._sparse: dict[str, dict[int, int]] = {name: {} for name in SPARSE}
        self._sources: list[tuple[int, int | Run]] = []
        self._lines: dict[int, list[int]] = {}
        self._block_first = 0

    def __len__(self) -> int:
        return len(self._starts)

    def begin_block(self, interval: Period | None) -> None:
        """Begin a block that says it covers `interval`."""
        self._interval = interval
        self._cursor = interval.start if interval else None

    def end_block(self) -> None:
        """End the block: give the last reading its duration, and check that all are within the interval."""
        if waiting := self._waiting:
            self._waiting = None
            self._add_waiting(waiting, self._interval.end if self._interval else None)
        self._check_interval()
        self._interval = self._cursor = None

    def add_run(self, run: Run) -> None:
        """Add condensed readings: as columns if all of them are in bounds, else one by one."""
        columns = run.columns
        starts = list(map(int, columns[START::STRIDE]))  # type: ignore[arg-type]
        durations = list(map(int, columns[DURATION::STRIDE]))  # type: ignore[arg-type]
        limits = self._limits
        is_sane = limits.earliest <= min(starts) and max(starts) < limits.latest and max(durations) <= limits.longest
        if self._waiting or not is_sane or not KNOWN_QUALITIES.issuperset(columns[QUALITY::STRIDE]):
            for reading in _one_by_one(run):
                self.add(reading)
            return
        first = len(self._starts)
        self._sources.append((first, run))
        self._starts += starts
        self._durations += durations
        self._values += map(int, columns[VALUE::STRIDE])  # type: ignore[arg-type]
        for name, column in SPARSE.items():
            cells = columns[column::STRIDE]
            absent = cells.count(None)
            if not absent:
                self._sparse[name].update(enumerate(map(int, cells), first))  # type: ignore[arg-type]
            elif absent < len(cells):
                self._sparse[name].update({i: int(cell) for i, cell in enumerate(cells, first) if cell is not None})
        self._cursor = starts[-1] + durations[-1]

    def add(self, reading: Reading) -> None:
        """Add one reading, or leave it out with a finding if its time is missing or cannot be believed."""
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            self._add_waiting(waiting, reading.start)
        if reading.start is None:
            self._assume_start(reading)
        if reading.start is None:
            message = "The reading has no timePeriod with a start, nor a block interval and length to derive it from"
            self._skip(reading, Code.MISSING_START, message)
        elif not self._limits.earliest <= reading.start < self._limits.latest:
            message = f"The reading's start, {moment(reading.start)}, is not believable"
            self._skip(reading, Code.TIME_OUT_OF_RANGE, message)
        elif reading.duration is None and (usual := self._usual_duration()) is None:
            self._waiting = reading
        else:
            self._append(reading, reading.duration if reading.duration is not None else usual)

    def take(self) -> ReadingBatch | None:
        """Check and give the batch gathered so far, and begin the next; None if there is none."""
        self._check_interval()
        if not self._starts:
            return None
        batch = ReadingBatch(
            meter_reading_href=self.series.key,
            starts=self._starts,
            durations=self._durations,
            values=self._values,
            first_line=self._line_of(0),
            **self._sparse,
        )
        self._check(self.series, batch, self._line_of)
        self._clear()
        return batch

    def _append(self, reading: Reading, duration: int | None) -> None:
        assert reading.start is not None
        if duration is None or not 0 <= duration <= self._limits.longest:
            message = f"The reading's duration, {duration} seconds, is not believable"
            self._skip(reading, Code.TIME_OUT_OF_RANGE, message)
            return
        if reading.duration is None:
            message = "The reading has no duration"
            self._findings.add(reading.line, Code.ASSUMED_DURATION, message, f"Assumed to last {duration} seconds")
        self._check_qualities(reading)
        index = len(self._starts)
        self._sources.append((index, reading.line))
        self._starts.append(reading.start)
        self._durations.append(duration)
        self._values.append(reading.value)
        for name, cell in reading.sparse.items():
            self._sparse[name][index] = cell
        self._cursor = reading.start + duration

    def _check_qualities(self, reading: Reading) -> None:
        joined = reading.sparse.get("qualities")
        for quality in () if joined is None else split_qualities(joined):
            if quality not in codes.QUALITY:
                message = f"{quality} is no quality of ESPI 4.0"
                self._findings.add(reading.line, Code.UNKNOWN_CODE, message, "Kept as it is")

    def _assume_start(self, reading: Reading) -> None:
        duration = reading.duration if reading.duration is not None else self._usual_duration()
        if self._cursor is None or duration is None:
            return
        reading.start = self._cursor
        message = "The reading has no start"
        self._findings.add(reading.line, Code.ASSUMED_START, message, f"Assumed to begin at {moment(reading.start)}")

    def _add_waiting(self, waiting: Reading, end: int | None) -> None:
        assert waiting.start is not None
        if end is None or end <= waiting.start:
            message = "The reading has no duration, and neither a ReadingType nor its neighbours say it"
            self._skip(waiting, Code.MISSING_DURATION, message)
        else:
            self._append(waiting, end - waiting.start)

    def _usual_duration(self) -> int | None:
        if self.series.interval_length:
            return self.series.interval_length
        return self._durations[-1] if self._durations else self.series.last_duration

    def _skip(self, reading: Reading, code: Code, message: str) -> None:
        self._findings.add(reading.line, code, message, "The reading was left out")

    def _check_interval(self) -> None:
        """Report the readings since the block's (or the batch's) beginning that its interval does not cover."""
        first, self._block_first = self._block_first, len(self._starts)
        interval = self._interval
        if interval is None or not interval.duration or first == len(self._starts):
            return
        starts, durations = self._starts[first:], self._durations[first:]
        if min(starts) >= interval.start and max(map(add, starts, durations)) <= interval.end:
            return
        for index, (start, duration) in enumerate(zip(starts, durations, strict=True), first):
            if start < interval.start or start + duration > interval.end:
                line = self._line_of(index) if not self._findings.is_full(Code.READING_OUTSIDE_BLOCK_INTERVAL) else 1
                message = f"The reading of {moment(start)} is outside its block's interval"
                self._findings.add(line, Code.READING_OUTSIDE_BLOCK_INTERVAL, message, "Kept")

    def _line_of(self, index: int) -> int:
        first, source = self._sources[bisect_right(self._sources, index, key=itemgetter(0)) - 1]
        if not isinstance(source, Run):
            return source
        if first not in self._lines:
            self._lines[first] = source.lines()
        return self._lines[first][index - first]


def _one_by_one(run: Run) -> Iterator[Reading]:
    columns = run.columns
    sparse = [(name, columns[column::STRIDE]) for name, column in SPARSE.items()]
    triples = zip(columns[START::STRIDE], columns[DURATION::STRIDE], columns[VALUE::STRIDE], strict=True)
    lines = run.lines()
    for index, (start, duration, value) in enumerate(triples):
        yield Reading(
            line=lines[index],
            value=int(value or b""),
            start=int(start or b""),
            duration=int(duration or b""),
            sparse={name: int(cell) for name, cells in sparse if (cell := cells[index]) is not None},
        )
