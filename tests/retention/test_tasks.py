"""What beat rings for finds its own work, and twice is as good as once."""

from datetime import date, timedelta
from io import BytesIO

from django.db.models.functions import Now

from energy.models import DayReading
from protection.clock import transaction_time
from protection.files import finish_destroying, path_of, seal_file
from protection.models import SealedFile
from protection.rowsecurity import provider_rows
from retention import tasks
from retention.models import Certificate, MonthTally, PurgeRun
from retention.services import begin_purge
from tests.conftest import ActAs
from tests.retention.factories import OPERATOR, committed_household

LONG_AGO = date(2019, 1, 15)


def test_the_nightly_task_closes_purges_and_certifies_once(committed_database: str, acting_as: ActAs) -> None:
    committed_household([LONG_AGO, date(2023, 1, 15)])
    with acting_as("purge"):
        first, second = tasks.nightly(), tasks.nightly()
    assert first == second
    assert Certificate.objects.get().run.uuid.hex == first.replace("-", "")
    assert list(MonthTally.objects.values_list("month", flat=True)) == [date(2023, 1, 1)]
    with provider_rows():
        assert list(DayReading.objects.values_list("day", flat=True)) == [date(2023, 1, 15)]


def test_the_sweep_carries_out_a_run_whose_message_was_lost(committed_database: str, acting_as: ActAs) -> None:
    committed_household([LONG_AGO])
    with provider_rows():
        run = begin_purge(by=OPERATOR, trigger=PurgeRun.Trigger.PAGE)
    with acting_as("purge"):
        assert tasks.sweep() == 1
        assert tasks.sweep() == 0
    run.refresh_from_db()
    assert run.status == PurgeRun.Status.FINISHED
    with provider_rows():
        assert not DayReading.objects.exists()


def test_a_file_that_cannot_be_removed_does_not_keep_the_night_from_purging(
    committed_database: str, acting_as: ActAs
) -> None:
    with provider_rows():
        stuck = seal_file(BytesIO(b"bytes"), name="a.txt", content_type="text/plain", retention_class="evidence")
    path_of(stuck.uuid).unlink()
    path_of(stuck.uuid).mkdir()
    with acting_as("purge"):
        SealedFile.objects.filter(pk=stuck.pk).update(destroyed_at=Now())
        assert finish_destroying(transaction_time() - timedelta(days=1)) == 0
        assert tasks.nightly()
