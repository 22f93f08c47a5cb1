"""A CSV file as numbered rows by column head, read in constant memory and within limits."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from energy.csvfeed.errors import CsvError
from energy.csvfeed.mapping import Mapping
from energy.greenbutton import Finding

_FINDINGS_PER_CODE = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may at most be: bytes of a cell, columns, and rows."""

    cell_bytes: int = 10_000
    columns: int = 400
    rows: int = 20_000_000


@dataclass(slots=True)
class Table:
    """The rows of an opened feed. `findings` grows while it is read; `skipped` counts the readings left out."""

    mapping: Mapping
    rows: Iterator[tuple[int, dict[str, str]]]
    findings: list[Finding] = field(default_factory=list)
    skipped: int = 0
    _counts: dict[str, int] = field(default_factory=dict)

    def find(self, line: int, code: str, message: str, action: str, *, skipped: int = 0) -> None:
        """Add a finding (the first twenty of a code) and count the readings that it leaves out."""
        self.skipped += skipped
        self._counts[code] = self._counts.get(code, 0) + 1
        if self._counts[code] <= _FINDINGS_PER_CODE:
            self.findings.append(Finding(line, code, message, action))

    def folded(self) -> list[Finding]:
        """Return all findings, with one more per code that says how many like it were not listed."""
        more = [
            Finding(0, code, f"{count - _FINDINGS_PER_CODE} more of this kind.", "As for the others.")
            for code, count in self._counts.items()
            if count > _FINDINGS_PER_CODE
        ]
        return [*self.findings, *more]


def open_table(source: BinaryIO, mapping: Mapping, *, limits: Limits | None = None) -> Table:
    """Check the head of a CSV file against the mapping and return its rows.

    Raises CsvError for a file that is empty, no text in the mapping's encoding, without the mapped columns, or with a
    cell, row or number of columns over the limits; reading the rows may raise it too.
    """
    bounds = limits or Limits()
    csv.field_size_limit(bounds.cell_bytes)
    text = io.TextIOWrapper(source, encoding=mapping.encoding, newline="")
    reader = csv.reader(text, delimiter=mapping.delimiter, strict=True)
    try:
        head = [cell.strip() for cell in next(reader)]
    except StopIteration:
        raise CsvError("The file is empty.", remedy="Send a CSV file with a head line and rows.") from None
    except (csv.Error, UnicodeDecodeError, LookupError) as error:
        raise _unreadable(error, 1) from error
    _check_head(head, mapping, bounds)
    table = Table(mapping=mapping, rows=iter(()))
    table.rows = _rows(reader, head, table, bounds)
    return table


def _check_head(head: list[str], mapping: Mapping, limits: Limits) -> None:
    if len(head) > limits.columns:
        raise CsvError(f"The head has {len(head)} columns.", remedy=f"A feed has at most {limits.columns}.")
    if missing := sorted(mapping.heads - set(head)):
        raise CsvError(
            f"The file has no column {', '.join(missing)}; it has {', '.join(head[:20])}.",
            remedy="Send the file that belongs to this mapping, or correct the mapping.",
        )
    if twice := sorted({name for name in head if head.count(name) > 1} & mapping.heads):
        raise CsvError(f"The column {twice[0]} stands twice.", remedy="Rename one of them.")


def _rows(
    reader: Iterator[list[str]], head: list[str], table: Table, limits: Limits
) -> Iterator[tuple[int, dict[str, str]]]:
    line = 1
    while True:
        line += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, UnicodeDecodeError) as error:
            raise _unreadable(error, line) from error
        if line > limits.rows:
            raise CsvError("The file has too many rows.", remedy=f"Split it at {limits.rows} rows.", line=line)
        if not any(cells):
            continue
        if len(cells) != len(head):
            table.find(
                line,
                "wrong-column-count",
                f"The row has {len(cells)} cells, the head {len(head)}.",
                "The row was left out.",
                skipped=1,
            )
            continue
        yield line, {name: cell.strip() for name, cell in zip(head, cells, strict=True)}


def _unreadable(error: Exception, line: int) -> CsvError:
    return CsvError(
        f"This is not a CSV file in the mapping's encoding and delimiter ({error}).",
        remedy="Send the file as the utility delivered it, or correct encoding and delimiter in the mapping.",
        line=line,
    )
