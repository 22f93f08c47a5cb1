"""What must survive a purge, said a second time in sets and dates, without a database: the judge of the engine.

A row is past its time when it is older than five years, counted in whole months back from the day of the purge. Then it
is kept, in the table of held rows, as long as some hold covers it, and is gone otherwise.
"""

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby

READINGS, BILLS = "readings", "bills"
CLASSES = (READINGS, BILLS)
YEARS = 5


@dataclass(frozen=True, order=True)
class Row:
    """One packed day of readings, or one bill, of one account."""

    retention_class: str
    day: date
    account: int

    @property
    def month(self) -> date:
        return self.day.replace(day=1)


@dataclass(frozen=True)
class Hold:
    """What a hold covers: one account or (None) everybody, of some classes, over half-open days."""

    account: int | None = None
    classes: tuple[str, ...] = CLASSES
    first: date | None = None
    past: date | None = None

    def covers(self, row: Row) -> bool:
        return (
            self.account in {None, row.account}
            and row.retention_class in self.classes
            and (self.first is None or self.first <= row.day)
            and (self.past is None or row.day < self.past)
        )


@dataclass(frozen=True)
class Counts:
    """What a step of a purge did: rows past their time, kept, gone."""

    held: int = 0
    dropped: int = 0

    @property
    def total(self) -> int:
        return self.held + self.dropped


@dataclass
class Model:
    """The rows in their tables, those in the tables of held rows, those that are gone, the holds in force."""

    stored: set[Row] = field(default_factory=set)
    held: set[Row] = field(default_factory=set)
    gone: set[Row] = field(default_factory=set)
    dropped: Counter[str] = field(default_factory=Counter)
    """How many rows of each class have gone; one that was stored again and went again counts twice."""
    holds: dict[str, Hold] = field(default_factory=dict)

    def store(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self.stored.add(row)
            self.gone.discard(row)

    def is_held(self, row: Row) -> bool:
        return any(hold.covers(row) for hold in self.holds.values())

    def purge(self, as_of: date) -> None:
        """Carry out a whole run, with nobody in between."""
        before = kept_from(as_of)
        for code in CLASSES:
            self.trim_held(code, before)
            for month in list(self.expired_months(code, before)):
                self.expire(code, month, before)

    def expired_months(self, code: str, before: date) -> Iterator[date]:
        """Yield the months in which something of a class is past its time."""
        due = sorted(row for row in self.stored if row.retention_class == code and row.day < before)
        for month, _rows in groupby(due, key=lambda row: row.month):
            yield month

    def expire(self, code: str, month: date, before: date) -> Counts:
        """Drop a month, or trim it where it reaches into the period."""
        due = {row for row in self.stored if (row.retention_class, row.month) == (code, month) and row.day < before}
        kept = {row for row in due if self.is_held(row)}
        self.stored -= due
        self.held |= kept
        self._forget(code, due - kept)
        return Counts(len(kept), len(due - kept))

    def trim_held(self, code: str, before: date) -> Counts:
        """Drop what was held and is not any more."""
        looked_at = {row for row in self.held if row.retention_class == code and row.day < before}
        released = {row for row in looked_at if not self.is_held(row)}
        self.held -= released
        self._forget(code, released)
        return Counts(len(looked_at - released), len(released))

    def _forget(self, code: str, rows: set[Row]) -> None:
        self.dropped[code] += len(rows)
        self.gone |= rows - self.stored - self.held


def kept_from(as_of: date) -> date:
    """Return the first day that five years keep; counted back from 29 February it is the 28th."""
    year = as_of.year - YEARS
    return as_of.replace(year=year, day=min(as_of.day, monthrange(year, as_of.month)[1]))


def whole_month(day: date) -> tuple[date, date]:
    """Return the first day of a day's month and the first after it."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1)
