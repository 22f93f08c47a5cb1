"""What an attempt at a step keeps while it lasts, and what it leaves when it fails."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.db.models.functions import Now
from pytest_django.fixtures import Settings

from retention.disposal import rows
from retention.models import Incident, PurgeItem
from retention.services import begin_purge, items, run_purge
from retention.waypoints import Subject, Waypoint, observed_by
from tests.conftest import ActAs
from tests.retention.factories import AS_OF, OPERATOR

LONG_AGO = datetime(2015, 3, 2, tzinfo=UTC)


def expired_sessions(count: int) -> None:
    for number in range(count):
        Session.objects.create(session_key=f"long-ago-{number}", session_data="", expire_date=LONG_AGO)


def test_a_step_that_takes_longer_than_a_claim_lasts_leaves_its_item_claimed(
    committed_database: str, acting_as: ActAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the sweep of another worker would take it between two batches, and give up what goes on well."""
    expired_sessions(3)
    monkeypatch.setattr(rows, "BATCH", 1)
    monkeypatch.setattr(items, "CLAIM_LASTS", timedelta(seconds=1))
    is_claimed: list[bool] = []

    def watch(point: Waypoint, subject: Subject) -> None:
        if point == Waypoint.DROPPED:
            time.sleep(1.2)
        if point == Waypoint.COMMITTED:
            is_claimed.append(PurgeItem.objects.filter(pk=subject.pk, claimed_until__gt=Now()).exists())

    with acting_as("purge"), observed_by(watch):
        run_purge(run=begin_purge(by=OPERATOR, as_of=AS_OF))
    assert is_claimed == [True] * 4


def test_without_a_journal_nothing_goes_and_the_step_says_why(
    committed_database: str, acting_as: ActAs, settings: Settings, tmp_path: Path
) -> None:
    expired_sessions(1)
    (tmp_path / "file").touch()
    with acting_as("purge"):
        run = begin_purge(by=OPERATOR, as_of=AS_OF)
        settings.JOURNAL_DIR = tmp_path / "file" / "journal"
        with pytest.raises(NotADirectoryError):
            run_purge(run=run)
    item = run.items.get()
    assert (item.status, "Not a directory" in item.last_error) == ("failed", True)
    assert "Not a directory" in Incident.objects.get(kind="item_given_up").text
    assert Session.objects.count() == 1
