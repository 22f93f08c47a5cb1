"""The pages of consents in a real browser: usable by keyboard and screen reader, narrow and wide."""

import io
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from accounts.models import Account, Recipient, User
from consent.models import Consent
from energy.models import UsagePoint
from protection.clock import provider_today
from protection.rowsecurity import provider_rows
from tests.browser import assert_good_page, confirm_email, give_second_factor, sign_in, tick
from tests.consent.factories import agreed, granted, holder_of, offered, staff_with
from tests.factories import PASSWORD, AccountFactory, RecipientFactory

pytestmark = pytest.mark.browser


@dataclass
class Scene:
    """A customer with a consent, staff who opened the customer, another organization."""

    consent: Consent
    holder: User
    staff: User
    secret: str
    recipient: Recipient


@pytest.fixture
def scene(live_portal: str) -> Scene:
    with provider_rows():
        consent = granted()
        holder, staff = holder_of(consent.customer), staff_with(consent.customer)
        UsagePoint.objects.create(account=consent.customer.accounts.get(), identifier="UsagePoint/1", title="House")
        for user in (holder, staff):
            confirm_email(user)
        return Scene(consent, holder, staff, give_second_factor(staff), RecipientFactory.create())


def test_staff_record_a_consent_and_nothing_entered_is_lost_by_a_mistake(
    page: Page, live_portal: str, scene: Scene
) -> None:
    scan = io.BytesIO()
    Image.new("L", (60, 80), 255).save(scan, format="PNG")
    sign_in(page, live_portal, scene.staff, secret=scene.secret)
    page.goto(f"{live_portal}/customers/{scene.consent.customer.uuid}/consents/new/")
    assert_good_page(page)
    page.get_by_label("Organization that may receive data").select_option(label=str(scene.recipient))
    page.get_by_label("Purpose").select_option(value="energy_analysis")
    page.get_by_role("button", name="Continue").click()
    assert_good_page(page)
    tick(page, "Account number")
    tick(page, "Only these:")
    tick(page, "House")
    page.get_by_label("Data from").fill("2024-01-01")
    tick(page, "On paper")
    page.get_by_label("Signed or agreed on").fill(provider_today_text())
    page.get_by_label("Consent form").select_option(index=1)
    page.get_by_label("Scanned form").set_input_files(
        {"name": "form.png", "mimeType": "image/png", "buffer": scan.getvalue()}
    )
    page.get_by_role("button", name="Record the consent").click()
    expect(page.get_by_text("choose the scanned form again")).to_be_visible()
    assert_good_page(page)
    expect(page.get_by_label("House")).to_be_checked()
    page.get_by_label("Name of who signed or agreed").fill("Alex Sample")
    page.get_by_label("Service address on the form").fill("1 Some Street, 90000")
    page.get_by_label("Verified with").fill("Alex Sample")
    page.get_by_label("Verified on").fill(provider_today_text())
    page.get_by_label("Scanned form").set_input_files(
        {"name": "form.png", "mimeType": "image/png", "buffer": scan.getvalue()}
    )
    page.get_by_role("button", name="Record the consent").click()
    expect(page.get_by_text("The consent is recorded")).to_be_visible()
    assert_good_page(page)
    page.goto(f"{live_portal}/consents/?status=active")
    assert_good_page(page)


def test_a_customer_narrows_and_withdraws_on_a_telephone(page: Page, live_portal: str, scene: Scene) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    sign_in(page, live_portal, scene.holder)
    page.goto(f"{live_portal}/consents/")
    assert_good_page(page)
    page.get_by_role("link", name=str(scene.consent.recipient)).click()
    assert_good_page(page)
    page.get_by_role("link", name="Give less data").click()
    assert_good_page(page)
    tick(page, "Account number", is_on=False)
    page.get_by_role("button", name="Change the consent").click()
    expect(page.get_by_text("From now on only what you left in may be given.")).to_be_visible()
    page.get_by_role("button", name="Withdraw this consent").click()
    expect(page.get_by_text("nothing more under this consent")).to_be_visible()
    assert_good_page(page)


