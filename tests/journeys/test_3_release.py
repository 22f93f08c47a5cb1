"""Step 3: the gate refuses before the consent and after its withdrawal, and lets out in between."""

import csv
import io

import pytest

from accounts.services import open_customer
from consent.models import Consent
from disclosures.models import Delivery, Package, Release, ReleaseDenial
from disclosures.tasks import build_release_package
from ledger.actor import Actor
from ledger.models import Entry
from protection.rowsecurity import provider_rows
from tests.conftest import ActAs
from tests.consent.factories import granted
from tests.journeys.conftest import Visit
from tests.journeys.people import READINGS_A_DAY, People
from tests.journeys.visitors import Visitor

pytestmark = pytest.mark.browser

WHY = "Home audit that the customer ordered."
FIELDS = ("account.number", "usage.readings")


@pytest.fixture
def opened(people: People) -> People:
    """The clerk has stated a reason and opened the customer."""
    with provider_rows():
        open_customer(customer=people.customer, reason="The customer sent a form.", by=Actor.of(people.clerk))
    return people


def agree(people: People) -> Consent:
    """Log the customer's written consent to the readings."""
    with provider_rows():
        by = Actor.of(people.clerk)
        return granted(customer=people.customer, recipient=people.recipient, by=by, field_ids=FIELDS)


def ask_for_readings(clerk: Visitor, people: People) -> None:
    """Fill in what is asked of the gate: last month's readings and the telephone number."""
    clerk.go(f"/customers/{people.customer.uuid}/disclosures/new/")
    clerk.is_on("Release data of Alex Sample")
    clerk.choose("Who is to receive the data?", "Example Efficiency LLC")
    clerk.choose("What for?", "Analyze your energy use")
    clerk.choose("On what legal basis?", "Prior written consent of the customer")
    clerk.tick("Account number", "Usage readings", "Telephone number")
    clerk.fill("First day of the data", people.month.isoformat())
    clerk.fill("Why now?", WHY)


def build_as_the_worker_does(acting_as: ActAs) -> None:
    """Carry out the task that the release has rung for, under the worker's database role."""
    with provider_rows():
        release = Release.objects.latest("pk")
    with acting_as("worker"):
        build_release_package(release.pk)


def test_gate_refuses_without_consent_and_names_what_is_missing(opened: People, visit: Visit) -> None:
    clerk = visit(opened.clerk)
    ask_for_readings(clerk, opened)

    clerk.press("Check the conditions")
    clerk.is_on("Release data of Alex Sample")
    clerk.reads("This release would be refused", "Alex Sample has given no consent for Example Efficiency LLC")
    clerk.press("Release the data")
    clerk.is_on("The release was refused")
    clerk.reads("Alex Sample has given no consent", "Record the customer's written consent first.", WHY)

    with provider_rows():
        denial = ReleaseDenial.objects.get()
        assert [condition["code"] for condition in denial.conditions] == ["consent_missing"]
        assert Entry.objects.filter(pk=denial.entry_id, kind="release.denied").exists()
        assert not Release.objects.exists()

    agree(opened)
    clerk.follow("Ask again")
    clerk.press("Release the data")
    clerk.is_on("Release to Example Efficiency LLC")
    clerk.reads("Waiting to be built")
    clerk.reads_it_all_in_spanish()


def test_consent_lets_data_out_until_the_customer_withdraws(opened: People, visit: Visit, acting_as: ActAs) -> None:
    agree(opened)
    clerk = visit(opened.clerk)
    ask_for_readings(clerk, opened)
    clerk.press("Check the conditions")
    clerk.reads("This release is allowed", "It would keep back", "Telephone number")
    clerk.press("Release the data")
    clerk.is_on("Release to Example Efficiency LLC")
    build_as_the_worker_does(acting_as)
    clerk.page.reload()
    clerk.reads("Ready", "Nobody has downloaded the file yet")

    agent = visit(opened.agent)
    agent.go("/deliveries/")
    agent.is_on("Deliveries")
    agent.page.get_by_role("rowheader").get_by_role("link").click()
    agent.reads("Each download is checked again and recorded.")
    content = agent.download("Download the file").decode()
    readings = [row for row in csv.DictReader(io.StringIO(content)) if row["record"] == "reading"]
    assert len(readings) == 3 * READINGS_A_DAY
    assert opened.account.number in content
    assert opened.customer.phone not in content

    customer = visit(opened.holder)
    customer.go("/consents/")
    customer.is_on("What you agreed to")
    customer.follow("Example Efficiency LLC")
    customer.is_on("Your consent for Example Efficiency LLC")
    customer.press("Withdraw this consent")
    customer.reads("nothing more under this consent")

    agent.press("Download the file")
    agent.is_on("This file cannot be downloaded")
    agent.reads("A customer's consent no longer covers what this file contains.")
    ask_for_readings(clerk, opened)
    clerk.press("Release the data")
    clerk.is_on("The release was refused")
    clerk.reads("is not in force", "A new consent of the customer is needed.")

    with provider_rows():
        outcomes = list(Delivery.objects.order_by("pk").values_list("outcome", flat=True))
        assert outcomes == [Delivery.Outcome.DELIVERED, Delivery.Outcome.REFUSED]
        assert Release.objects.count() == Package.objects.count() == ReleaseDenial.objects.count() == 1
    customer.reads_it_all_in_spanish()
