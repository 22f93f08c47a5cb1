"""Step 8: a contractor files a request for a project; the customer gives less than asked, signs, and both see it."""

import pytest

from consent.models import Consent, ProjectRequest
from consent.services import match_requests
from ledger.actor import Actor
from protection.rowsecurity import provider_rows
from tests.factories import PASSWORD
from tests.journeys.conftest import Visit
from tests.journeys.people import People

pytestmark = pytest.mark.browser


def test_a_request_is_filed_narrowed_signed_and_receipted(people: People, visit: Visit) -> None:
    contractor = visit(people.agent)
    contractor.go("/project-requests/")
    contractor.is_on("Requests for your projects")
    contractor.follow("File a request")
    contractor.page.get_by_label("Purpose").select_option(value="energy_analysis")
    contractor.press("Continue")
    contractor.is_on("File a request for a project")
    for label, text in (
        ("Program", "Heat Pump Fund"),
        ("Project", "HP-2041"),
        ("What is to be done", "A heat pump takes the place of a furnace."),
        ("Funds to be reserved", "1500"),
        ("Contact person", "Robin Contractor"),
        ("Contact's e-mail address", "robin@contractor.example"),
        ("Customer's account number", "7900000001"),
        ("Customer's name", "Alex Sample"),
        ("ZIP code of the service address", people.account.service_postal_code),
        ("Months of data", "12"),
    ):
        contractor.page.get_by_label(label, exact=label in {"Program", "Project"}).fill(text)
    for field_id in ("account.number", "customer.name"):
        contractor.page.locator(f"input[value='{field_id}']").press("Space")
    contractor.press("File the request")
    contractor.is_on("Request for HP-2041")
    contractor.reads("Received")
    assert match_requests(by=Actor.system("test")) == 1
    contractor.page.reload()
    contractor.reads("Received")

    customer = visit(people.holder)
    customer.go("/consents/offers/")
    customer.follow(str(people.recipient))
    customer.is_on(f"{people.recipient} asks for your data")
    customer.reads("Heat Pump Fund", "Robin Contractor", "Saying no costs you nothing")
    customer.tick("Account number", "All meters, also later ones")
    customer.press("Continue to read and sign")
    customer.page.wait_for_url("**/accounts/reauthenticate/**")
    customer.page.fill("[name=password]", PASSWORD)
    customer.page.locator("main form button[type=submit]").first.click()
    customer.reads("This is exactly what you would sign.")
    customer.tick("I have read this agreement")
    customer.fill("Your name", people.holder.name)
    customer.press("Sign")
    customer.reads("From today we may give")
    with provider_rows():
        consent = Consent.objects.with_scope().get()
        assert consent.scope_version is not None
        assert (consent.project, consent.scope_version.field_ids) == ("HP-2041", ["account.number"])
        assert set(ProjectRequest.objects.get().field_ids) == {"account.number", "customer.name"}

    contractor.page.reload()
    contractor.reads("Agreed to")
    contractor.follow("See the receipts")
    contractor.reads("HP-2041")
