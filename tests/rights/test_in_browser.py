"""People's pages in a real browser: correcting one's data, finding and opening a customer, deciding."""

import os

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Account, Customer, Recipient, User
from accounts.services import set_field
from ledger.actor import Actor
from protection.rowsecurity import provider_rows
from tests.browser import assert_good_page, confirm_email, give_second_factor, sign_in
from tests.factories import PASSWORD, MemberFactory, RecipientFactory, UserFactory
from tests.rights.factories import a_pending_correction, an_open_request, correct

pytestmark = pytest.mark.browser

PHONE = {"width": 320, "height": 700}


def shown(page: Page, name: str) -> None:
    """Hold the page to the rules of every page, wide and narrow; keep a picture where SCREENSHOTS names a folder."""
    assert_good_page(page)
    wide = page.viewport_size
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert_good_page(page)
    if folder:
        page.screenshot(path=f"{folder}/{name}-narrow.png", full_page=True)
    page.set_viewport_size(wide)  # type: ignore[arg-type]


@pytest.fixture
def holder(live_portal: str) -> tuple[User, Account]:
    """The holder of an account with sealed values and a correction that waits."""
    with provider_rows():
        member = MemberFactory()
        confirm_email(member.user)
        customer = member.account.customer
        set_field(row=customer, field="tax_id", value="12-3456789", source="feed", by=Actor.system("import"))
        correct(member.user, customer, "customer.name", "Alexandra Sample")
    return member.user, member.account


@pytest.fixture
def desk(live_portal: str) -> tuple[User, str]:
    """One of the staff, bound by an agreement, with a second factor."""
    with provider_rows():
        user = UserFactory(staff=True, bound=True)
        confirm_email(user)
        return user, give_second_factor(user)


def test_customer_reads_corrects_and_undoes(page: Page, live_portal: str, holder: tuple[User, Account]) -> None:
    user, account = holder
    sign_in(page, live_portal, user)
    shown(page, "home-customer")
    page.get_by_role("link", name="My data").first.click()
    shown(page, "my-data")

    page.get_by_role("link", name="Correct Telephone number").click()
    shown(page, "correct")
    page.get_by_label("Telephone number").fill("call me")
    page.get_by_role("button", name="Save the new value").click()
    expect(page.locator("[data-error-summary]")).to_contain_text("telephone number with its area code")
    shown(page, "correct-error")
    page.get_by_label("Telephone number").fill("555-010-9999")
    page.get_by_role("button", name="Save the new value").click()

    expect(page.locator("main")).to_contain_text("555-010-9999")
    expect(page.get_by_role("status")).to_contain_text("Corrected")
    page.get_by_role("button", name="Put the earlier value back").click()
    expect(page.locator("main")).to_contain_text(account.customer.phone)


def test_customer_reveals_a_sealed_value_after_proving_who_they_are(
    page: Page, live_portal: str, holder: tuple[User, Account]
) -> None:
    sign_in(page, live_portal, holder[0])
    page.goto(f"{live_portal}/my-data/")
    expect(page.locator("main")).not_to_contain_text("12-3456789")
    page.get_by_role("link", name="Show in full").click()
    page.wait_for_url("**/reauthenticate/**")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Confirm").click()

    expect(page.locator("main")).to_contain_text("12-3456789")
    shown(page, "reveal")


def test_customer_makes_a_request_without_scripts_or_a_mouse(
    page: Page, live_portal: str, holder: tuple[User, Account]
) -> None:
    sign_in(page, live_portal, holder[0])
    page.goto(f"{live_portal}/requests/")
    shown(page, "requests")
    page.get_by_role("link", name="Make a request").click()
    shown(page, "request-new")
    page.get_by_label("A complaint").focus()
    page.keyboard.press("Space")
    page.get_by_label("What you ask for").fill("A stranger got my bill.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_contain_text("A stranger got my bill.")
    shown(page, "request")


def test_staff_find_open_and_decide(page: Page, live_portal: str, desk: tuple[User, str]) -> None:
    user, secret = desk
    with provider_rows():
        correction = a_pending_correction(name="Alexandra Sample")
        an_open_request()
        name = correction.customer.name
    sign_in(page, live_portal, user, secret=secret)
    shown(page, "home-staff")
    page.get_by_role("link", name="Queue").first.click()
    shown(page, "queue")
    page.goto(f"{live_portal}/customers/")
    shown(page, "customers")
    page.get_by_label("Name, account number").fill(name)
    page.get_by_role("button", name="Search").click()
    shown(page, "customers-found")
    page.get_by_role("link", name=name).click()
    shown(page, "customer-open")
    page.get_by_label("Why do you need").fill("Deciding a correction")
    page.get_by_role("button", name="Open the customer").click()
    expect(page.locator("main")).to_contain_text("Deciding a correction")
    shown(page, "customer")
    page.get_by_role("link", name="Correction: Name on the account").click()
    shown(page, "decide")
    page.get_by_text("Accept, and write the new value").click()
    page.get_by_role("button", name="Decide the correction").click()

    expect(page.get_by_role("status")).to_contain_text("The new value is written.")
    with provider_rows():
        assert Customer.objects.get(pk=correction.customer_id).name == "Alexandra Sample"


def test_administrators_pages_are_good(page: Page, live_portal: str) -> None:
    with provider_rows():
        user = UserFactory(administrator=True, bound=True)
        confirm_email(user)
        recipient: Recipient = RecipientFactory(under_agreement=True)
        UserFactory(role="recipient", recipient=recipient)
        secret = give_second_factor(user)
    sign_in(page, live_portal, user, secret=secret)
    shown(page, "home-administrator")
    for name, address in {
        "people": "people/",
        "person": f"people/{user.uuid}/",
        "agreement": f"people/{user.uuid}/agreements/new/",
        "recipients": "recipients/",
        "recipient": f"recipients/{recipient.uuid}/",
        "recipient-new": "recipients/new/",
        "stop": f"recipients/{recipient.uuid}/stop/",
        "settings": "settings/",
    }.items():
        page.goto(f"{live_portal}/{address}")
        shown(page, name)
