"""The table of a bulk entry: CSV in UTF-8, one consent a row, read within limits."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consent.bulk.findings import BulkRefused

MOST_ROWS = 10_000
MOST_BYTES = 20_000_000
MOST_IN_A_CELL = 2_000
REQUIRED = ("account", "recipient", "purpose", "fields", "data_from", "method", "signed_on", "signer_name")
OPTIONAL = (
    "meters",
    "data_last",
    "permission_last",
    "project",
    "service_address",
    "verified_with",
    "verified_on",
    "call_back",
    "form_number",
    "form_language",
    "form_version",
    "evidence",
    "confirmed",
)
COLUMNS = (*REQUIRED, *OPTIONAL)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it begins on and its cells by column, without outer blanks; what is left out is empty."""

    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Table:
    """What was sent: the header as it stands, and the rows."""

    header: list[str]
    rows: list[Row]


def read_table(stream: BinaryIO) -> Table:
    """Return the rows of a table. Raises BulkRefused for what is no such table, or a larger one than is taken."""
    content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise BulkRefused(_("The table is larger than 20 MB. Send it in parts."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BulkRefused(_("The table is not in UTF-8. Save it as “CSV UTF-8”.")) from error
    if "\0" in text:
        raise BulkRefused(_("The table is not a text file. Save it as “CSV UTF-8”."))
    try:
        return _read(text)
    except csv.Error as error:
        raise BulkRefused(
            _("The table is not a CSV file: a quotation mark is not closed, or a line breaks.")
        ) from error


def _read(text: str) -> Table:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = [name.strip() for name in next(reader, [])]
    _check_header(header)
    rows: list[Row] = []
    before = reader.line_num
    for cells in reader:
        line, before = before + 1, reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        _check_row(line, cells, header)
        rows.append(Row(line, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}))
        if len(rows) > MOST_ROWS:
            raise BulkRefused(_("The table has more than 10,000 rows. Send it in parts."))
    if not rows:
        raise BulkRefused(_("The table has no rows below its header."))
    return Table(header, rows)


def _check_header(header: Sequence[str]) -> None:
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        text = _("These columns are missing: %(names)s. The first line names the columns, separated by commas.")
        raise BulkRefused(text % {"names": ", ".join(missing)})
    strange = sorted(set(header) - set(COLUMNS))
    if strange or len(set(header)) < len(header):
        text = _("These columns are unknown or occur twice: %(names)s. Leave them out.")
        raise BulkRefused(text % {"names": ", ".join(strange or sorted({n for n in header if header.count(n) > 1}))})


def _check_row(line: int, cells: Sequence[str], header: Sequence[str]) -> None:
    if len(cells) != len(header):
        text = ngettext(
            "Line %(line)d has %(found)d cell; the header has %(wanted)d.",
            "Line %(line)d has %(found)d cells; the header has %(wanted)d.",
            len(cells),
        )
        raise BulkRefused(text % {"line": line, "found": len(cells), "wanted": len(header)})
    if any(len(cell) > MOST_IN_A_CELL for cell in cells):
        raise BulkRefused(_("A cell in line %(line)d is longer than 2,000 characters.") % {"line": line})
