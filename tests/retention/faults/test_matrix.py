"""Every named point × every fault × the first, a middle and the last partition: the six checks hold afterwards.

Months of which some rows are held go one by one. Those that are free go together, table by table; of these the points
of an item are passed for the first month of the first table and the last month of the second.

`make test` runs a selection, `make test-faults` all of it.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from protection.rowsecurity import provider_rows
from retention.disposal.closing import close_months
from retention.models import PurgeRun
from retention.services import begin_purge, run_purge
from retention.waypoints import OF_A_RUN, Waypoint
from tests.conftest import ActAs
from tests.retention.factories import OPERATOR
from tests.retention.faults.checks import assert_nothing_lost, assert_sound
from tests.retention.faults.conftest import AS_OF, make_free_world, make_world, start_run
from tests.retention.faults.faults import PROCESS_FAULTS, Fault, Order
from tests.retention.faults.workers import PurgeWorker
from tests.retention.faults.world import World

PLACES = ("first", "middle", "last")
QUICK = {
    (Fault.CHILD_KILLED, Waypoint.DROPPED, "first"),
    (Fault.WORKER_KILLED, Waypoint.COMMITTED, "middle"),
    (Fault.CONNECTION_TERMINATED, Waypoint.HELD_MOVED, "last"),
    (Fault.POSTGRES_RESTARTED, Waypoint.COMMIT_DUE, "first"),
}
QUICK_TOGETHER = {
    (Fault.CHILD_KILLED, Waypoint.DROPPED, "first"),
    (Fault.CONNECTION_TERMINATED, Waypoint.COMMIT_DUE, "last"),
}
OF_HELD_ROWS = (Waypoint.MOVE_DUE, Waypoint.HELD_MOVED)


def cases() -> list[object]:
    """Return the matrix; what is not of the quick selection is marked for `make test-faults`."""
    return [
        _case((fault, point, place), QUICK)
        for fault in PROCESS_FAULTS
        for point in Waypoint
        for place in (PLACES if point not in OF_A_RUN else ("run",))
    ]


def cases_together() -> list[object]:
    """Return the matrix of months that go together."""
    return [
        _case((fault, point, place), QUICK_TOGETHER)
        for fault in PROCESS_FAULTS
        for point in Waypoint
        if point not in {*OF_A_RUN, *OF_HELD_ROWS}
        for place in ("first", "last")
    ]


def _case(case: tuple[Fault, Waypoint, str], quick: set[tuple[Fault, Waypoint, str]]) -> object:
    return pytest.param(*case, marks=[] if case in quick else pytest.mark.faults, id="-".join(case))


def position_of(run: PurgeRun, place: str) -> int | None:
    count = run.items.count()
    return {"run": None, "first": 0, "middle": count // 2, "last": count - 1}[place]


@pytest.mark.parametrize(("fault", "point", "place"), cases())
def test_purge_survives(
    fault: Fault,
    point: Waypoint,
    place: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    survive(fault, point, place, request, tmp_path, make_world)


@pytest.mark.parametrize(("fault", "point", "place"), cases_together())
def test_purge_of_free_months_survives(
    fault: Fault,
    point: Waypoint,
    place: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    survive(fault, point, place, request, tmp_path, make_free_world, is_closed=True)


def survive(
    fault: Fault,
    point: Waypoint,
    place: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    make: Callable[[], World],
    *,
    is_closed: bool = False,
) -> None:
    """Have a worker suffer a fault in a world, and hold what it leaves to the six checks."""
    if fault == Fault.POSTGRES_RESTARTED:
        request.getfixturevalue("crashing_server")
    purge_worker: PurgeWorker = request.getfixturevalue("purge_worker")
    acting_as: ActAs = request.getfixturevalue("acting_as")
    world = make()
    if is_closed:
        with acting_as("purge"), provider_rows():
            assert close_months(limit=100)
    run = start_run()
    order = Order(fault, point, position_of(run, place), str(tmp_path / "happened"))
    purge_worker.suffer(order, run)
    assert_nothing_lost(world.model, AS_OF)

    purge_worker.finish(run)

    world.model.purge(AS_OF)
    with acting_as("purge"):
        run_purge(run=begin_purge(by=OPERATOR, as_of=AS_OF))
    assert_sound(world.model, AS_OF)
