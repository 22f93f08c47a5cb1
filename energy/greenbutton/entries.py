"""Read an Atom entry: its links, and the resources in its content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from energy.greenbutton.elements import line_of, name_of, text_of
from energy.greenbutton.errors import LimitExceeded
from energy.greenbutton.findings import Code
from energy.greenbutton.schema import ATOM, ESPI

if TYPE_CHECKING:
    from collections.abc import Iterator

    from energy.greenbutton.findings import Findings

CONTENT, ENTRY, ID, LINK, TITLE = (f"{{{ATOM}}}{tag}" for tag in ("content", "entry", "id", "link", "title"))
LONGEST_HREF = 2_000
MOST_RESOURCES = 1_000


class Entry:
    """An entry while it is read: its links as far as they have been seen, its resources, its blocks."""

    def __init__(self, element: etree._Element, number: int, findings: Findings) -> None:
        self._element = element
        self._findings = findings
        self.line = line_of(element)
        self.name = f"urn:greenbutton:entry:{number}"
        self.href = self.up = self.title = self.entry_id = ""
        self.related: tuple[str, ...] = ()
        self.resources: list[etree._Element] = []
        self.series: list[str] = []
        self.unread: list[str] = []

    def look(self, *, before_content: bool) -> None:
        """Read the links, id and title: those before the content, or all once the entry is there to its end."""
        related: list[str] = []
        for child in self._element.iterchildren(LINK, ID, TITLE, CONTENT):
            if child.tag == ID:
                self.entry_id = text_of(child)[:LONGEST_HREF]
            elif child.tag == TITLE:
                self.title = text_of(child)[:LONGEST_HREF]
            elif child.tag == LINK:
                self._look_at_link(child, related)
            elif before_content:
                break
        self.related = tuple(related)

    def _look_at_link(self, link: etree._Element, related: list[str]) -> None:
        href = link.get("href", "").strip()[:LONGEST_HREF]
        rel = link.get("rel", "").strip().lower()
        if rel == "related":
            related.append(href)
        elif rel == "self":
            self.href = href
        elif rel == "up":
            self.up = href

    def hold(self, resource: etree._Element) -> None:
        """Keep a resource until the whole entry is there, in the order of the start tags."""
        place = len(self.resources)
        while place and resource in self.resources[place - 1].iterancestors():
            place -= 1
        self.resources.insert(place, resource)
        if len(self.resources) > MOST_RESOURCES:
            message = f"One entry has more than {MOST_RESOURCES} resources."
            raise LimitExceeded(message, remedy="No utility's feed is like that: do not use this file.", line=self.line)

    def addresses(self) -> Iterator[tuple[etree._Element, str]]:
        """Pair each resource with an address: the entry's own, made up where it has none or has several resources."""
        for number, resource in enumerate(self.resources):
            href = self.href or self.entry_id or self.name
            if not self.href:
                message = f"The entry of {name_of(resource)} has no link of its own (rel=self)"
                self._findings.add(line_of(resource), Code.MISSING_SELF_LINK, message, f"Called {href}")
            yield resource, f"{href}#{number + 1}" if number else href

    def check(self, read: frozenset[str]) -> None:
        """Report contents that hold several resources, none, or one that is not read (not among the tags `read`)."""
        contents = list(self._element.iterchildren(CONTENT))
        if len(contents) > 1:
            message = f"The entry has {len(contents)} contents"
            self._findings.add(line_of(contents[1]), Code.SEVERAL_CONTENTS, message, "All are read")
        if len(self.series) > 1:
            message = f"The content has {len(self.series)} IntervalBlocks"
            self._findings.add(self.line, Code.SEVERAL_BLOCKS_IN_CONTENT, message, "All are read")
        others = [child for one in contents for child in one.iterchildren(etree.Element) if child.tag not in read]
        for child in others:
            message = f"{name_of(child)} is a resource that is not read here"
            self._findings.add(line_of(child), Code.RESOURCE_NOT_READ, message, "Left out")
        self.unread = [name_of(child) for child in others if child.tag.startswith(f"{{{ESPI}")]
        if not (others or self.resources or self.series):
            message = "The entry has no resource in its content"
            self._findings.add(self.line, Code.CONTENT_WITHOUT_RESOURCE, message, "Left out")


def forget(element: etree._Element) -> None:
    """Free an element that has been read, and what stands before it, so that memory stays constant.

    Inside an entry only its content is freed, since the entry's links may stand before it.
    """
    element.clear()
    parent = element.getparent()
    if parent is None or parent.tag == ENTRY:
        return
    while element.getprevious() is not None:
        del parent[0]
