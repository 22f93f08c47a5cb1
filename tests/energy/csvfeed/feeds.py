"""Small CSV feeds and their mappings."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from energy.csvfeed import CustomerRow, Limits, Mapping, ReadingRow, Table, load_mapping, open_table
from energy.csvfeed import read_customers as _read_customers
from energy.csvfeed import read_readings as _read_readings

ZONE = "America/Los_Angeles"
HOURS = tuple(f"H{hour:02}" for hour in range(24))
QUARTERS = tuple(f"Q{number:02}" for number in range(96))
LONG_HEAD = "SA,Meter,Start,Usage"
CUSTOMERS_HEAD = "SA,Holder,Since"


def toml(form: str, columns: dict[str, str], **options: Any) -> str:
    """Write a mapping file."""
    lines = [f"form = {_value(form)}"]
    lines += [f"{name} = {_value(value)}" for name, value in options.items() if not isinstance(value, dict)]
    tables = {"columns": columns} | {name: value for name, value in options.items() if isinstance(value, dict)}
    for name, table in tables.items():
        lines += [f"[{name}]", *(f"{key} = {_value(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value)


def long_toml(*, more: dict[str, str] | None = None, **options: Any) -> str:
    """Write the mapping of a long feed; `more` are further columns."""
    columns = {"account_number": "SA", "usage_point": "Meter", "start": "Start", "value": "Usage"}
    return toml("readings-long", columns | (more or {}), **options)


def wide_toml(*, more: dict[str, str] | None = None, **options: Any) -> str:
    """Write the mapping of a wide feed of hours, unless `value_columns` are given."""
    columns = {"account_number": "SA", "usage_point": "Meter", "day": "Day"} | (more or {})
    return toml("readings-wide", columns, **{"value_columns": HOURS} | options)


def customers_toml(*fields: str, **options: Any) -> str:
    """Write the mapping of a customers feed; further `fields` stand in columns of the same name."""
    columns = {"account_number": "SA", "name": "Holder", "opened_on": "Since"}
    return toml("customers", columns | {field: field for field in fields}, **options)


def mapping_of(text: str) -> Mapping:
    """Read a mapping file in the zone of the tests."""
    return load_mapping(text, time_zone=ZONE)


def content(*lines: str, encoding: str = "utf-8") -> BytesIO:
    """Give the lines as a file."""
    return BytesIO("\n".join([*lines, ""]).encode(encoding))


def read(text: str, *lines: str, limits: Limits | None = None) -> tuple[list[ReadingRow], Table]:
    """Read a feed of readings in lines; give its rows and its table."""
    mapping = mapping_of(text)
    with open_table(content(*lines, encoding=mapping.encoding), mapping, limits=limits) as table:
        return list(_read_readings(table)), table


def read_customers(text: str, *lines: str) -> tuple[list[CustomerRow], Table]:
    """Read a feed of customers in lines; give its rows and its table."""
    with open_table(content(*lines), mapping_of(text)) as table:
        return list(_read_customers(table)), table


def codes(table: Table) -> list[str]:
    """Give the codes of a table's findings."""
    return [finding.code for finding in table.findings]


def times(rows: Iterable[ReadingRow]) -> list[str]:
    """Give the starts of readings in UTC."""
    return [datetime.fromtimestamp(row.start, UTC).strftime("%m-%dT%H:%M") for row in rows]
