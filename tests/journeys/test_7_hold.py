"""Staff place a hold for a customer, keep it after a review, and release it by two; the customer reads of it."""

from datetime import timedelta

import pytest

from accounts.services import open_customer
from ledger.actor import Actor
from protection.clock import provider_today
from protection.rowsecurity import provider_rows
from retention.models import LegalHold
from tests.journeys.conftest import People, Visit

pytestmark = pytest.mark.browser


def test_a_hold_from_its_placing_to_its_end(people: People, visit: Visit) -> None:
    with provider_rows():
        customer = people.account.customer
        open_customer(customer=customer, reason="A demand of the court came in", by=Actor.of(people.clerk))
        tomorrow = provider_today() + timedelta(days=1)
    clerk = visit(people.clerk)
    clerk.go(f"/customers/{customer.uuid}/")
    clerk.follow("Place a legal hold")
    clerk.is_on("Place a legal hold")
    clerk.fill("Reason", "Lawsuit about the meter of the garden house")
    clerk.fill("Order or rule", "Case 26-0099, Example Superior Court")
    clerk.fill("Review on", tomorrow.isoformat())
    clerk.press("Show what it will cover")
    clerk.reads("This hold would cover", "Nothing is placed yet")
    with provider_rows():
        assert not LegalHold.objects.exists()
    clerk.page.get_by_role("button", name="Place the hold").first.click()
    clerk.reads("The hold is placed", "What it covers now")
    clerk.is_on("Legal hold: Case 26-0099, Example Superior Court")
    clerk.follow("Review the hold")
    clerk.is_on("Review a legal hold")
    clerk.fill("Why must the data still be kept?", "The court has not decided yet")
    clerk.press("Keep the hold")
    clerk.reads("The review is recorded", "The court has not decided yet")
    clerk.follow("Propose its release")
    clerk.fill("Why should the hold be released?", "The parties have settled")
    clerk.press("Propose the release")
    clerk.reads("A release waits for a second person", "Take the proposal back")
    clerk.go("/retention/holds/?state=waiting")
    clerk.reads("Case 26-0099")
    clerk.is_on("Legal holds")

    holder = visit(people.holder)
    holder.go("/my-data/")
    holder.reads("What we must keep longer", "Legal hold: a court")
    holder.is_on("My data")

    second = visit(people.administrator)
    with provider_rows():
        hold = LegalHold.objects.get()
    second.go(f"/retention/holds/{hold.uuid}/")
    second.press("Approve the release")
    second.reads("The hold is released", "This hold is over")
    clerk.reads_it_all_in_spanish()
