"""Take plainly written interval readings out of a feed's bytes before the XML parser builds elements of them.

Nearly all of a feed is thousands of readings in one layout. A pattern that admits nothing but complete, well-formed
readings with whole numbers, in the schema's order, finds runs of them; each run is replaced by one empty element (a
marker) with as many line feeds as the run had. The parser then judges the rest, and by reporting the marker it tells
where the run stood: only one that surfaces as an element counts, so what looked like readings inside a comment or a
CDATA section is dropped with it. The marker's name is random, and cannot be in the file. What the pattern does not
admit goes to the parser as it is, and is read element by element to the same result, only slower.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ENCODINGS = re.compile(rb"utf-?8|us-ascii|ascii|iso-8859-\d{1,2}|latin-?1|windows-125\d", re.IGNORECASE)
DECLARED = re.compile(rb"""^(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']""")
OPENING = re.compile(rb"<([A-Za-z_][\w.-]*:)?IntervalReading>")

# XML's white space and comments in printable ASCII: nothing here needs the parser's judgement.
BLANK = rb"[ \t\r\n]*+(?:<!--(?:-?[\t\r\n -,.-~])*+-->[ \t\r\n]*+)*+"
COLUMNS = ("cost", "quality", "duration", "start", "value", "consumptionTier", "tou", "cpp")
STRIDE = len(COLUMNS) + 1
COST, QUALITY, DURATION, START, VALUE, TIER, TOU, CPP = range(1, STRIDE)


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive readings: `columns` as `re.split` gives them (take `columns[COST::STRIDE]`), from `line` on."""

    line: int
    text: bytes
    columns: list[bytes | None]
    pattern: re.Pattern[bytes]

    def __len__(self) -> int:
        return len(self.columns) // STRIDE

    def lines(self) -> list[int]:
        """Give the line of each reading."""
        line, done, lines = self.line, 0, []
        for match in self.pattern.finditer(self.text):
            line += self.text.count(b"\n", done, match.start())
            done = match.start()
            lines.append(line)
        return lines


class Condenser:
    """Replace runs of readings in a stream of bytes by markers; `take` gives a marker's run."""

    def __init__(self) -> None:
        self.marker = f"run-{secrets.token_hex(12)}"
        self._runs: dict[int, Run] = {}
        self._number = 0
        self._line = 1
        self._rest = b""
        self._prefix: bytes | None = None
        self._reading = self._several = re.compile(b"(?!)")

    def feed(self, chunk: bytes) -> bytes:
        """Condense `chunk`; what may be the beginning of a reading is kept for the next call."""
        data = self._rest + chunk
        if opening := OPENING.search(data):
            self._adopt(opening[1] or b"")
        closing = b"</" + (self._prefix or b"") + b"IntervalReading>"
        cut = data.rfind(closing) + len(closing)
        if cut < len(closing):
            cut = len(data)
        self._rest = data[cut:]
        return self._condense(data[:cut])

    def close(self) -> bytes:
        """Give what was kept."""
        rest, self._rest = self._rest, b""
        return self._condense(rest)

    def take(self, number: int) -> Run:
        """Give the run of marker `number`, and forget those before it, which were inside comments or CDATA."""
        for earlier in [other for other in self._runs if other < number]:
            del self._runs[earlier]
        return self._runs.pop(number)

    def _adopt(self, prefix: bytes) -> None:
        if prefix != self._prefix:
            self._prefix = prefix
            self._reading = re.compile(_reading(prefix, captures=True))
            self._several = re.compile(b"(?:" + _reading(prefix, captures=False) + b")++")

    def _condense(self, data: bytes) -> bytes:
        pieces: list[bytes] = []
        for segment in _segments(data):
            done = 0
            for start, end, columns in self._find(segment):
                pieces.append(segment[done:start])
                self._line += segment.count(b"\n", done, start)
                text = segment[start:end]
                self._number += 1
                self._runs[self._number] = Run(self._line, text, columns, self._reading)
                lines = text.count(b"\n")
                name = (self._prefix or b"") + self.marker.encode()
                pieces.append(b'<%b n="%d"/>%b' % (name, self._number, b"\n" * lines))
                self._line += lines
                done = end
            pieces.append(segment[done:])
            self._line += segment.count(b"\n", done)
        return b"".join(pieces)

    def _find(self, segment: bytes) -> Iterator[tuple[int, int, list[bytes | None]]]:
        columns: list[bytes | None] = self._reading.split(segment)
        between = columns[::STRIDE]
        if len(between) > 1 and not any(between[1:-1]):
            yield len(between[0] or b""), len(segment) - len(between[-1] or b""), columns
        elif len(between) > 1:
            for run in self._several.finditer(segment):
                yield run.start(), run.end(), self._reading.split(run[0])


def can_condense(head: bytes) -> bool:
    """Tell whether every byte below 128 is that ASCII character in the encoding of a file that begins with `head`."""
    if head[:1] == b"\x00" or head[1:2] == b"\x00" or head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return False
    declared = DECLARED.match(head)
    return declared is None or ENCODINGS.fullmatch(declared[1]) is not None


def _segments(data: bytes) -> Iterator[bytes]:
    """Cut at the ends of blocks, so that a segment rarely has more than one run."""
    start = 0
    while (found := data.find(b"IntervalBlock>", start)) >= 0:
        yield data[start : found + 14]
        start = found + 14
    yield data[start:]


def _reading(prefix: bytes, *, captures: bool) -> bytes:
    """Write the pattern of one reading with the blank space after it; the groups are COLUMNS."""

    def tag(name: bytes, inner: bytes) -> bytes:
        name = re.escape(prefix + name)
        return b"<" + name + b">" + inner + b"</" + name + b">" + BLANK

    def digits(name: bytes, most: int, sign: bytes = b"-?") -> bytes:
        pattern = sign + b"[0-9]{1,%d}" % most
        return tag(name, b"(" + pattern + b")" if captures else pattern)

    def optional(pattern: bytes) -> bytes:
        return b"(?:" + pattern + b")?+"

    quality = tag(b"ReadingQuality", BLANK + digits(b"quality", 4, b""))
    period = BLANK + digits(b"duration", 9, b"") + digits(b"start", 11)
    inner = optional(digits(b"cost", 14)) + optional(quality) + tag(b"timePeriod", period) + digits(b"value", 14)
    for name in (b"consumptionTier", b"tou", b"cpp"):
        inner += optional(digits(name, 4))
    return tag(b"IntervalReading", BLANK + inner)
