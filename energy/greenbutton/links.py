"""Join the entries of a feed: which readings belong to which usage point, and what they mean."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from energy.greenbutton.findings import Code
from energy.greenbutton.resources import (
    Customer,
    CustomerAccount,
    CustomerAgreement,
    ElectricPowerQualitySummary,
    LocalTimeParameters,
    MeterReading,
    ReadingType,
    Resource,
    ServiceLocation,
    UsagePoint,
    UsageSummary,
)

if TYPE_CHECKING:
    from energy.greenbutton.findings import Findings

HOST = re.compile(r"^[a-z][a-z0-9+.-]*://[^/]*", re.IGNORECASE)
BLOCKS = re.compile(r"/IntervalBlock(/[^/]*)?/*$")

OWNERS: dict[type[Resource], type[Resource]] = {
    UsageSummary: UsagePoint,
    ElectricPowerQualitySummary: UsagePoint,
    CustomerAccount: Customer,
    CustomerAgreement: CustomerAccount,
    ServiceLocation: CustomerAgreement,
}


@dataclass(frozen=True, slots=True)
class SeriesLinks:
    """The addresses (`href`) of what a series of readings belongs to; None where the feed does not have it."""

    meter_reading: str | None = None
    usage_point: str | None = None
    reading_type: str | None = None
    local_time: str | None = None


@dataclass(frozen=True, slots=True)
class _Node:
    """What joins an entry to others, and its place among all of them."""

    href: str
    up: str
    related: tuple[str, ...]
    place: int
    line: int
    content: int


def path_of(href: str) -> str:
    """Give what two addresses of one resource have in common, absolute or relative: the path after /resource/."""
    path = HOST.sub("", href.strip()).partition("?")[0]
    return path.rpartition("/resource/")[2].strip("/")


def series_key(up: str, href: str) -> str:
    """Derive the address of the MeterReading from the links of an IntervalBlock; empty if they do not say it."""
    for link in (up, href):
        if BLOCKS.search(link):
            return BLOCKS.sub("", link)
    return up.rstrip("/")


class _Shelf:
    """All entries of one kind, found by their own address or by what they point to."""

    def __init__(self) -> None:
        self.nodes: list[_Node] = []
        self._by_path: dict[str, _Node] = {}
        self._by_related: dict[str, _Node] = {}

    def add(self, node: _Node) -> _Node | None:
        """Add a node; give the one of the same address that it replaces, if there is one."""
        path = path_of(node.href)
        earlier = self._by_path.get(path)
        self._by_path[path] = node
        for link in node.related:
            self._by_related.setdefault(path_of(link), node)
        if earlier is None:
            self.nodes.append(node)
        return earlier

    def named(self, links: tuple[str, ...]) -> _Node | None:
        """Find the node that one of `links` names."""
        return next((node for link in links if (node := self._by_path.get(path_of(link)))), None)

    def pointing(self, links: tuple[str, ...]) -> _Node | None:
        """Find the node that points to one of `links`."""
        return next((node for link in links if link and (node := self._by_related.get(path_of(link)))), None)

    def above(self, links: tuple[str, ...]) -> _Node | None:
        """Find the node whose address is the longest beginning of one of `links`."""
        for link in links:
            path = path_of(link)
            while path:
                if path in self._by_path:
                    return self._by_path[path]
                path = path.rpartition("/")[0]
        return None

    def before(self, place: int) -> _Node | None:
        """Find the nearest node before `place`, else the first after it."""
        earlier = [node for node in self.nodes if node.place <= place]
        return earlier[-1] if earlier else next(iter(self.nodes), None)


class Links:
    """How the entries of a feed belong together; complete once the feed is read to its end.

    `series` maps a batch's `meter_reading_href` to its SeriesLinks; `owners` maps the address of a summary to that
    of its usage point, of an account to its customer, an agreement to its account, a location to its agreement.
    """

    def __init__(self, findings: Findings) -> None:
        self.series: dict[str, SeriesLinks] = {}
        self.owners: dict[str, str | None] = {}
        self._findings = findings
        self._shelves: dict[type[Resource], _Shelf] = {}
        self._blocks: dict[str, _Node] = {}
        self._owned: list[tuple[type[Resource], _Node]] = []
        self._place = 0

    def add(self, resource: Resource) -> None:
        """Remember how a resource is linked."""
        self._place += 1
        content = hash(replace(resource, related=(), title=""))
        node = _Node(resource.href, resource.up, resource.related, self._place, resource.line, content)
        kind = next(cls for cls in (UsageSummary, type(resource)) if isinstance(resource, cls))
        earlier = self._shelf(kind).add(node)
        if earlier and earlier.content != node.content:
            message = f"{resource.ELEMENT} {resource.href} occurs twice, and differs"
            self._findings.add(resource.line, Code.DUPLICATE_RESOURCE, message, "The later one counts")
        if kind in OWNERS:
            self._owned.append((kind, node))

    def add_block(self, key: str, *, href: str, up: str, related: tuple[str, ...], line: int) -> None:
        """Remember how the blocks of a series are linked; the first block speaks for all."""
        self._place += 1
        if key not in self._blocks or not (self._blocks[key].up or self._blocks[key].href):
            self._blocks[key] = _Node(href, up, related, self._place, line, 0)

    def resolve(self) -> None:
        """Join all that was added, with a finding where a link had to be guessed or leads nowhere."""
        for kind, node in self._owned:
            owner = self._owner(node, kind, OWNERS[kind])
            self.owners[node.href] = owner.href if owner else None
        meters: dict[str, SeriesLinks] = {}
        for key, block in self._blocks.items():
            meter = self._owner(block, None, MeterReading, keys=(key,))
            if meter is None:
                self._miss(block, Code.MISSING_METER_READING, "The block belongs to no MeterReading")
                self.series[key] = self._series(block, None)
            else:
                if meter.href not in meters:
                    meters[meter.href] = self._series(meter, meter)
                self.series[key] = meters[meter.href]

    def interval_source(self, key: str) -> str | None:
        """Name the ReadingType of a series, as far as the entries read until now tell without guessing."""
        meter = self._shelf(MeterReading).named((key,)) if key else None
        kind = self._shelf(ReadingType).named(meter.related) if meter else None
        return kind.href if kind else None

    def _series(self, node: _Node, meter: _Node | None) -> SeriesLinks:
        usage_point = self._owner(node, MeterReading, UsagePoint)
        if usage_point is None:
            self._miss(node, Code.MISSING_USAGE_POINT, "The readings belong to no UsagePoint")
        reading_type = self._pointed(node, ReadingType)
        if reading_type is None:
            self._miss(node, Code.MISSING_READING_TYPE, "No ReadingType says what the readings mean")
        local_time = self._pointed(usage_point or node, LocalTimeParameters)
        if local_time is None:
            self._miss(node, Code.MISSING_LOCAL_TIME, "No LocalTimeParameters tell the readings' local time")
        found = [one.href if one else None for one in (meter, usage_point, reading_type, local_time)]
        return SeriesLinks(*found)

    def _owner(
        self, node: _Node, kind: type[Resource] | None, owner: type[Resource], keys: tuple[str, ...] = ()
    ) -> _Node | None:
        shelf = self._shelf(owner)
        links = (*keys, *(link for link in (node.up, node.href) if link))
        found = shelf.above(links) or shelf.pointing(links) or shelf.named(node.related)
        return found or self._assume(node, kind.ELEMENT if kind else "IntervalBlock", owner)

    def _pointed(self, node: _Node, kind: type[Resource]) -> _Node | None:
        shelf = self._shelf(kind)
        return shelf.named(node.related) or shelf.pointing((node.href,)) or self._assume(node, "The entry", kind)

    def _assume(self, node: _Node, what: str, wanted: type[Resource]) -> _Node | None:
        shelf = self._shelf(wanted)
        assumed = shelf.before(node.place)
        if assumed:
            which = "the only one" if len(shelf.nodes) == 1 else "the nearest one"
            message = f"{what} {node.href} is linked to no {wanted.ELEMENT} of this feed"
            action = f"Joined to {which}, {assumed.href}"
            self._findings.add(node.line, Code.ASSUMED_LINK, message.replace("  ", " "), action)
        return assumed

    def _miss(self, node: _Node, code: Code, message: str) -> None:
        self._findings.add(node.line, code, f"{message} ({node.href or 'no address'})", "Left without")

    def _shelf(self, kind: type[Resource]) -> _Shelf:
        return self._shelves.setdefault(kind, _Shelf())
