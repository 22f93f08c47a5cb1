"""Read a Green Button feed as a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, cast

from lxml import etree

from energy.greenbutton.checks import OrderCheck
from energy.greenbutton.condense import Condenser, can_condense
from energy.greenbutton.elements import ElementReader, line_of, local_name, name_of, text_of_child
from energy.greenbutton.entries import ENTRY, Entry, forget
from energy.greenbutton.errors import LimitExceeded, NotAFeed
from energy.greenbutton.findings import Code, Findings
from energy.greenbutton.limits import Limits
from energy.greenbutton.links import Links, series_key
from energy.greenbutton.parts import Period
from energy.greenbutton.prologue import EXPORT_AGAIN, check_prefixes, check_prologue, open_parser, syntax_error
from energy.greenbutton.readings import ReadingReader
from energy.greenbutton.resources import RESOURCES, LocalTimeParameters, ReadingType, Resource
from energy.greenbutton.schema import ATOM, ESPI
from energy.greenbutton.series import BatchBuilder, Series

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from energy.greenbutton.batches import ReadingBatch

CHUNK = 2**18
BLOCK = f"{{{ESPI}}}IntervalBlock"
MISSPELLED_BLOCK = f"{{{ESPI}}}IntervalBLock"  # as a widespread converter writes it
READING = f"{{{ESPI}}}IntervalReading"
INTERVAL = f"{{{ESPI}}}interval"
CLASS_OF = {f"{{{cls.NAMESPACE}}}{cls.ELEMENT}": cls for cls in RESOURCES}
KNOWN = frozenset({*CLASS_OF, BLOCK, MISSPELLED_BLOCK, READING})


def read_feed(source: BinaryIO, *, limits: Limits | None = None) -> Feed:
    """Read the feed in `source`, from its present position on: iterate the result.

    Nothing is read before the first item is asked for.
    """
    return Feed(source, limits or Limits())


class Feed:
    """The resources and reading batches of a feed in the order of the file, in constant memory.

    While it is iterated `findings` grows, and `readings` counts what was yielded, `skipped` what was left out with a
    finding. After the last item `links` tells what belongs together. A FeedError raised while iterating means that
    nothing of the feed is to be trusted, what came before included.
    """

    def __init__(self, source: BinaryIO, limits: Limits) -> None:
        self.limits = limits
        self.findings = Findings(limits.findings_per_code)
        self.links = Links(self.findings)
        self.readings = 0
        self._source = source
        self._elements = ElementReader(self.findings)
        self._reader = ReadingReader(self.findings)
        self._check = OrderCheck(self.findings)
        self._condenser: Condenser | None = None
        self._series: dict[str, Series] = {}
        self._interval_lengths: dict[str, int | None] = {}
        self._builder: BatchBuilder | None = None
        self._entry: Entry | None = None
        self._block: etree._Element | None = None
        self._is_block_begun = False
        self._entries = self._resources = self._blocks = 0
        self._seen = self._seen_before_block = 0
        self._held = 0
        self._unread: set[str] = set()
        self._out: list[Resource | ReadingBatch] = []
        self._stream = self._read()

    def __iter__(self) -> Iterator[Resource | ReadingBatch]:
        return self

    def __next__(self) -> Resource | ReadingBatch:
        return next(self._stream)

    @property
    def skipped(self) -> int:
        """Count the readings that were left out, each with a finding."""
        return self.findings.skipped

    def _read(self) -> Iterator[Resource | ReadingBatch]:
        head = self._take(CHUNK)
        root = check_prologue(head, is_whole=len(head) < CHUNK)
        marker = ""
        if can_condense(head):
            self._condenser = Condenser()
            marker = f"{{{ESPI}}}{self._condenser.marker}"
        tags = [ENTRY, *KNOWN, *([marker] if marker else [])]
        parser = open_parser(("start", "end"), tags)
        handlers: dict[tuple[str, str], Callable[[etree._Element], None]] = {
            ("start", ENTRY): self._start_entry,
            ("end", ENTRY): self._end_entry,
            ("start", BLOCK): self._start_block,
            ("end", BLOCK): self._end_block,
            ("start", MISSPELLED_BLOCK): self._start_block,
            ("end", MISSPELLED_BLOCK): self._end_block,
            ("end", READING): self._end_reading,
            ("end", marker): self._end_run,
            **{("end", tag): self._end_resource for tag in CLASS_OF},
        }
        is_at_end = False
        try:
            for piece in self._pieces(head):
                self._held += len(piece)
                parser.feed(piece)
                check_prefixes(parser)
                for event, element in cast("Iterable[tuple[str, etree._Element]]", parser.read_events()):
                    if handler := handlers.get((event, element.tag)):
                        handler(element)
                self._check_held()
                yield from self._out
                self._out.clear()
            is_at_end = True
            parser.close()
        except etree.XMLSyntaxError as error:
            raise syntax_error(error, is_at_end=is_at_end) from error
        self._finish(root)
        yield from self._out

    def _pieces(self, head: bytes) -> Iterator[bytes]:
        total, chunk = 0, head
        while chunk:
            total += len(chunk)
            if self.limits.total_bytes is not None and total > self.limits.total_bytes:
                message = f"The file is larger than {self.limits.total_bytes:,} bytes."
                raise LimitExceeded(message, remedy="Ask the utility for a shorter period, and use several files.")
            if piece := self._condenser.feed(chunk) if self._condenser else chunk:
                yield piece
            chunk = self._take(CHUNK)
        if self._condenser:
            yield self._condenser.close()

    def _take(self, size: int) -> bytes:
        """Read `size` bytes, or what is left, from a source that may give less at a time."""
        pieces: list[bytes] = []
        while size > 0 and (piece := self._source.read(size)):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def _check_held(self) -> None:
        if self._held > self.limits.entry_bytes:
            line = self._entry.line if self._entry else 1
            message = f"An entry or element has more than {self.limits.entry_bytes:,} bytes beside its readings."
            raise LimitExceeded(message, remedy="No utility's feed is like that: do not use this file.", line=line)

    def _start_entry(self, element: etree._Element) -> None:
        self._entries += 1
        self._entry = Entry(element, self._entries, self.findings)

    def _end_entry(self, element: etree._Element) -> None:
        entry, self._entry = self._entry, None
        if entry is None:
            return
        entry.look(before_content=False)
        entry.check(KNOWN)
        self._unread.update(entry.unread)
        for key in dict.fromkeys(entry.series):
            self.links.add_block(key, href=entry.href, up=entry.up, related=entry.related, line=entry.line)
        for resource, href in entry.addresses():
            self._emit(resource, entry, href)
        self._forget(element)

    def _end_resource(self, element: etree._Element) -> None:
        if self._entry is not None:
            self._entry.hold(element)
            return
        line = line_of(element)
        message = f"{name_of(element)} stands in no entry, so nothing links to it"
        self.findings.add(line, Code.RESOURCE_WITHOUT_ENTRY, message, "Joined to its neighbours")
        self._emit(element, None, f"urn:greenbutton:resource:{self._resources + 1}")
        self._forget(element)

    def _emit(self, element: etree._Element, entry: Entry | None, href: str) -> None:
        cls = CLASS_OF[element.tag]
        if cls is LocalTimeParameters and not text_of_child(element, "tzOffset"):
            message = "LocalTimeParameters has no tzOffset, so it tells no local time"
            self.findings.add(line_of(element), Code.MISSING_LOCAL_TIME, message, "Left out")
            self._resources += 1
            return
        fields = self._elements.fields(cls, element, cls.NAMESPACE)
        if entry:
            fields |= {"up": entry.up, "related": entry.related, "title": entry.title, "entry_id": entry.entry_id}
        resource = cls(href=href, line=line_of(element), **fields)
        self.links.add(resource)
        self._resources += 1
        if isinstance(resource, ReadingType):
            self._interval_lengths[href] = resource.interval_length
        self._flush()
        self._out.append(resource)

    def _start_block(self, element: etree._Element) -> None:
        if element.tag == MISSPELLED_BLOCK:
            message = f"{name_of(element)} is not how ESPI 4.0 spells IntervalBlock"
            self.findings.add(line_of(element), Code.MISSPELLED_ELEMENT, message, "Read as such")
        self._block = element
        self._is_block_begun = False
        self._blocks += 1
        self._seen_before_block = self._seen

    def _end_block(self, element: etree._Element) -> None:
        if self._seen == self._seen_before_block:
            self.findings.add(line_of(element), Code.EMPTY_BLOCK, "The IntervalBlock has no readings", "Left out")
        elif (late := element.find(INTERVAL)) is not None and late.getprevious() is not None:
            message = "The interval comes too late in IntervalBlock"
            self.findings.add(line_of(late), Code.ELEMENT_ORDER, message, "Not compared with the readings")
        builder = self._begin_block(None)
        builder.end_block()
        self._block = None
        self._forget(element)

    def _end_reading(self, element: etree._Element) -> None:
        builder = self._begin_block(element) if self._block is not None else self._without_block(element, 1)
        self._seen += 1
        if reading := self._reader.read(element):
            builder.add(reading)
        self._forget(element)
        if len(builder) >= self.limits.batch_readings:
            self._flush()

    def _end_run(self, element: etree._Element) -> None:
        assert self._condenser is not None
        run = self._condenser.take(int(element.get("n", "0")))
        builder = self._begin_block(element) if self._block is not None else self._without_block(element, len(run))
        self._seen += len(run)
        if len(builder) + len(run) > self.limits.batch_readings:
            self._flush()
        builder.add_run(run)
        self._forget(element)

    def _begin_block(self, first: etree._Element | None) -> BatchBuilder:
        """Give the builder of the open block's series; at the `first` reading, tell it the interval before that."""
        if self._is_block_begun and self._builder is not None:
            return self._builder
        assert self._block is not None
        self._is_block_begun = True
        builder = self._open(line_of(self._block))
        before = first.itersiblings(INTERVAL, preceding=True) if first is not None else iter(())
        interval = next(before, None)
        fields = self._elements.fields(Period, interval, ESPI) if interval is not None else None
        builder.begin_block(Period(**fields) if fields else None)
        return builder

    def _without_block(self, element: etree._Element, count: int) -> BatchBuilder:
        message = "An IntervalReading stands in no IntervalBlock"
        self.findings.add(line_of(element), Code.READING_WITHOUT_BLOCK, message, "Read all the same", count=count)
        return self._open(line_of(element))

    def _open(self, line: int) -> BatchBuilder:
        """Give the builder of the series that the present entry's links name, and flush that of another."""
        key = self._key(line)
        if self._builder is None or self._builder.series.key != key:
            self._flush()
            series = self._series.setdefault(key, Series(key, line))
            self._builder = BatchBuilder(series, self.findings, self.limits, self._check)
        kind = self.links.interval_source(key)
        self._builder.series.interval_length = self._interval_lengths.get(kind) if kind else None
        return self._builder

    def _key(self, line: int) -> str:
        if self._entry is None:
            key = f"urn:greenbutton:block:{self._resources}"
            self.links.add_block(key, href="", up="", related=(), line=line)
            return key
        self._entry.look(before_content=True)
        key = series_key(self._entry.up, self._entry.href) or self._entry.name
        self._entry.series.append(key)
        return key

    def _flush(self) -> None:
        if self._builder is not None and (batch := self._builder.take()):
            self.readings += len(batch)
            self._out.append(batch)

    def _forget(self, element: etree._Element) -> None:
        forget(element)
        self._held = 0

    def _finish(self, root: str) -> None:
        self._flush()
        is_empty = not (self._resources or self._blocks or self._seen)
        if is_empty and self._unread:
            message = f"The file holds no usage and no customer, only {', '.join(sorted(self._unread)[:9])}."
            raise NotAFeed(message, remedy=EXPORT_AGAIN)
        if is_empty and (self._entries or root != f"{{{ATOM}}}feed"):
            message = f"The file is XML ({local_name(root)}), but holds no Green Button resource."
            raise NotAFeed(message, remedy=EXPORT_AGAIN)
        self.links.resolve()
        for series in self._series.values():
            self._check.report_gaps(series)
