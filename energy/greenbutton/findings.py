"""Deviations of a feed from the standard: where, what, and what the reader did about it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Code(StrEnum):
    """Every kind of deviation. The values are stable: they are stored and shown."""

    # Readings that were left out (each reading counts once).
    MISSING_VALUE = "missing-value"
    VALUE_NOT_A_NUMBER = "value-not-a-number"
    VALUE_OUT_OF_RANGE = "value-out-of-range"
    MISSING_START = "missing-start"
    TIME_NOT_A_NUMBER = "time-not-a-number"
    TIME_OUT_OF_RANGE = "time-out-of-range"
    MISSING_DURATION = "missing-duration"
    # Readings that were kept.
    FLOAT_NUMBER = "float-number"
    ASSUMED_DURATION = "assumed-duration"
    ASSUMED_START = "assumed-start"
    DUPLICATE_READING = "duplicate-reading"
    OVERLAPPING_READING = "overlapping-reading"
    UNSORTED_READINGS = "unsorted-readings"
    INTERVAL_LENGTH_CHANGED = "interval-length-changed"
    READING_OUTSIDE_BLOCK_INTERVAL = "reading-outside-block-interval"
    READING_WITHOUT_BLOCK = "reading-without-block"
    SEVERAL_QUALITIES = "several-qualities"
    EMPTY_BLOCK = "empty-block"
    GAP = "gap"
    # Values of resources and readings.
    EMPTY_VALUE = "empty-value"
    INVALID_VALUE = "invalid-value"
    UNKNOWN_CODE = "unknown-code"
    TEXT_TOO_LONG = "text-too-long"
    MISSING_ELEMENT = "missing-element"
    REPEATED_ELEMENT = "repeated-element"
    UNKNOWN_ELEMENT = "unknown-element"
    MISSPELLED_ELEMENT = "misspelled-element"
    ELEMENT_ORDER = "element-order"
    # Resources and how they are joined.
    SEVERAL_BLOCKS_IN_CONTENT = "several-blocks-in-content"
    SEVERAL_CONTENTS = "several-contents"
    RESOURCE_WITHOUT_ENTRY = "resource-without-entry"
    RESOURCE_NOT_READ = "resource-not-read"
    CONTENT_WITHOUT_RESOURCE = "content-without-resource"
    DUPLICATE_RESOURCE = "duplicate-resource"
    MISSING_SELF_LINK = "missing-self-link"
    MISSING_METER_READING = "missing-meter-reading"
    MISSING_USAGE_POINT = "missing-usage-point"
    MISSING_READING_TYPE = "missing-reading-type"
    MISSING_LOCAL_TIME = "missing-local-time"
    ASSUMED_LINK = "assumed-link"


SKIPPED = frozenset(
    {
        Code.MISSING_VALUE,
        Code.VALUE_NOT_A_NUMBER,
        Code.VALUE_OUT_OF_RANGE,
        Code.MISSING_START,
        Code.TIME_NOT_A_NUMBER,
        Code.TIME_OUT_OF_RANGE,
        Code.MISSING_DURATION,
    }
)
"""The codes by which a reading is left out: `Feed.skipped` is the number of their occurrences."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One deviation. `count` is 1, or the number of like deviations folded into this one."""

    line: int
    code: str
    message: str
    action: str
    count: int = 1


class Findings:
    """Collect findings, at most `per_code` of a code one by one; iterate them, the folded ones last."""

    def __init__(self, per_code: int) -> None:
        self._per_code = per_code
        self._kept: list[Finding] = []
        self._folded: dict[Code, Finding] = {}
        self.counts: Counter[Code] = Counter()

    def add(self, line: int, code: Code, message: str, action: str, *, count: int = 1) -> None:
        """Keep the finding, or count it if its code has had its share."""
        self.counts[code] += count
        if self.counts[code] <= self._per_code or self.counts[code] == count:
            self._kept.append(Finding(line, code.value, message, action, count))
            return
        first = self._folded.get(code)
        total = count + (first.count if first else 0)
        summary = f"The same {total} more times, from this line on ({message})"
        if first:
            summary = first.message.replace(f"{first.count} more times", f"{total} more times", 1)
        self._folded[code] = Finding(first.line if first else line, code.value, summary, action, total)

    def is_full(self, code: Code) -> bool:
        """Tell whether further findings of `code` are only counted, so that their line need not be looked up."""
        return self.counts[code] >= self._per_code

    @property
    def skipped(self) -> int:
        """Count the readings left out."""
        return sum(self.counts[code] for code in SKIPPED)

    def __iter__(self) -> Iterator[Finding]:
        yield from self._kept
        yield from self._folded.values()

    def __len__(self) -> int:
        return len(self._kept) + len(self._folded)
