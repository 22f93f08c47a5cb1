"""Which time the readings of one series cover, so that repeated and overlapping readings are seen."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import Enum


class Fit(Enum):
    """How a reading stands to those before it."""

    NEW = "new"
    DUPLICATE = "duplicate"
    OVERLAP = "overlap"


@dataclass(slots=True)
class Stretch:
    """Time covered without a gap by readings of `step` seconds each."""

    start: int
    end: int
    step: int


class Coverage:
    """Covered time as stretches in order; memory grows with the gaps, not with the readings.

    Past `most` stretches (a feed of scattered readings) no more are kept, and only what follows is compared.
    """

    def __init__(self, most: int = 50_000) -> None:
        self._starts: list[int] = []
        self._stretches: list[Stretch] = []
        self._most = most
        self.is_complete = True

    @property
    def end(self) -> int | None:
        """Give the end of the last stretch; None where nothing is covered yet."""
        return self._stretches[-1].end if self._stretches else None

    def append(self, start: int, end: int, step: int) -> None:
        """Cover from `start` to `end`, which is at or after all that is covered."""
        last = self._stretches[-1] if self._stretches else None
        if last and last.end == start and last.step == step:
            last.end = end
        else:
            self._insert(len(self._stretches), Stretch(start, end, step))

    def add(self, start: int, end: int) -> Fit:
        """Cover one reading anywhere, and tell how it fits what is covered."""
        step = end - start
        place = bisect_right(self._starts, start)
        before = self._stretches[place - 1] if place else None
        after = self._stretches[place] if place < len(self._stretches) else None
        if before and before.end > start:
            is_same = before.step == step and (start - before.start) % step == 0
            return Fit.DUPLICATE if is_same else Fit.OVERLAP
        if after and after.start < end:
            return Fit.OVERLAP
        if before and before.end == start and before.step == step:
            before.end = end
            self._join(place - 1)
        elif after and after.start == end and after.step == step:
            after.start = self._starts[place] = start
        else:
            self._insert(place, Stretch(start, end, step))
        return Fit.NEW

    def gaps(self) -> list[tuple[int, int]]:
        """List the periods between the first and the last reading that none covers."""
        if not self.is_complete:
            return []
        pairs = zip(self._stretches, self._stretches[1:], strict=False)
        return [(one.end, other.start) for one, other in pairs if one.end < other.start]

    def _insert(self, place: int, stretch: Stretch) -> None:
        if len(self._stretches) >= self._most:
            del self._stretches[:-1], self._starts[:-1]
            self.is_complete = False
            place = min(place, 1) if stretch.start >= self._starts[0] else 0
        self._stretches.insert(place, stretch)
        self._starts.insert(place, stretch.start)

    def _join(self, place: int) -> None:
        if place + 1 < len(self._stretches):
            one, other = self._stretches[place : place + 2]
            if one.end == other.start and one.step == other.step:
                one.end = other.end
                del self._stretches[place + 1], self._starts[place + 1]