def test_a_customer_agrees_in_the_portal_on_a_telephone(page: Page, live_portal: str, scene: Scene) -> None:
    with provider_rows():
        offer = offered(recipient=scene.recipient, field_ids=("usage.readings", "account.number", "bill.amount_due"))
    page.set_viewport_size({"width": 320, "height": 700})
    sign_in(page, live_portal, scene.holder)
    page.goto(f"{live_portal}/consents/")
    page.get_by_role("link", name="See programs that ask for your data").click()
    assert_good_page(page)
    page.get_by_role("link", name=str(offer.recipient)).click()
    assert_good_page(page)
    page.get_by_role("button", name="Continue to read and sign").click()
    expect(page.get_by_text("Tick at least one kind of data, or decline.").first).to_be_visible()
    assert_good_page(page)
    tick(page, "Readings" if page.get_by_label("Readings").count() else "Account number")
    tick(page, "Only these:")
    tick(page, "House")
    page.get_by_role("button", name="Continue to read and sign").click()
    page.wait_for_url("**/accounts/reauthenticate/**")
    page.fill("[name=password]", PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    expect(page.get_by_text("This is exactly what you would sign.")).to_be_visible()
    assert_good_page(page)
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("Tick this if you agree, or decline.").first).to_be_visible()
    tick(page, "I have read this agreement")
    page.get_by_label("Your name").fill(scene.holder.name)
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("From today we may give")).to_be_visible()
    assert_good_page(page)
    page.get_by_role("link", name="Read it here").click()
    assert_good_page(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as PDF").click()
    assert download.value.suggested_filename.endswith(".pdf")
    page.go_back()
    page.get_by_role("link", name="See this consent").click()
    assert_good_page(page)


def test_a_privacy_officer_reads_all_proof_and_lets_an_organization_ask(
    page: Page, live_portal: str, scene: Scene
) -> None:
    with provider_rows():
        consent = agreed(scene.holder, scene.consent.customer, offered(recipient=scene.recipient))
    sign_in(page, live_portal, scene.staff, secret=scene.secret)
    page.goto(f"{live_portal}/consents/{consent.uuid}/")
    assert_good_page(page)
    page.get_by_role("link", name="See all proof").click()
    page.get_by_text("What was put before").click()
    assert_good_page(page)
    page.get_by_role("link", name="Receipt 1").first.click()
    assert_good_page(page)
    page.goto(f"{live_portal}/consents/{consent.uuid}/narrow/")
    assert_good_page(page)
    page.goto(f"{live_portal}/consents/offers/")
    assert_good_page(page)
    page.get_by_role("link", name="Let an organization ask").click()
    page.get_by_label("Organization that may receive data").select_option(label=str(scene.consent.recipient))
    page.get_by_label("Purpose").select_option(value="research")
    page.get_by_role("button", name="Continue").click()
    assert_good_page(page)


def provider_today_text() -> str:
    """Return today as a date input takes it."""
    with provider_rows():
        return provider_today().isoformat()


def test_a_clerk_enters_three_papers_by_keyboard_alone(
    page: Page, live_portal: str, scene: Scene, tmp_path: Path
) -> None:
    with provider_rows():
        accounts = AccountFactory.create_batch(3)
        for number in range(3):
            Image.new("L", (60, 80), 250 - number).save(tmp_path / f"{number}.png")
        names = [account.customer.name for account in accounts]
    sign_in(page, live_portal, scene.staff, secret=scene.secret)
    page.goto(f"{live_portal}/consents/log/")
    assert_good_page(page)
    keys = page.keyboard
    for number, account in enumerate(accounts):
        expect(page.get_by_label("Account number")).to_be_focused()
        keys.type(account.number)
        if number == 0:
            keys.press("Tab")
            choose_by_keyboard(page, str(scene.recipient.uuid))
            keys.press("Tab")
            choose_by_keyboard(page, "energy_analysis")
            keys.press("Tab")
        keys.press("Enter")
        page.wait_for_url("**/consents/new/**")
        if number == 0:
            assert_good_page(page)
        fill_by_keyboard(page, account, is_first=number == 0)
        page.get_by_label("Scanned form").set_input_files(tmp_path / f"{number}.png")  # the system's own dialogue
        page.get_by_label("Name of who signed or agreed").focus()
        keys.press("Enter")
        page.wait_for_url("**/consents/log/")
        expect(page.get_by_role("link", name=names[number], exact=True)).to_be_visible()
    assert_good_page(page)
    with provider_rows():
        assert Consent.objects.filter(recipient=scene.recipient, is_granted=True).count() == 3


def choose_by_keyboard(page: Page, value: str) -> None:
    """Go down a list that has the focus until it shows a value."""
    for _ in range(30):
        if page.evaluate("document.activeElement.value") == value:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"{value} is not in the list")


def go_to(page: Page, name: str) -> None:
    """Press Tab until the input of a name has the focus."""
    for _ in range(60):
        if page.evaluate("document.activeElement.name") == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} is not reached by Tab")


def fill_by_keyboard(page: Page, account: Account, *, is_first: bool) -> None:
    """Fill in a paper: the first box has the focus, and what the last paper said stays."""
    keys = page.keyboard
    expect(page.locator("[name=field_ids]").first).to_be_focused()
    keys.press("Space")
    go_to(page, "meters")
    keys.press("Space")
    if is_first:
        go_to(page, "data_from")
        keys.type("01012024")
        go_to(page, "method")
        keys.press("Space")
    go_to(page, "signed_on")
    keys.type("01022026")
    go_to(page, "signer_name")
    keys.type(account.customer.name)
    go_to(page, "service_address")
    keys.type(f"{account.service_street} {account.service_postal_code}")
    if is_first:
        go_to(page, "notice_text")
        keys.press("ArrowDown")
