"""Redis only rings the bell: a release that could not ring is made all the same, and the sweep finds it."""

import logging
import re

import pytest
from celery import current_app
from kombu import Connection, pools

from disclosures.models import Package, Release
from disclosures.services import claim_packages
from portal.migration_state import PROJECT
from protection.rowsecurity import provider_rows
from tests.disclosures.factories import WHY, Case
from tests.machines import machine


@pytest.fixture
def silent_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have messages go to a broker that is not there."""
    nowhere = pools.producers[Connection("redis+socket:///nowhere/redis.sock")]
    monkeypatch.setattr(current_app.amqp, "_producer_pool", nowhere)


def test_release_is_made_though_the_broker_is_away(
    committed_database: str, silent_broker: None, caplog: pytest.LogCaptureFixture
) -> None:
    with provider_rows():
        case = Case()
        case.consented()
        client = machine("releases:write")
    with caplog.at_level(logging.ERROR):
        response = client.send(
            "/api/v1/releases",
            {
                "accounts": [case.account.number],
                "recipient": str(case.recipient.uuid),
                "purpose": "energy_analysis",
                "basis": "written_consent",
                "field_ids": ["usage.readings"],
                "data_from": "2025-03-01",
                "data_to": "2025-04-01",
                "reason": WHY,
            },
        )

    assert response.status_code == 201, response.content
    assert "nowhere/redis.sock" in caplog.text
    with provider_rows():
        release = Release.objects.get()
        assert release.package.status == Package.Status.PENDING
    assert claim_packages() == [release.pk]


def test_every_ring_may_fail() -> None:
    """Hold each to `robust=True` and a lambda: Django names the function that failed, and a partial has no name."""
    calls = [
        (str(path.relative_to(PROJECT)), call)
        for package in ("portal", "rights", "disclosures", "consent", "retention", "energy", "accounts")
        for path in (PROJECT / package).rglob("*.py")
        for call in re.findall(r"on_commit\((.*\.delay.*)\)\n", path.read_text())
    ]

    assert len(calls) >= 6
    assert [call for call in calls if "partial(" in call[1] or not call[1].endswith("robust=True")] == []
