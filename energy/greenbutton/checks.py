"""Check the order of a series' readings, column by column where they are regular."""

from __future__ import annotations

from itertools import pairwise
from operator import add
from typing import TYPE_CHECKING

from energy.greenbutton.coverage import Fit
from energy.greenbutton.findings import Code
from energy.greenbutton.series import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from energy.greenbutton.batches import ReadingBatch
    from energy.greenbutton.coverage import Coverage
    from energy.greenbutton.findings import Findings
    from energy.greenbutton.series import Series

    LineOf = Callable[[int], int]

NEARLY_A_DAY = 23 * 3600  # longer intervals vary with months and with daylight saving


class OrderCheck:
    """Report readings that repeat, overlap, stand out of order, or change their length."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def __call__(self, series: Series, batch: ReadingBatch, line_of: LineOf) -> None:
        """Check `batch` against what `series` had before it, and remember it there."""
        self._lengths(series, batch, line_of)
        starts, durations = batch.starts, batch.durations
        ends = list(map(add, starts, durations))
        coverage, before = series.coverage, series.last_start
        for first, last in _stretches(starts, durations, ends):
            index = first
            while index < last and not _is_later(coverage, starts[index], durations[index], before):
                self._place(coverage, starts[index], ends[index], before, index, line_of)
                before = starts[index]
                index += 1
            if index < last:
                coverage.append(starts[index], ends[last - 1], durations[index])
            before = starts[last - 1]
        series.last_start, series.last_duration = starts[-1], durations[-1]

    def report_gaps(self, series: Series) -> None:
        """Report the periods for which the whole feed has no reading of the series."""
        for start, end in series.coverage.gaps():
            message = f"No readings from {moment(start)} to {moment(end)}"
            self._findings.add(series.line, Code.GAP, message, "Nothing was put in its place")

    def _place(self, coverage: Coverage, start: int, end: int, before: int | None, index: int, line_of: LineOf) -> None:
        fit = coverage.add(start, end) if end > start else Fit.NEW
        if fit is Fit.DUPLICATE or start == before:
            message = f"A reading of {moment(start)} has occurred before"
            self._add(Code.DUPLICATE_READING, message, "Both are kept; the later one counts", index, line_of)
        elif fit is Fit.OVERLAP:
            message = f"The reading of {moment(start)} overlaps others"
            self._add(Code.OVERLAPPING_READING, message, "Kept", index, line_of)
        elif before is not None and start < before:
            message = f"The reading of {moment(start)} follows one of {moment(before)}"
            self._add(Code.UNSORTED_READINGS, message, "Kept, in the order of the file", index, line_of)

    def _lengths(self, series: Series, batch: ReadingBatch, line_of: LineOf) -> None:
        durations = batch.durations
        last = series.last_duration if series.last_duration is not None else durations[0]
        if durations[0] == last and durations.count(last) == len(durations):
            return
        for index, (one, other) in enumerate(pairwise([last, *durations])):
            if one != other and min(one, other) < NEARLY_A_DAY:
                message = f"The intervals of {one} seconds become intervals of {other} seconds"
                self._add(Code.INTERVAL_LENGTH_CHANGED, message, "Each reading keeps its own length", index, line_of)

    def _add(self, code: Code, message: str, action: str, index: int, line_of: LineOf) -> None:
        line = 1 if self._findings.is_full(code) else line_of(index)
        self._findings.add(line, code, message, action)


def _is_later(coverage: Coverage, start: int, duration: int, before: int | None) -> bool:
    """Tell whether a reading comes after all that is covered, so that it and what follows it need no second look."""
    return (coverage.end is None or coverage.end <= start) and duration > 0 and start != before


def _stretches(starts: list[int], durations: list[int], ends: list[int]) -> Iterator[tuple[int, int]]:
    """Cut into half-open ranges of readings that follow one another without gap or change of length."""
    if ends[:-1] == starts[1:] and durations.count(durations[0]) == len(durations):
        yield 0, len(starts)
        return
    first = 0
    for last, (end, start, one, other) in enumerate(zip(ends, starts[1:], durations, durations[1:], strict=False), 1):
        if end != start or one != other:
            yield first, last
            first = last
    yield first, len(starts)
