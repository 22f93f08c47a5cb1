"""The nightly trim of one day of a million usage points, against a bare DELETE of the same rows."""

from datetime import date, timedelta

from benchmarks.database import acting_as, empty_database
from benchmarks.measuring import Measurement, against, seconds_of
from benchmarks.references.packed_table import make_packed
from benchmarks.retention.worlds import CUTOFF, fill, populate, purge, settle
from protection.rowsecurity import provider_rows
from retention.disposal.closing import close_months

ACCOUNTS, POINTS = 10_000, 100
AS_OF = date(2026, 3, 2)
_DELETE = "DELETE FROM packed_table WHERE day < %s"


def trim() -> list[Measurement]:
    """Run the purge of a night that has one day to delete, from plan to certificate; then delete it from a copy."""
    past = CUTOFF + timedelta(days=1)
    with empty_database() as administrator:
        world = populate(administrator, ACCOUNTS)
        fill(world, CUTOFF, past, points=POINTS)
        make_packed(administrator)
        settle(world, "energy_dayreading", "packed_table")
        with acting_as("purge"):
            with provider_rows():
                close_months()
            settle(world)
            ours = seconds_of(lambda: purge(AS_OF))
        settle(world)
        reference = seconds_of(lambda: administrator.execute(_DELETE, [past]))
    return [against("trim", ours, "s", "a bare DELETE of the same million rows", reference, limit=2)]
