"""Write synthetic Green Button feeds, as a utility's download page produces them, for the benchmarks.

The same arguments always give the same bytes. The customers and places in them do not exist.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_START = 1_388_563_200  # 2014-01-01 00:00 Pacific Standard Time
STAMP = "2024-01-01T08:00:00Z"
BASE = "/espi/1_1/resource/RetailCustomer/9B6C7066/UsagePoint/5446AF3F"
ENTRY = """\t<entry>
\t\t<id>urn:uuid:{uuid}</id>
{links}
\t\t<title>{title}</title>
\t\t<content>
{content}
\t\t</content>
\t\t<published>{stamp}</published>
\t\t<updated>{stamp}</updated>
\t</entry>
"""
USAGE_POINT = """\t\t\t<UsagePoint xmlns="http://naesb.org/espi">
\t\t\t\t<ServiceCategory>
\t\t\t\t\t<kind>0</kind>
\t\t\t\t</ServiceCategory>
\t\t\t</UsagePoint>"""
LOCAL_TIME = """\t\t\t<LocalTimeParameters xmlns="http://naesb.org/espi">
\t\t\t\t<dstEndRule>B40E2000</dstEndRule>
\t\t\t\t<dstOffset>3600</dstOffset>
\t\t\t\t<dstStartRule>360E2000</dstStartRule>
\t\t\t\t<tzOffset>-28800</tzOffset>
\t\t\t</LocalTimeParameters>"""
READING_TYPE = """\t\t\t<ReadingType xmlns="http://naesb.org/espi">
\t\t\t\t<accumulationBehaviour>4</accumulationBehaviour>
\t\t\t\t<commodity>1</commodity>
\t\t\t\t<currency>840</currency>
\t\t\t\t<dataQualifier>12</dataQualifier>
\t\t\t\t<flowDirection>1</flowDirection>
\t\t\t\t<intervalLength>{seconds}</intervalLength>
\t\t\t\t<kind>12</kind>
\t\t\t\t<phase>769</phase>
\t\t\t\t<powerOfTenMultiplier>0</powerOfTenMultiplier>
\t\t\t\t<timeAttribute>0</timeAttribute>
\t\t\t\t<uom>72</uom>
\t\t\t</ReadingType>"""


def write_feed(path: Path, *, readings: int = 350_000, seconds: int = 900, one_block: bool = False) -> Path:
    """Write a pretty-printed feed of `readings` intervals of `seconds` each to `path` and return it.

    One IntervalBlock and entry per day of 86,400 seconds, or a single block for all (`one_block`); a cost on nine
    days of ten, a ReadingQuality on one reading in thirty.
    """
    per_block = readings if one_block else 86_400 // seconds
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.write('<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n')
        out.write(f"\t<id>urn:uuid:{_uuid(0)}</id>\n\t<title>Green Button Usage Feed</title>\n")
        out.write(f'\t<updated>{STAMP}</updated>\n\t<link rel="self" href="{BASE}"/>\n')
        out.writelines(_head(seconds))
        for number, first in enumerate(range(0, readings, per_block)):
            count = min(per_block, readings - first)
            links = {"self": f"{BASE}/MeterReading/01/IntervalBlock/{number:05}"}
            links["up"] = f"{BASE}/MeterReading/01/IntervalBlock"
            out.write(_entry(100 + number, "", "".join(_block(number, first, count, seconds)), **links))
        out.write("</feed>\n")
    return path


def _head(seconds: int) -> Iterator[str]:
    root = "/espi/1_1/resource"
    related = f"{BASE}/MeterReading", f"{root}/LocalTimeParameters/01"
    yield _entry(1, "Front Electric Meter", USAGE_POINT, *related, self=BASE, up=BASE.rpartition("/")[0])
    local = {"self": f"{root}/LocalTimeParameters/01", "up": f"{root}/LocalTimeParameters"}
    yield _entry(2, "Pacific Time", LOCAL_TIME, **local)
    meter = {"self": f"{BASE}/MeterReading/01", "up": f"{BASE}/MeterReading"}
    related = f"{BASE}/MeterReading/01/IntervalBlock", f"{root}/ReadingType/07"
    content = '\t\t\t<MeterReading xmlns="http://naesb.org/espi"/>'
    yield _entry(3, "Electricity consumption", content, *related, **meter)
    kind = {"self": f"{root}/ReadingType/07", "up": f"{root}/ReadingType"}
    yield _entry(4, "Energy Delivered", READING_TYPE.format(seconds=seconds), **kind)


def _entry(number: int, title: str, content: str, *related: str, **links: str) -> str:
    hrefs = [*links.items(), *(("related", href) for href in related)]
    lines = "\n".join(f'\t\t<link rel="{rel}" href="{href}"/>' for rel, href in hrefs)
    return ENTRY.format(uuid=_uuid(number), links=lines, title=title, content=content, stamp=STAMP)


def _block(number: int, first: int, count: int, seconds: int) -> Iterator[str]:
    yield '\t\t\t<IntervalBlock xmlns="http://naesb.org/espi">\n\t\t\t\t<interval>\n'
    yield f"\t\t\t\t\t<duration>{count * seconds}</duration>\n"
    yield f"\t\t\t\t\t<start>{FIRST_START + first * seconds}</start>\n\t\t\t\t</interval>\n"
    for index in range(first, first + count):
        value = 40 + (index * 7919) % 613 + (index % 96) * 3
        yield "\t\t\t\t<IntervalReading>\n"
        if number % 10:
            yield f"\t\t\t\t\t<cost>{value * 25}</cost>\n"
        if index % 30 == 17:
            yield "\t\t\t\t\t<ReadingQuality>\n\t\t\t\t\t\t<quality>8</quality>\n\t\t\t\t\t</ReadingQuality>\n"
        yield f"\t\t\t\t\t<timePeriod>\n\t\t\t\t\t\t<duration>{seconds}</duration>\n"
        yield f"\t\t\t\t\t\t<start>{FIRST_START + index * seconds}</start>\n\t\t\t\t\t</timePeriod>\n"
        yield f"\t\t\t\t\t<value>{value}</value>\n\t\t\t\t</IntervalReading>\n"
    yield "\t\t\t</IntervalBlock>"


def _uuid(number: int) -> str:
    return f"5C2A8F10-0000-4000-8000-{number:012X}"
