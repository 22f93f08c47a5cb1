"""Memory stays constant, however long the feed or the block."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest

from energy.greenbutton import Limits, ReadingBatch, read_feed
from tests.energy.greenbutton.building import START, block, household, reading

if TYPE_CHECKING:
    from io import BufferedReader
    from pathlib import Path


def peak_of(source: BufferedReader) -> tuple[int, int]:
    """Read a feed, keeping nothing; give the readings and the peak of memory in bytes."""
    limits = Limits(batch_readings=2_000)
    tracemalloc.start()
    count = sum(len(item) for item in read_feed(source, limits=limits) if isinstance(item, ReadingBatch))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return count, peak


@pytest.mark.parametrize(
    ("after", "counts"), [("", (20_000, 60_000)), ("<!--é-->", (8_000, 24_000))], ids=["fast", "slow"]
)
def test_one_giant_block_is_read_in_constant_memory(tmp_path: Path, after: str, counts: tuple[int, int]) -> None:
    peaks = []
    for count in counts:
        path = tmp_path / f"{count}.xml"
        path.write_text(household(block(*(reading(START + 900 * n, after=after) for n in range(count)))))
        with path.open("rb") as source:
            read, peak = peak_of(source)
        assert read == count
        peaks.append(peak)
    assert peaks[1] < peaks[0] * 1.5 < 20_000_000, peaks


def test_elements_already_read_are_gone_from_the_tree(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    path = tmp_path / "slow.xml"
    path.write_text(household(block(*(reading(START + 900 * n, after="<!--é-->") for n in range(30_000)))))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with path.open("rb") as source:
        assert sum(len(item) for item in read_feed(source) if isinstance(item, ReadingBatch)) == 30_000
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 30_000  # kibibytes; a whole tree of these elements takes some 75,000
