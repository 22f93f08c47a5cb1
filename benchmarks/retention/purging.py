"""A purge of twelve expired months, end to end, against DELETE and VACUUM; what closing months and a plan cost.

Measured is all that the nightly task does for usage and bills, as the purge role: plan, approval, run with its items,
the journal synced to disk before and after each, ledger entries, certificate. The months are closed before, as they
are long before they expire. The references run on the same server, right after, over the same readings.
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.database import acting_as
from benchmarks.measuring import Measurement, against, beside, seconds_of
from benchmarks.references.packed_table import delete_packed, make_packed
from benchmarks.references.row_a_reading import delete_rows, make_rows
from benchmarks.retention.worlds import AS_OF, CUTOFF, FIRST_DAY, LAST_DAY, World, monthly_bounds, settle, world_of
from benchmarks.retention.worlds import purge as carry_out
from portal.databases import Connection
from protection.rowsecurity import provider_rows
from retention.disposal.closing import close_months
from retention.disposal.partitions import partitions_of
from retention.plans import make_plan
from retention.services import plan_purge

MILLION = 1_000_000
SIZES = (MILLION, 10 * MILLION)
FULL_SIZES = (*SIZES, 100 * MILLION)

_ROWS = "a row a reading: DELETE in batches, VACUUM"
_PACKED = "packed rows in one table: DELETE, VACUUM"
_HELD = {0.0: "none", 0.01: "1_percent", 0.1: "10_percent"}
_LIMITS = {0.0: 1 / 100, 0.01: 1 / 20, 0.1: 1 / 5}


@dataclass(frozen=True, slots=True)
class Cost:
    """What some work took: seconds, and bytes of write-ahead log."""

    seconds: float
    wal: float


def purge(*, is_full: bool = False) -> list[Measurement]:
    """Purge the same twelve months at each size, with no holds, with 1 % and with 10 % of the customers held."""
    found: list[Measurement] = []
    for readings in FULL_SIZES if is_full else SIZES:
        with world_of(readings, is_closed=False) as world:
            found += _closing(world, readings)
            found += _plan(world, readings)
            unheld = _cost(world, _as_purge)
            packed, rows = _delete_packed(readings), _delete_rows(world)
        found += _against_both(readings, unheld, rows, packed)
        for held in (0.01, 0.1):
            with world_of(readings, held=held) as world:
                found += _against_rows(readings, held, _cost(world, _as_purge), rows)
    return found


def _as_purge() -> None:
    with acting_as("purge"):
        carry_out()


def _cost(world: World, work: Callable[[], object]) -> Cost:
    settle(world)
    before = _wal(world.administrator)
    seconds = seconds_of(work)
    return Cost(seconds, _wal(world.administrator) - before)


def _delete_rows(world: World) -> Cost:
    connection = world.administrator
    make_rows(connection, world.accounts, FIRST_DAY, LAST_DAY)
    settle(world, "row_a_reading")
    return _cost(world, lambda: delete_rows(connection, world.customers, FIRST_DAY, CUTOFF))


def _delete_packed(readings: int) -> Cost:
    with world_of(readings, is_closed=False) as world:
        make_packed(world.administrator)
        settle(world, "packed_table")
        return _cost(world, lambda: delete_packed(world.administrator, CUTOFF))


def _against_both(readings: int, ours: Cost, rows: Cost, packed: Cost) -> list[Measurement]:
    name = f"purge_{_size(readings)}_packed"
    return [
        *_against_rows(readings, 0.0, ours, rows),
        against(name, ours.seconds, "s", _PACKED, packed.seconds, limit=1 / 3),
        beside(f"{name}_wal", ours.wal, "bytes of WAL", _PACKED, packed.wal),
    ]


def _against_rows(readings: int, held: float, ours: Cost, rows: Cost) -> list[Measurement]:
    name = f"purge_{_size(readings)}_held_{_HELD[held]}"
    free = 1 - held  # The reference would leave the held rows alone, too.
    return [
        against(name, ours.seconds, "s", _ROWS, rows.seconds * free, limit=_LIMITS[held]),
        beside(f"{name}_wal", ours.wal, "bytes of WAL", _ROWS, rows.wal * free),
    ]


def _closing(world: World, readings: int) -> list[Measurement]:
    """Close every month that is old enough; count each of them, thrice."""
    months = [partition for partition in partitions_of("energy_dayreading") if partition.first <= LAST_DAY]
    counting = sum(
        _median(world, f"SELECT count(*) FROM {each.schema}.{each.name}", 3)  # noqa: S608
        for each in months
    )
    with acting_as("purge"), provider_rows():
        closing = seconds_of(lambda: close_months(limit=len(months)))
    return [against(f"close_{_size(readings)}", closing, "s", "count(*) of the same months", counting, limit=100)]


def _plan(world: World, readings: int) -> list[Measurement]:
    """Plan what is kept by month, and all of it, against a count(*) over the expired months; five times each.

    The other classes of a plan lie in tables of their own: to ask them costs the same however many readings there are.
    """
    counting = _median(world, f"SELECT count(*) FROM energy_dayreading WHERE day < '{CUTOFF}'", 5)  # noqa: S608
    with acting_as("purge"):
        monthly = monthly_bounds(AS_OF)
        make_plan(as_of=AS_OF, bounds=monthly)
        part = statistics.median(seconds_of(lambda: make_plan(as_of=AS_OF, bounds=monthly)) for _ in range(5))
        whole = statistics.median(seconds_of(lambda: plan_purge(as_of=AS_OF)) for _ in range(5))
    name, reference = f"plan_{_size(readings)}", "count(*) over the expired months"
    return [
        against(name, part, "s", reference, counting, limit=0.1),
        against(f"{name}_all_classes", whole, "s", reference, counting, limit=0.1),
    ]


def _median(world: World, query: str, rounds: int) -> float:
    return statistics.median(seconds_of(lambda: world.administrator.execute(query)) for _ in range(rounds))


def _wal(connection: Connection) -> float:
    row = connection.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')").fetchone()
    return float(row[0]) if row else 0.0


def _size(readings: int) -> str:
    return f"{readings // MILLION}m"
