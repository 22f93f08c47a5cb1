"""Read the distribution utility's CSV feeds: customers and accounts, readings in long and in wide form.

Knows no Django and no database. Columns are mapped by a small TOML file (see `docs/csv-feeds.md`). Reading is lenient
with a finding per deviation; a row that cannot be trusted is skipped and counted, a file that cannot be read raises.
"""

from energy.csvfeed.customers import CustomerRow, read_customers
from energy.csvfeed.errors import CsvError, MappingError
from energy.csvfeed.mapping import UNITS, Form, Mapping, load_mapping
from energy.csvfeed.readings import ReadingRow, SeriesKey, read_readings
from energy.csvfeed.table import Limits, Table, open_table

__all__ = [
    "UNITS",
    "CsvError",
    "CustomerRow",
    "Form",
    "Limits",
    "Mapping",
    "MappingError",
    "ReadingRow",
    "SeriesKey",
    "Table",
    "load_mapping",
    "open_table",
    "read_customers",
    "read_readings",
]
