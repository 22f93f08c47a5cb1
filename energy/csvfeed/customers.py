from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from energy.csvfeed.mapping import CUSTOMER_COLUMNS
from energy.csvfeed.table import Table

_DATES = ("opened_on", "closed_on")
_CHOICES = {
    "kind": ("person", "organization"),
    "language": ("en", "es"),
    "customer_class": ("residential", "commercial", "industrial", "agricultural"),
}


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One account of a customer as the feed has it; `values` holds the mapped columns that the row fills."""

    line: int
    account_number: str
    values: dict[str, str] = field(default_factory=dict)
    opened_on: date | None = None
    closed_on: date | None = None


def read_customers(table: Table) -> Iterator[CustomerRow]:
    """Yield the rows of a customers feed; a row without account number, name or opening date is skipped."""
    seen: dict[str, int] = {}
    for line, cells in table.rows:
        values = {name: cells[head] for name, head in table.mapping.columns.items() if name in CUSTOMER_COLUMNS}
        number = values.pop("account_number")
        if not number or not values.get("name"):
            table.find(line, "missing-value", "Account number or name is empty.", "The row was left out.", skipped=1)
            continue
        if number in seen:
            table.find(
                line,
                "duplicate-account",
                f"The account stands in line {seen[number]} already.",
                "The later row counts.",
            )
        seen[number] = line
        dates = {name: _date(table, line, name, values.pop(name, "")) for name in _DATES}
        yield CustomerRow(line, number, _known_choices(table, line, values), **dates)


def _date(table: Table, line: int, name: str, text: str) -> date | None:
    if not text:
        return None
    try:
        if table.mapping.date_format:
            return datetime.strptime(text, table.mapping.date_format).date()  # noqa: DTZ007 (a civil day has no zone)
        return date.fromisoformat(text)
    except ValueError:
        table.find(line, "invalid-date", f"{name} is {text!r}, which is no date of the mapping's form.", "Left empty.")
        return None


def _known_choices(table: Table, line: int, values: dict[str, str]) -> dict[str, str]:
    kept = {}
    for name, value in values.items():
        choices = _CHOICES.get(name)
        if choices and value and value.lower() not in choices:
            table.find(line, "unknown-code", f"{name} is {value!r}; known: {', '.join(choices)}.", "Left as it was.")
        elif value:
            kept[name] = value.lower() if choices else value
    return kept
