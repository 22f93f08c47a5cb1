"""Read and write Green Button feeds (NAESB ESPI 4.0): usage and retail customer. Knows no Django and no database.

`read_feed` reads leniently, with a finding per deviation; `write_feed` writes what validates.
"""

from energy.greenbutton.batches import ReadingBatch
from energy.greenbutton.errors import (
    Compressed,
    DoctypeRefused,
    FeedError,
    LimitExceeded,
    NotAFeed,
    NotWritable,
    NotXml,
    Truncated,
)
from energy.greenbutton.feed import Feed, read_feed
from energy.greenbutton.findings import Code, Finding
from energy.greenbutton.limits import Limits
from energy.greenbutton.links import Links, SeriesLinks
from energy.greenbutton.resources import (
    Customer,
    CustomerAccount,
    CustomerAgreement,
    ElectricPowerQualitySummary,
    ElectricPowerUsageSummary,
    LocalTimeParameters,
    MeterReading,
    ReadingType,
    Resource,
    ServiceLocation,
    UsagePoint,
    UsageSummary,
)
from energy.greenbutton.writer import split_days, write_feed

__all__ = [
    "Code",
    "Compressed",
    "Customer",
    "CustomerAccount",
    "CustomerAgreement",
    "DoctypeRefused",
    "ElectricPowerQualitySummary",
    "ElectricPowerUsageSummary",
    "Feed",
    "FeedError",
    "Finding",
    "LimitExceeded",
    "Limits",
    "Links",
    "LocalTimeParameters",
    "MeterReading",
    "NotAFeed",
    "NotWritable",
    "NotXml",
    "ReadingBatch",
    "ReadingType",
    "Resource",
    "SeriesLinks",
    "ServiceLocation",
    "Truncated",
    "UsagePoint",
    "UsageSummary",
    "read_feed",
    "split_days",
    "write_feed",
]
