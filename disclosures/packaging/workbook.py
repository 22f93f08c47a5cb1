"""The table of disclosures as a workbook (XLSX), written row by row: memory does not grow with it."""

import csv
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

import xlsxwriter

MOST_ROWS = 1_048_576
"""So many rows a sheet has, its header included (ECMA-376 as spreadsheets implement it); more go on to another one."""

_CHUNK = 1 << 16
_CELL = 32_767


def workbook(rows: Iterable[bytes], *, most_rows: int = MOST_ROWS) -> Iterator[bytes]:
    """Yield the bytes of a workbook of CSV rows, the header first; each sheet repeats it.

    Every cell is text: nothing is a formula, a number or a link. A text longer than a cell can hold is cut, which the
    table beside it is not.
    """
    with tempfile.TemporaryFile() as file:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        book = xlsxwriter.Workbook(file, options)
        _fill(book, rows, most_rows)
        book.close()
        file.seek(0)
        while chunk := file.read(_CHUNK):
            yield chunk


def _fill(book: Any, rows: Iterable[bytes], most_rows: int) -> None:
    cells = (next(csv.reader([row.decode()])) for row in rows)
    header = next(cells, [])
    sheet, place = _sheet(book, header), 1
    for row in cells:
        if place == most_rows:
            sheet, place = _sheet(book, header), 1
        for column, cell in enumerate(row):
            sheet.write_string(place, column, cell[:_CELL])
        place += 1


def _sheet(book: Any, header: list[str]) -> Any:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(header):
        sheet.write_string(0, column, name)
    return sheet
