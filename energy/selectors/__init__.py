from energy.selectors.imports import finding_counts, findings_of, imports, known_mappings
from energy.selectors.usage import (
    Total,
    bills_between,
    bills_of,
    day_totals,
    days_between,
    load_of_day,
    month_totals,
    read_days,
    series_of,
)
from energy.selectors.windows import PARTITIONED, months_before, not_before

__all__ = [
    "PARTITIONED",
    "Total",
    "bills_between",
    "bills_of",
    "day_totals",
    "days_between",
    "finding_counts",
    "findings_of",
    "imports",
    "known_mappings",
    "load_of_day",
    "month_totals",
    "months_before",
    "not_before",
    "read_days",
    "series_of",
]
