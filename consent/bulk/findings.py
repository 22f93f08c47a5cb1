from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a row, in a sentence that says what to do. `line` 0 is the table or the scans as a whole."""

    line: int
    column: str
    message: str


class BulkRefused(Exception):
    """The table or the scans cannot be read at all; the text says what to do."""
