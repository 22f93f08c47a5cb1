"""CSV that a spreadsheet opens without running anything in it."""

import csv
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")


class SpreadsheetWriter:
    """Write rows under fixed columns as RFC 4180 CSV in UTF-8; a column that a row lacks stays empty."""

    def __init__(self, stream: TextIO, columns: Iterable[str]) -> None:
        self._columns = list(columns)
        self._writer = csv.writer(stream, lineterminator="\r\n")
        self._writer.writerow(self._columns)

    def write(self, row: Mapping[str, Any]) -> None:
        """Write one row."""
        self._writer.writerow([safe_cell(row.get(column)) for column in self._columns])


def safe_cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula: text that starts like one gets an apostrophe in front.

    A formula starts with = + - @ tab, return or NUL (OWASP, CSV injection), also behind spaces. Numbers stay numbers,
    negative ones too; a list of texts becomes its parts, separated by semicolons, any other structure JSON.
    """
    if value is None:
        return ""
    text = _text(value)
    if _NUMBER.fullmatch(text):
        return text
    is_formula = text.startswith(_STARTS_FORMULA) or text.lstrip().startswith(_STARTS_FORMULA)
    text = text.replace("\0", "")
    return f"'{text}" if is_formula else text


def _text(value: object) -> str:
    if isinstance(value, list | tuple | dict) and not all(isinstance(part, str) for part in value):
        return json.dumps(value, ensure_ascii=False)
    return "; ".join(value) if isinstance(value, list | tuple) else str(value)
