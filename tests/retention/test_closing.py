"""Months are closed once, by whichever night finds them idle."""

from datetime import date

import pytest

from retention.disposal import locks
from retention.disposal.closing import close_month, close_months
from retention.disposal.partitions import partitions_of
from retention.disposal.stores import STORES
from retention.models import MonthTally, PurgeRun
from retention.tasks import nightly
from tests.conftest import ActAs, Connect
from tests.retention.factories import committed_household

FEBRUARY = "energy_dayreading_y2021m02"


def test_a_month_in_use_is_left_open_and_keeps_no_other_from_closing_nor_the_purge_from_running(
    committed_database: str, acting_as: ActAs, as_role: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "TRIES", 1)
    committed_household([date(2023, 1, 5), date(2023, 2, 5)])
    with as_role("worker") as importer, importer.transaction():
        importer.execute("SELECT set_config('resguardo.scope', 'provider', true)")
        importer.execute("UPDATE energy_dayreading SET total = 1 WHERE day = '2023-02-05'")
        with acting_as("purge"):
            nightly()
    closed = MonthTally.objects.filter(table_name="energy_dayreading").values_list("month", flat=True)
    assert list(closed) == [date(2023, 1, 1)]
    assert PurgeRun.objects.count() == 1


def test_a_month_that_another_night_has_closed_keeps_its_tally(committed_database: str, acting_as: ActAs) -> None:
    committed_household([date(2021, 2, 5)])
    with acting_as("purge"):
        close_months(limit=100)
        (before,) = MonthTally.objects.filter(month=date(2021, 2, 1), table_name="energy_dayreading")
        (february,) = [month for month in partitions_of("energy_dayreading") if month.name == FEBRUARY]
        assert close_month(STORES["readings"], february) == before
