from energy.models.bills import Bill
from energy.models.imports import ImportFinding, ImportRun, ImportWindow, Receipt
from energy.models.readings import DayReading, ReadingOverride, ReadingType, Series, UsagePoint

__all__ = [
    "Bill",
    "DayReading",
    "ImportFinding",
    "ImportRun",
    "ImportWindow",
    "ReadingOverride",
    "ReadingType",
    "Receipt",
    "Series",
    "UsagePoint",
]
