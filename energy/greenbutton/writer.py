"""Write feeds that are valid ESPI 4.0 (espi.xsd and customer.xsd of NAESB REQ.21)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, tzinfo
from operator import add
from typing import TYPE_CHECKING, Any, BinaryIO
from uuid import NAMESPACE_URL, uuid5

from lxml import etree

from energy.greenbutton.batches import ReadingBatch
from energy.greenbutton.elements import is_octets, name_of
from energy.greenbutton.errors import NotWritable
from energy.greenbutton.qualities import split_qualities
from energy.greenbutton.schema import (
    ATOM,
    ESPI,
    INT16,
    INT48,
    INT64,
    TIME,
    UINT32,
    Element,
    Flag,
    Hex,
    Nested,
    Number,
    Text,
    elements,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from energy.greenbutton.resources import Resource

SPARSE_BOUNDS = {"qualities": INT64, "costs": INT48, "tous": INT16, "tiers": INT16, "cpps": INT16}


def write_feed(
    target: BinaryIO,
    items: Iterable[Resource | ReadingBatch],
    *,
    updated: datetime,
    title: str = "Green Button data",
    href: str = "/espi/1_1/resource/Batch",
    zone: tzinfo | None = None,
) -> None:
    """Write resources and readings to `target` in the order given, as one Atom feed; the same input, the same bytes.

    Links are those of the resources: a MeterReading names its ReadingType in `related`, its UsagePoint stands above
    it in `up`. Each batch becomes an IntervalBlock under its MeterReading; with a `zone`, one for each local day of
    it. `updated` (aware) stamps the feed and its entries. Raises NotWritable where a value has no place in the schema;
    what was written until then is no feed.
    """
    stamp = updated.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    with etree.xmlfile(target, encoding="utf-8") as file:
        file.write_declaration()
        nsmap: dict[Any, str] = {None: ATOM}
        with file.element(f"{{{ATOM}}}feed", nsmap=nsmap):
            file.write("\n")
            for head in _feed_head(title, href, stamp):
                file.write(head, pretty_print=True)
            for entry in _entries(items, stamp, zone):
                file.write(entry, pretty_print=True)


def split_days(batch: ReadingBatch, zone: tzinfo) -> Iterator[ReadingBatch]:
    """Cut a batch wherever the local day of the next reading is another."""
    days = [datetime.fromtimestamp(start, zone).date() for start in batch.starts]
    first = 0
    for last in range(1, len(days) + 1):
        if last == len(days) or days[last] != days[first]:
            yield _cut(batch, first, last)
            first = last


def _cut(batch: ReadingBatch, first: int, last: int) -> ReadingBatch:
    sparse: dict[str, Any] = {
        name: {i - first: column[i] for i in range(first, last) if i in column}
        for name in SPARSE_BOUNDS
        if (column := getattr(batch, name))
    }
    return ReadingBatch(
        meter_reading_href=batch.meter_reading_href,
        starts=batch.starts[first:last],
        durations=batch.durations[first:last],
        values=batch.values[first:last],
        first_line=batch.first_line,
        **sparse,
    )


def _feed_head(title: str, href: str, stamp: str) -> Iterator[etree._Element]:
    for tag, text in (("id", _identity(href + title)), ("title", title), ("updated", stamp)):
        element = _make(ATOM, tag)
        element.text = text
        yield element
    link = _make(ATOM, "link")
    link.attrib.update({"rel": "self", "href": href})
    yield link


def _make(namespace: str, tag: str) -> etree._Element:
    """Make an element that declares its namespace as the default one."""
    nsmap: dict[Any, str] = {None: namespace}
    return etree.Element(f"{{{namespace}}}{tag}", nsmap=nsmap)


def _entries(items: Iterable[Resource | ReadingBatch], stamp: str, zone: tzinfo | None) -> Iterator[etree._Element]:
    numbers: Counter[str] = Counter()
    for item in items:
        if not isinstance(item, ReadingBatch):
            yield _entry(item.href, item.up, item.related, item.title, _resource(item), stamp)
            continue
        for batch in split_days(item, zone) if zone and len(item) else [item]:
            up = f"{batch.meter_reading_href.rstrip('/')}/IntervalBlock"
            numbers[up] += 1
            yield _entry(f"{up}/{numbers[up]:06}", up, (), "", _block(batch), stamp)


def _entry(
    href: str, up: str, related: tuple[str, ...], title: str, content: etree._Element, stamp: str
) -> etree._Element:
    if not href:
        message = f"{name_of(content)} needs an address: give its href"
        raise NotWritable(message)
    entry = _make(ATOM, "entry")
    _say(entry, "id", _identity(href))
    for rel, link in (("self", href), ("up", up), *(("related", link) for link in related)):
        if link:
            etree.SubElement(entry, f"{{{ATOM}}}link", {"rel": rel, "href": link})
    _say(entry, "title", title)
    etree.SubElement(entry, f"{{{ATOM}}}content").append(content)
    _say(entry, "published", stamp)
    _say(entry, "updated", stamp)
    return entry


def _say(entry: etree._Element, tag: str, text: str) -> None:
    etree.SubElement(entry, f"{{{ATOM}}}{tag}").text = text


def _identity(name: str) -> str:
    """Derive an entry's id from its address, so that it is the same in every export."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, name)}"


