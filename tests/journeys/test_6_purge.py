"""Step 6: what is past five years goes, what is held stays, and a certificate and the ledger say so."""

from datetime import date
from pathlib import Path

import pytest

from energy.models import Bill, DayReading
from ledger.actor import Actor
from ledger.models import Entry
from protection.clock import provider_today
from protection.rowsecurity import provider_rows
from retention.models import HeldBill, HeldDayReading, PurgeRun
from retention.services import place_hold
from retention.tasks import carry_out
from tests.conftest import ActAs
from tests.journeys.conftest import Visit
from tests.journeys.outsiders import verify
from tests.journeys.people import People
from tests.retention.factories import days, household

pytestmark = pytest.mark.browser


@pytest.fixture
def six_years(people: People) -> date:
    """Four old days and a bill for each of two accounts, one of them under a legal hold; gives the first old day."""
    with provider_rows():
        first = provider_today().replace(day=1, year=provider_today().year - 6)
        held, _free = (household(days(first, first.replace(day=5)), [first.replace(day=5)]) for _ in range(2))
        place_hold(
            account=held.account,
            retention_classes=["readings", "bills"],
            reason="Dispute over the bill",
            citation="Case 26-0001, Example Superior Court",
            by=Actor.of(people.administrator),
        )
    return first


def test_administrator_purges_and_the_certificate_adds_up(
    people: People, six_years: date, visit: Visit, acting_as: ActAs, tmp_path: Path
) -> None:
    administrator = visit(people.administrator)
    administrator.go("/retention/")
    administrator.is_on("Retention")
    administrator.follow("Plan a purge")
    administrator.is_on("Plan a purge")
    administrator.fill("Why do you plan it by hand?", "Quarterly check of the nightly purge")
    administrator.press("Make the plan")
    administrator.reads("Waits for approval", "Case 26-0001, Example Superior Court")
    administrator.press("Approve and run the purge now")
    administrator.reads("The purge is on its way", "Quarterly check")
    with provider_rows():
        run = PurgeRun.objects.get()
    with acting_as("purge"):
        carry_out(run.pk)

    administrator.page.reload()
    administrator.follow("See the certificate")
    administrator.reads("Usage readings: 8 = 4 held + 4 dropped", "Bills: 2 = 1 held + 1 dropped")

    document = tmp_path / "certificate.json"
    document.write_bytes(administrator.download("Download the certificate"))
    assert verify(document).returncode == 0

    with provider_rows():
        recent = DayReading.objects.filter(account=people.account)
        assert (DayReading.objects.count(), Bill.objects.count()) == (recent.count(), 1)
        assert (HeldDayReading.objects.count(), HeldBill.objects.count()) == (4, 1)
        entry = run.certificate.document["payload"]["ledger"]["entry"]
        assert Entry.objects.get(pk=entry).kind == "purge.completed"
    administrator.reads_it_all_in_spanish()
