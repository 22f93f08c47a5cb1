from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from energy.greenbutton import ReadingType, UsagePoint, read_feed, write_feed
from tests.energy.greenbutton.building import GREEN_BUTTON, Outcome, read

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not GREEN_BUTTON.is_dir(), reason=f"the public samples are not at {GREEN_BUTTON}")

READINGS = {
    "electric_12_monthly_updates": 366,
    "electric_15min_15days": 1340,
    "electric_hourly_2011_one_year": 8760,
    "electric_hourly_32days": 768,
    "electric_hourly_march_dst": 743,
    "electric_multi_block": 1340,
    "electric_small": 2,
    "gas": 13,
    "three_usage_points": 240,
    "water": 2,
}


def sample(name: str) -> Path:
    return GREEN_BUTTON / "samples" / f"{name}.xml"


def read_sample(name: str) -> Outcome:
    with sample(name).open("rb") as source:
        feed = read_feed(source)
        return Outcome(feed, list(feed))


@pytest.mark.parametrize(("name", "count"), READINGS.items())
def test_every_reading_of_a_sample_is_yielded(name: str, count: int) -> None:
    outcome = read_sample(name)
    assert len(outcome.rows) == outcome.feed.readings == count
    assert outcome.feed.skipped == 0


@pytest.mark.parametrize("name", READINGS)
def test_every_series_of_a_sample_is_joined_to_all_it_belongs_to(name: str) -> None:
    outcome = read_sample(name)
    for links in outcome.feed.links.series.values():
        assert None not in {links.meter_reading, links.usage_point, links.reading_type, links.local_time}
    assert {batch.meter_reading_href for batch in outcome.batches} == set(outcome.feed.links.series)
    assert "assumed-link" not in outcome.codes
    assert None not in outcome.feed.links.owners.values()


@pytest.mark.parametrize("name", READINGS)
@pytest.mark.parametrize("zone", [None, ZoneInfo("America/Los_Angeles")])
def test_a_sample_written_again_is_valid_and_reads_the_same(name: str, zone: ZoneInfo | None, tmp_path: Path) -> None:
    outcome = read_sample(name)
    path = tmp_path / "again.xml"
    with path.open("wb") as target:
        write_feed(target, outcome.items, updated=datetime(2026, 1, 1, tzinfo=UTC), zone=zone)
    validated = subprocess.run(
        [sys.executable, str(GREEN_BUTTON / "validate.py"), str(path)], capture_output=True, text=True, check=False
    )
    assert validated.returncode == 0, validated.stdout
    again = read(path.read_bytes())
    assert again.resources == outcome.resources
    assert again.rows == outcome.rows
    assert again.feed.links.series == outcome.feed.links.series


@pytest.mark.parametrize("name", READINGS)
def test_a_sample_reads_the_same_without_the_fast_way(name: str) -> None:
    fast = read_sample(name)
    text = sample(name).read_text(encoding="utf-8").replace('encoding="UTF-8"', 'encoding="UTF-16"', 1)
    slow = read(text.encode("utf-16"))
    assert slow.resources == fast.resources
    assert slow.rows == fast.rows
    assert list(slow.feed.findings) == list(fast.feed.findings)


def test_gas_is_read_with_its_unit_and_multiplier() -> None:
    outcome = read_sample("gas")
    kind = next(item for item in outcome.resources if isinstance(item, ReadingType))
    point = next(item for item in outcome.resources if isinstance(item, UsagePoint))
    assert (kind.uom, kind.power_of_ten, kind.commodity, point.service_kind) == (169, -3, 7, 1)
    assert outcome.rows[0][1:4] == (1301630400, 2592000, 72609)


def test_the_year_with_wrong_daylight_saving_is_read_with_its_faults_reported() -> None:
    outcome = read_sample("electric_hourly_2011_one_year")
    assert outcome.codes.count("duplicate-reading") == 2
    assert outcome.codes.count("gap") == 1
    assert outcome.codes.count("reading-outside-block-interval") == 1
    assert [finding.line for finding in outcome.feed.findings if finding.code == "duplicate-reading"] == [12146, 52137]
