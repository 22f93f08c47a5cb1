"""Step 1: a customer signs in, sees who they are, their usage and their bills, and corrects what is wrong."""

import pytest
from playwright.sync_api import expect

from protection.rowsecurity import provider_rows
from rights.models import Correction
from tests.journeys.conftest import Visit
from tests.journeys.people import READINGS_A_DAY, People

pytestmark = pytest.mark.browser


def test_customer_sees_who_they_are_and_what_they_used(people: People, visit: Visit) -> None:
    customer = visit(people.holder)

    customer.is_on("Your data, in your hands")
    customer.reads("Alex Sample", "555-0100", people.account.number, people.account.service_street, "$81.40")

    customer.go(f"/usage/?period={people.month:%Y-%m}")
    customer.is_on("Your usage")
    chart = customer.page.locator("figure canvas")
    expect(chart).to_be_visible()
    expect(chart).to_have_attribute("role", "img")
    table = customer.page.locator("figure table")
    customer.page.get_by_text("Show as table").click()
    expect(table.locator("tbody tr").first.locator("td")).to_contain_text("9.9 kWh")
    table.get_by_role("link").first.click()
    customer.is_on("Your usage")
    expect(customer.page.locator("figure tbody tr")).to_have_count(READINGS_A_DAY)

    customer.go("/bills/")
    customer.is_on("Your bills")
    customer.reads("$81.40", "412.5")
    customer.page.get_by_role("rowheader").get_by_role("link").click()
    customer.reads("Energy", "$81.40")

    customer.reads_it_all_in_spanish()


def test_customer_corrects_the_telephone_at_once_and_the_name_after_review(people: People, visit: Visit) -> None:
    customer = visit(people.holder)
    customer.go("/my-data/")
    customer.is_on("My data")

    customer.follow("Correct Telephone number")
    customer.is_on("Correct: Telephone number")
    customer.fill("Telephone number", "555-0142")
    customer.press("Save the new value")
    customer.reads("555-0142")

    customer.follow("Correct Name on the account")
    customer.is_on("Correct: Name on the account")
    customer.fill("Name on the account", "Alexandra Sample")
    customer.fill("What is wrong with the present value?", "It is my short name.")
    customer.press("Send the correction")
    customer.reads("correction waits")

    with provider_rows():
        people.customer.refresh_from_db()
        states = dict(Correction.objects.values_list("field_id", "status"))
    assert (people.customer.phone, people.customer.name) == ("555-0142", "Alex Sample")
    assert states == {"customer.phone": "applied", "customer.name": "pending"}
    customer.reads_it_all_in_spanish()
