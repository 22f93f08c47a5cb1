"""How much of a feed the reader takes before it refuses."""

from __future__ import annotations

from dataclasses import dataclass

EARLIEST = 631_152_000  # 1990-01-01T00:00:00Z
LATEST = 4_102_444_800  # 2100-01-01T00:00:00Z


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one feed.

    Depth (256 elements) and the size of one text or attribute (10 MB) are bounded by libxml2 itself; an entry's
    size, below, is met before these where both apply.
    """

    total_bytes: int | None = None
    """Size of the whole file in bytes; None: as large as it comes, since memory stays constant."""
    entry_bytes: int = 4_000_000
    """Bytes that one entry may have beside its interval readings."""
    batch_readings: int = 20_000
    """Readings at which a ReadingBatch is closed; the last run of them may make it some hundreds more."""
    earliest: int = EARLIEST
    """Epoch seconds before which a reading's start is not believed."""
    latest: int = LATEST
    """Epoch seconds from which on a reading's start is not believed."""
    longest: int = 366 * 86_400
    """Seconds beyond which a reading's duration is not believed."""
    findings_per_code: int = 20
    """Findings kept one by one; further ones of the same code are folded into one with a count."""
