"""Step 2: staff find the customer, state a reason, and log a written consent with its scanned form."""

import io
from datetime import timedelta

import pytest
from PIL import Image

from accounts.models import CustomerOpening
from consent.models import Consent
from protection.clock import provider_today
from protection.files import open_file
from protection.rowsecurity import provider_rows
from tests.journeys.conftest import Visit
from tests.journeys.people import People

pytestmark = pytest.mark.browser

REASON = "The customer's form came by post."


def scanned_form() -> bytes:
    """Return a scan as an office machine makes it."""
    target = io.BytesIO()
    Image.new("L", (120, 160), 255).save(target, format="TIFF")
    return target.getvalue()


def test_staff_log_a_written_consent_with_its_scanned_form(people: People, visit: Visit) -> None:
    clerk = visit(people.clerk)
    with provider_rows():
        today = provider_today()

    clerk.go("/customers/")
    clerk.is_on("Find a customer")
    clerk.fill("Name, account number, street", people.account.number)
    clerk.press("Search")
    clerk.follow("Alex Sample")
    clerk.is_on("Open Alex Sample")
    clerk.fill("Why do you need to see this customer's data?", REASON)
    clerk.press("Open the customer")
    clerk.is_on("Alex Sample")

    clerk.follow("Record a consent")
    clerk.is_on("Record a written consent")
    clerk.choose("Organization that may receive data", "Example Efficiency LLC")
    clerk.choose("Purpose", "Analyze your energy use")
    clerk.press("Continue")
    clerk.is_on("Record a written consent")
    clerk.tick("Account number", "Usage readings", "All meters", "On paper")
    clerk.fill("Data from", (today - timedelta(days=365)).isoformat())
    clerk.fill("Signed or agreed on", (today - timedelta(days=2)).isoformat())
    clerk.fill("Name of who signed or agreed", "Alex Sample")
    clerk.fill("Service address on the form", f"{people.account.service_street}, {people.account.service_postal_code}")
    clerk.page.get_by_label("Consent form").select_option(index=1)
    clerk.upload("Scanned form", "form.tif", scanned_form())
    clerk.press("Record the consent")
    clerk.is_on("Consent of Alex Sample for Example Efficiency LLC")
    clerk.reads("The consent is recorded", "Running")

    with provider_rows():
        version = Consent.objects.get().versions.get()
        assert version.evidence_file is not None
        with open_file(version.evidence_file) as kept:
            assert Image.open(kept).size == (120, 160)
        assert CustomerOpening.objects.get().reason == REASON
    clerk.reads_it_all_in_spanish()


def test_form_of_the_wrong_kind_is_refused_in_words_and_nothing_is_kept(people: People, visit: Visit) -> None:
    clerk = visit(people.clerk)
    clerk.go(f"/customers/{people.customer.uuid}/consents/new/")
    clerk.fill("Why do you need to see this customer's data?", REASON)
    clerk.press("Open the customer")
    clerk.choose("Organization that may receive data", "Example Efficiency LLC")
    clerk.choose("Purpose", "Analyze your energy use")
    clerk.press("Continue")
    clerk.upload("Scanned form", "form.pdf", b"MZ\x90 a program under another name")
    clerk.press("Record the consent")

    clerk.is_on("Record a written consent")
    clerk.reads("PDF, JPEG, PNG or TIFF")
    with provider_rows():
        assert not Consent.objects.exists()
