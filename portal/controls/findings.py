from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise

Rows = QuerySet[Any] | Sequence[Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """One row that a control found: when it was, what is wrong with it, and its ledger entry where it has one."""

    at: datetime | date | None
    what: str
    entry_id: int | None = None


@dataclass(frozen=True, slots=True)
class Control:
    """A query that must find nothing: its rows (read anew each time), and what each row says to people."""

    code: str
    title: str | Promise
    demand: str | Promise
    rows: Callable[[], Rows]
    tell: Callable[[Any], Finding]

    def count(self) -> int:
        """Count what it finds now."""
        rows = self.rows()
        return rows.count() if isinstance(rows, QuerySet) else len(rows)

    def findings(self, limit: int) -> list[Finding]:
        """Return the first rows that it finds now."""
        return [self.tell(row) for row in self.rows()[:limit]]