def _resource(resource: Resource) -> etree._Element:
    namespace = resource.NAMESPACE
    element = _make(namespace, resource.ELEMENT)
    _fill(element, resource, namespace, resource.ELEMENT)
    return element


def _fill(parent: etree._Element, part: Any, namespace: str, where: str) -> None:
    """Append the fields of `part` in the order of the schema."""
    cls: type = type(part)
    for one in elements(cls):
        value = getattr(part, one.attribute)
        values = value if one.is_repeated else (() if value is None or _is_blank(one, value) else (value,))
        place = f"{where}.{one.attribute}"
        if one.is_required and not values and value != "":
            message = f"{place} is required by ESPI 4.0"
            raise NotWritable(message)
        target = etree.SubElement(parent, f"{{{namespace}}}{one.wrapper}") if one.wrapper and values else parent
        for each in values:
            child = etree.SubElement(target, f"{{{namespace}}}{one.tag}")
            if isinstance(one.kind, Nested):
                _fill(child, each, namespace, place)
            else:
                _set_text(child, _lexical(one, each, place), place)


def _is_blank(one: Element, value: Any) -> bool:
    return value == "" and not one.is_required


def _set_text(child: etree._Element, text: str, place: str) -> None:
    try:
        child.text = text
    except ValueError as error:
        message = f"{place} has characters that XML does not allow: {text[:40]!r}"
        raise NotWritable(message) from error


def _lexical(one: Element, value: Any, place: str) -> str:
    """Write a simple value as the schema wants it."""
    match one.kind:
        case Number(lowest, highest):
            is_fit = isinstance(value, int) and lowest <= value <= highest
        case Text(longest, allowed):
            is_fit = len(value) <= longest and (not allowed or value in allowed)
        case Hex(octets):
            is_fit = is_octets(value, octets)
        case Flag():
            return "true" if value else "false"
        case _:
            is_fit = isinstance(value, str)
    if not is_fit:
        message = f"{place} cannot be {value!r:.60} in ESPI 4.0"
        raise NotWritable(message)
    return str(value)


def _block(batch: ReadingBatch) -> etree._Element:
    """Make an IntervalBlock by way of its text, which holds nothing but whole numbers."""
    if not batch.starts:
        return _make(ESPI, "IntervalBlock")
    _check_batch(batch)
    start = min(batch.starts)
    duration = max(map(add, batch.starts, batch.durations)) - start
    _check_bounds(batch, "the block's duration", [duration], UINT32)
    interval = f"<interval><duration>{duration}</duration><start>{start}</start></interval>"
    text = f'<IntervalBlock xmlns="{ESPI}">{interval}{"".join(_readings(batch))}</IntervalBlock>'
    return etree.fromstring(text, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))


def _readings(batch: ReadingBatch) -> Iterator[str]:
    costs, qualities = batch.costs, batch.qualities
    after = (("consumptionTier", batch.tiers), ("tou", batch.tous), ("cpp", batch.cpps))
    for i, (start, duration, value) in enumerate(zip(batch.starts, batch.durations, batch.values, strict=True)):
        cost = f"<cost>{costs[i]:d}</cost>" if i in costs else ""
        if i in qualities:
            codes = split_qualities(qualities[i])
            cost += "".join(f"<ReadingQuality><quality>{code}</quality></ReadingQuality>" for code in codes)
        more = "".join(f"<{tag}>{column[i]:d}</{tag}>" for tag, column in after if i in column)
        yield (
            f"<IntervalReading>{cost}<timePeriod><duration>{duration:d}</duration><start>{start:d}</start></timePeriod>"
            f"<value>{value:d}</value>{more}</IntervalReading>"
        )


def _check_batch(batch: ReadingBatch) -> None:
    _check_bounds(batch, "starts", batch.starts, TIME)
    _check_bounds(batch, "durations", batch.durations, UINT32)
    _check_bounds(batch, "values", batch.values, INT48)
    for name, bounds in SPARSE_BOUNDS.items():
        if column := getattr(batch, name):
            _check_bounds(batch, name, list(column.values()), bounds)
    try:
        for joined in set(batch.qualities.values()):
            split_qualities(joined)
    except ValueError as error:
        raise NotWritable(f"Readings of {batch.meter_reading_href}: qualities: {error}") from error


def _check_bounds(batch: ReadingBatch, name: str, numbers: list[int], bounds: tuple[int, int]) -> None:
    if min(numbers) < bounds[0] or max(numbers) > bounds[1]:
        message = f"Readings of {batch.meter_reading_href}: {name} must be from {bounds[0]} to {bounds[1]} in ESPI 4.0"
        raise NotWritable(message)
