from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from energy.csvfeed.mapping import CUSTOMER_COLUMNS
from energy.csvfeed.table import Table
from energy.csvfeed.times import day_of

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
    dates: dict[str, date] = field(default_factory=dict)


def read_customers(table: Table) -> Iterator[CustomerRow]:
    """Yield the rows of a customers feed; a row without account number is left out and counted in `table.skipped`."""
    heads = {name: head for name, head in table.mapping.columns.items() if name in CUSTOMER_COLUMNS}
    seen: dict[str, int] = {}
    for line, cells in table.rows:
        given = {name: cells[head] for name, head in heads.items() if cells[head]}
        number = given.pop("account_number", "")
        if not number:
            table.find(line, "missing-value", "The account number is empty", "The row was left out", skipped=1)
            continue
        if number in seen:
            message = f"The account {number} stands in line {seen[number]} already"
            table.find(line, "duplicate-account", message, "The later row counts")
        seen[number] = line
        dates = {name: day for name in _DATES if (day := _date(table, line, name, given.pop(name, "")))}
        yield CustomerRow(line, number, _known_choices(table, line, given), dates)


def _date(table: Table, line: int, name: str, text: str) -> date | None:
    if not text:
        return None
    try:
        return day_of(text, table.mapping.date_format)
    except ValueError:
        message = f"{name} is {text[:60]!r}, which is no date of the mapping's form"
        table.find(line, "invalid-date", message, "Left as it was")
        return None


def _known_choices(table: Table, line: int, given: dict[str, str]) -> dict[str, str]:
    kept = {}
    for name, value in given.items():
        choices = _CHOICES.get(name)
        if choices and value.lower() not in choices:
            message = f"{name} is {value[:60]!r}; known: {', '.join(choices)}"
            table.find(line, "unknown-code", message, "Left as it was")
        else:
            kept[name] = value.lower() if choices else value
    return kept
