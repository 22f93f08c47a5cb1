"""Every named point lies on the way of a purge: a fault that a test asks for at one is a fault that happens."""

from datetime import date

from protection.rowsecurity import provider_rows
from retention import tasks
from retention.models import PurgeItem, PurgeRun
from retention.services import begin_purge, place_hold
from retention.waypoints import OF_A_RUN, Subject, Waypoint, observed_by
from tests.conftest import ActAs
from tests.retention.factories import OPERATOR, committed_household

LONG_AGO = date(2019, 1, 15)


def test_purge_passes_every_waypoint_in_order(committed_database: str, acting_as: ActAs) -> None:
    held = committed_household([LONG_AGO])
    committed_household([LONG_AGO])
    with provider_rows():
        place_hold(account=held.account, reason="A lawsuit", citation="Case 1", by=OPERATOR)
        run = begin_purge(by=OPERATOR, trigger=PurgeRun.Trigger.PAGE)
    passed: list[tuple[Waypoint, Subject]] = []

    with acting_as("purge"), observed_by(lambda point, subject: passed.append((point, subject))):
        tasks.carry_out(run.pk)

    month = run.items.get(action=PurgeItem.Action.DROP_MONTH)
    assert [point for point, subject in passed if subject in {month, run}] == list(Waypoint)
    assert {point for point, subject in passed if subject == run} == set(OF_A_RUN)
