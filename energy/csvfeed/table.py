"""A CSV file as numbered rows by column head, read in constant memory and within limits."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

from energy.csvfeed.errors import CsvError
from energy.csvfeed.mapping import Mapping
from energy.greenbutton import Finding

_FINDINGS_PER_CODE = 20
_BINARY = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook",
    b"\x1f\x8b": "compressed (gzip)",
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may at most be: characters of a row, columns, and rows."""

    row_characters: int = 100_000
    columns: int = 400
    rows: int = 20_000_000


class Lines:
    """Lines of a text for the CSV parser, refused where they hold what no CSV file has or where a row has no end.

    `row_begins` is to be called before each row: a row may span lines, and is bounded as a whole. `number` counts
    the lines read.
    """

    def __init__(self, text: io.TextIOWrapper, limits: Limits) -> None:
        self._text = text
        self._most = limits.row_characters
        self._left = self._most
        self.number = 0

    def row_begins(self) -> None:
        """Allow the next row its full length."""
        self._left = self._most

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(self._left + 1)
        self.number += 1
        self._left -= len(line)
        if not line:
            raise StopIteration
        if self._left < 0:
            message = f"A row is longer than {self._most:,} characters."
            raise CsvError(message, remedy="Look for a quotation mark that is not closed.", line=self.number)
        if "\0" in line:
            raise CsvError(
                "The file holds NUL characters: it is no text in the mapping's encoding.",
                remedy="Correct the encoding in the mapping (utf-16, perhaps), or send a CSV file.",
                line=self.number,
            )
        return line


@dataclass(slots=True)
class Table:
    """The rows of an opened feed. `findings` grows while it is read; `skipped` counts the readings left out.

    The first twenty findings of a code stand one by one, the further ones are folded into one with a count.
    """

    mapping: Mapping
    rows: Iterator[tuple[int, dict[str, str]]] = field(default_factory=lambda: iter(()))
    skipped: int = 0
    _listed: list[Finding] = field(default_factory=list)
    _counts: Counter[str] = field(default_factory=Counter)
    _folded: dict[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def findings(self) -> list[Finding]:
        """Return what was found so far."""
        folded = []
        for code, (line, action) in self._folded.items():
            count = self._counts[code] - _FINDINGS_PER_CODE
            folded.append(Finding(line, code, f"The same {count:,} more times, from this line on", action, count))
        return [*self._listed, *folded]

    def find(self, line: int, code: str, message: str, action: str, *, skipped: int = 0) -> None:
        """Add a finding, and count the readings that are left out for it."""
        self.skipped += skipped
        self._counts[code] += 1
        if self._counts[code] <= _FINDINGS_PER_CODE:
            self._listed.append(Finding(line, code, message, action))
        else:
            self._folded.setdefault(code, (line, action))


@contextmanager
def open_table(source: BinaryIO, mapping: Mapping, *, limits: Limits | None = None) -> Iterator[Table]:
    """Check the head of a CSV file against the mapping and give its rows; `source` stays open.

    Raises CsvError for a file that is empty, no text in the mapping's encoding, without the mapped columns, or with a
    row or number of columns over the limits; reading the rows may raise it too.
    """
    bounds = limits or Limits()
    text = io.TextIOWrapper(_checked(source), encoding=mapping.encoding, newline="")
    try:
        lines = Lines(text, bounds)
        reader = csv.reader(lines, delimiter=mapping.delimiter, strict=True)
        cells = _next(reader, lines)
        if cells is None or not any(cells):
            raise CsvError("The file is empty.", remedy="Send a CSV file with a head line and rows.")
        head = [cell.strip().removeprefix("\ufeff") for cell in cells]
        _check_head(head, mapping, bounds)
        table = Table(mapping)
        table.rows = _rows(reader, lines, head, table, bounds)
        yield table
    finally:
        text.detach()


def _checked(source: BinaryIO) -> BinaryIO:
    """Refuse a file that begins as another kind of file does."""
    begin = source.tell()
    start = source.read(4)
    source.seek(begin)
    for magic, name in _BINARY.items():
        if start.startswith(magic):
            raise CsvError(f"The file is {name}, not CSV.", remedy="Save or unpack it as CSV and send that.")
    return source


def _check_head(head: list[str], mapping: Mapping, limits: Limits) -> None:
    if len(head) > limits.columns:
        raise CsvError(f"The head has {len(head)} columns.", remedy=f"A feed has at most {limits.columns}.")
    if missing := sorted(mapping.heads - set(head)):
        shown = ", ".join(cell[:40] for cell in head[:20])
        raise CsvError(
            f"The file has no column {', '.join(missing[:20])}; it has {shown}.",
            remedy="Send the file that belongs to this mapping, or correct the mapping.",
        )
    if twice := sorted(name for name in mapping.heads if head.count(name) > 1):
        raise CsvError(f"The column {twice[0]} stands twice.", remedy="Rename one of them.")


def _rows(
    reader: Iterator[list[str]], lines: Lines, head: list[str], table: Table, limits: Limits
) -> Iterator[tuple[int, dict[str, str]]]:
    rows = 0
    while True:
        line = lines.number + 1
        cells = _next(reader, lines)
        if cells is None:
            return
        if not any(cells):
            continue
        rows += 1
        if rows > limits.rows:
            raise CsvError("The file has too many rows.", remedy=f"Split it at {limits.rows:,} rows.", line=line)
        if len(cells) != len(head):
            message = f"The row has {len(cells)} cells, the head {len(head)}"
            readings = table.mapping.count_a_row
            table.find(line, "wrong-column-count", message, "The row was left out", skipped=readings)
            continue
        yield line, {name: cell.strip() for name, cell in zip(head, cells, strict=True)}


def _next(reader: Iterator[list[str]], lines: Lines) -> list[str] | None:
    """Return the next row, None at the end. Raises CsvError for what is no CSV in the mapping's encoding."""
    lines.row_begins()
    try:
        return next(reader, None)
    except (csv.Error, UnicodeError) as error:
        raise CsvError(
            f"This is not a CSV file in the mapping's encoding and delimiter ({error}).",
            remedy="Send the file as the utility delivered it, or correct encoding and delimiter in the mapping.",
            line=max(lines.number, 1),
        ) from error
