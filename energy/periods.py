"""The periods that a usage page shows: a year by its months, a month by its days, a day by its intervals."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

_FORM = re.compile(r"((?:19|20)[0-9]{2})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


class Span(StrEnum):
    """How long a shown period is."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Period:
    """A civil year, month or day, beginning on `first`."""

    span: Span
    first: date

    @classmethod
    def parse(cls, text: str) -> "Period | None":
        """Read `2026`, `2026-03` or `2026-03-09`; None for anything else (years from 1900 to 2099)."""
        match = _FORM.fullmatch(text)
        if match is None:
            return None
        year, month, day = match.groups()
        try:
            first = date(int(year), int(month or 1), int(day or 1))
        except ValueError:
            return None
        return cls(Span.DAY if day else Span.MONTH if month else Span.YEAR, first)

    @property
    def end(self) -> date:
        """Return the first day that is no longer in it."""
        if self.span is Span.DAY:
            return self.first + timedelta(days=1)
        if self.span is Span.MONTH:
            return (self.first + timedelta(days=31)).replace(day=1)
        return self.first.replace(year=self.first.year + 1)

    @property
    def before(self) -> "Period":
        """Return the period of the same length that ends where this one begins."""
        return Period(self.span, self._begin_of(self.first - timedelta(days=1)))

    @property
    def after(self) -> "Period":
        """Return the period of the same length that begins where this one ends."""
        return Period(self.span, self.end)

    @property
    def outer(self) -> tuple["Period", ...]:
        """Return the periods that this one lies in, the longest first."""
        year = Period(Span.YEAR, self.first.replace(month=1, day=1))
        month = Period(Span.MONTH, self.first.replace(day=1))
        return {Span.YEAR: (), Span.MONTH: (year,), Span.DAY: (year, month)}[self.span]

    def touches(self, first: date, last: date) -> bool:
        """Say whether a day from `first` to `last` is in it."""
        return self.first <= last and first < self.end

    def __str__(self) -> str:
        length = {Span.YEAR: 4, Span.MONTH: 7, Span.DAY: 10}[self.span]
        return self.first.isoformat()[:length]

    def _begin_of(self, day: date) -> date:
        if self.span is Span.DAY:
            return day
        return day.replace(day=1) if self.span is Span.MONTH else day.replace(month=1, day=1)
