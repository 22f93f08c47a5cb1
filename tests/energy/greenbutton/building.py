"""Feeds written by hand for the tests, and the reading of them."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from energy.greenbutton import Feed, Limits, ReadingBatch, Resource, read_feed

if TYPE_CHECKING:
    from collections.abc import Callable

REPOSITORY = Path(__file__).resolve().parents[3]
START = 1_388_563_200
POINT = "/espi/1_1/resource/RetailCustomer/1/UsagePoint/1"
METER = f"{POINT}/MeterReading/1"
TYPE = "/espi/1_1/resource/ReadingType/1"
LOCAL = "/espi/1_1/resource/LocalTimeParameters/1"
LOCAL_TIME = (
    "<LocalTimeParameters><dstEndRule>B40E2000</dstEndRule><dstOffset>3600</dstOffset>"
    "<dstStartRule>360E2000</dstStartRule><tzOffset>-28800</tzOffset></LocalTimeParameters>"
)
READING_TYPE = (
    "<ReadingType><flowDirection>1</flowDirection><intervalLength>900</intervalLength>"
    "<powerOfTenMultiplier>0</powerOfTenMultiplier><uom>72</uom></ReadingType>"
)


def shared_folder() -> Path:
    """Give the folder with the public samples and schemas, wherever a checkout finds it."""
    candidates = [Path(named)] if (named := os.environ.get("RESGUARDO_SHARED")) else []
    candidates += [parent / "shared" for parent in REPOSITORY.parents]
    return next((path for path in candidates if path.is_dir()), REPOSITORY / "no-such-folder")


GREEN_BUTTON = shared_folder() / "greenbutton"


@dataclass(frozen=True)
class Outcome:
    """All that reading a feed to its end gave."""

    feed: Feed
    items: list[Resource | ReadingBatch]

    @property
    def resources(self) -> list[Resource]:
        return [item for item in self.items if isinstance(item, Resource)]

    @property
    def batches(self) -> list[ReadingBatch]:
        return [item for item in self.items if isinstance(item, ReadingBatch)]

    @property
    def rows(self) -> list[tuple[object, ...]]:
        return rows(self.batches)

    @property
    def starts(self) -> list[int]:
        return [start for batch in self.batches for start in batch.starts]

    @property
    def codes(self) -> list[str]:
        return [finding.code for finding in self.feed.findings]

    def only(self, code: str) -> tuple[int, int]:
        """Assert that all findings are of `code`, and give the first one's line and their number."""
        assert set(self.codes) == {code}
        found = list(self.feed.findings)
        assert all(finding.message and finding.action for finding in found)
        return found[0].line, sum(finding.count for finding in found)


SPARSE = [field.name for field in fields(ReadingBatch) if str(field.type).startswith("dict")]


def rows(batches: list[ReadingBatch]) -> list[tuple[object, ...]]:
    """List readings one by one, however they were batched."""
    return [
        (batch.meter_reading_href, *main, *(getattr(batch, name).get(index) for name in SPARSE))
        for batch in batches
        for index, main in enumerate(zip(batch.starts, batch.durations, batch.values, strict=True))
    ]


def read(data: bytes | str, limits: Limits | None = None) -> Outcome:
    """Read a feed from memory to its end."""
    feed = read_feed(BytesIO(data.encode() if isinstance(data, str) else data), limits=limits)
    return Outcome(feed, list(feed))


def reading(
    start: object = START, duration: object = 900, value: object = 5, *, before: str = "", after: str = ""
) -> str:
    """Write an IntervalReading in the layout that utilities use."""
    period = f"<timePeriod>\n<duration>{duration}</duration>\n<start>{start}</start>\n</timePeriod>"
    return f"<IntervalReading>\n{before}{period}\n<value>{value}</value>\n{after}</IntervalReading>\n"


def block(*readings: str, interval: str = "") -> str:
    """Write an IntervalBlock."""
    return f'<IntervalBlock xmlns="http://naesb.org/espi">\n{interval}{"".join(readings)}</IntervalBlock>'


def interval(start: int, duration: int) -> str:
    """Write the period that a block says it covers."""
    return f"<interval><duration>{duration}</duration><start>{start}</start></interval>\n"


def entry(content: str, href: str = "", up: str = "", *related: str, namespace: str = "http://naesb.org/espi") -> str:
    """Write an entry around a resource, or around several."""
    links = "".join(
        f'<link rel="{rel}" href="{link}"/>\n'
        for rel, link in (("self", href), ("up", up), *(("related", one) for one in related))
        if link
    )
    return (
        f'<entry>\n{links}<title/>\n<content xmlns:e="{namespace}">{_defaulted(content, namespace)}</content></entry>\n'
    )


def _defaulted(content: str, namespace: str) -> str:
    if not content.startswith("<") or "xmlns=" in content.partition(">")[0]:
        return content
    name, mark, rest = content.partition(">")
    if name.endswith("/"):
        return f'{name[:-1]} xmlns="{namespace}"/>{rest}'
    return f'{name} xmlns="{namespace}"{mark}{rest}'


def feed(*entries: str) -> str:
    """Write a feed around entries."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n{"".join(entries)}</feed>'
    )


def usage_point(content: str = "<UsagePoint><ServiceCategory><kind>0</kind></ServiceCategory></UsagePoint>") -> str:
    return entry(content, POINT, POINT.rpartition("/")[0], f"{POINT}/MeterReading", LOCAL)


def meter_reading() -> str:
    return entry("<MeterReading/>", METER, f"{POINT}/MeterReading", f"{METER}/IntervalBlock", TYPE)


def local_time(content: str = LOCAL_TIME) -> str:
    return entry(content, LOCAL, LOCAL.rpartition("/")[0])


def reading_type(content: str = READING_TYPE) -> str:
    return entry(content, TYPE, TYPE.rpartition("/")[0])


def blocks(content: str) -> str:
    return entry(content, f"{METER}/IntervalBlock/1", f"{METER}/IntervalBlock")


def household(content: str, *, put_type: Callable[[], str] = reading_type) -> str:
    """Write a whole feed of one meter around its blocks."""
    return feed(usage_point(), local_time(), meter_reading(), put_type(), blocks(content))
