"""Signing in and guarding one's sign-in, in a real browser, under the site's content security policy."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from tests.browser import assert_good_page, confirm_email, give_second_factor, one_time_code, sign_in
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.browser

PUBLIC_PAGES = [
    "accounts/login/",
    "accounts/signup/",
    "accounts/inactive/",
    "accounts/password/reset/",
    "accounts/password/reset/done/",
    "accounts/password/reset/key/1-abc/",
    "accounts/confirm-email/",
    "accounts/confirm-email/abc/",
    "signed-out/",
    "accessibility/",
    "privacy/",
    "no-such-page/",
]
OWN_PAGES = [
    "",
    "accounts/2fa/",
    "accounts/2fa/webauthn/",
    "accounts/2fa/webauthn/add/",
    "accounts/2fa/recovery-codes/",
    "accounts/2fa/recovery-codes/generate/",
    "accounts/2fa/totp/deactivate/",
    "accounts/email/",
    "accounts/password/change/",
    "accounts/reauthenticate/",
    "accounts/sessions/",
    "accounts/logout/",
]


@pytest.fixture
def person(live_portal: str) -> User:
    """A customer's user with a confirmed address and no second factor."""
    user = UserFactory.create()
    confirm_email(user)
    return user


@pytest.fixture
def phone_page(page: Page) -> Page:
    """The page in a window 320 px wide."""
    page.set_viewport_size({"width": 320, "height": 700})
    return page


@pytest.fixture
def plain_page(chromium: Browser) -> Iterator[Page]:
    """A page in a browser that runs no scripts."""
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def _confirm_by_password(page: Page) -> None:
    page.wait_for_url("**/reauthenticate/**")
    assert_good_page(page)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def test_public_pages_are_good_in_both_languages(page: Page, live_portal: str) -> None:
    for language in ("English", "Español"):
        for address in PUBLIC_PAGES:
            page.goto(f"{live_portal}/{address}")
            assert_good_page(page)
        if language == "English":
            page.locator("header").get_by_role("button", name="Español").click()
            assert page.locator("html").get_attribute("lang") == "es"


def test_public_pages_fit_a_narrow_telephone(phone_page: Page, live_portal: str) -> None:
    for address in PUBLIC_PAGES:
        phone_page.goto(f"{live_portal}/{address}")
        assert_good_page(phone_page)


def test_wrong_password_is_told_at_the_top_where_the_focus_is(page: Page, live_portal: str, person: User) -> None:
    page.goto(f"{live_portal}/accounts/login/")
    page.fill("[name=login]", person.email)
    page.fill("[name=password]", "not the password")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    assert_good_page(page)


def test_person_turns_on_codes_and_signs_in_with_one(page: Page, live_portal: str, person: User) -> None:
    sign_in(page, live_portal, person)
    page.goto(f"{live_portal}/accounts/2fa/")
    assert_good_page(page)
    page.get_by_role("link", name="Set up an app").click()
    _confirm_by_password(page)
    page.wait_for_url("**/totp/activate/")
    assert_good_page(page)
    secret = page.locator(".rg-secret").inner_text().replace(" ", "")
    page.fill("[name=code]", one_time_code(secret))
    page.get_by_role("button", name="Turn on codes from an app").click()
    page.wait_for_url("**/recovery-codes/")
    recovery_code = page.locator(".rg-codes li").first.inner_text()
    for address in OWN_PAGES:
        page.goto(f"{live_portal}/{address}")
        assert_good_page(page)
    page.locator("header").get_by_text("Account").click()
    page.locator("header").get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/signed-out/")
    assert_good_page(page)

    page.get_by_role("main").get_by_role("link", name="Sign in again").click()
    page.fill("[name=login]", person.email)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/2fa/authenticate/")
    assert_good_page(page)
    page.fill("[name=code]", recovery_code)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{live_portal}/")


def test_person_adds_a_passkey_and_signs_in_with_it_alone(page: Page, live_portal: str, person: User) -> None:
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    sign_in(page, live_portal, person)
    page.goto(f"{live_portal}/accounts/2fa/webauthn/add/")
    _confirm_by_password(page)
    page.wait_for_url("**/webauthn/add/")
    page.fill("[name=name]", "My telephone")
    page.get_by_text("Sign in with this key alone").click()
    page.get_by_role("button", name="Add the key").click()
    page.wait_for_url("**/recovery-codes/")
    page.goto(f"{live_portal}/accounts/2fa/webauthn/")
    expect(page.get_by_role("rowheader", name="My telephone")).to_be_visible()
    assert_good_page(page)

    page.context.clear_cookies()
    page.goto(f"{live_portal}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{live_portal}/")
    expect(page.locator("header").get_by_text("Account")).to_be_visible()


def test_passkey_that_is_not_given_is_told_in_words(page: Page, live_portal: str) -> None:
    page.goto(f"{live_portal}/accounts/login/")
    refuse = "() => { navigator.credentials.get = () => Promise.reject(new DOMException('no', 'NotAllowedError')); }"
    page.evaluate(refuse)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("No key was used.")).to_be_visible()


def test_signing_in_works_without_scripts(plain_page: Page, live_portal: str, person: User) -> None:
    secret = give_second_factor(person)
    sign_in(plain_page, live_portal, person, secret=secret)
    expect(plain_page.get_by_role("navigation", name="Main").get_by_role("link", name="Home")).to_be_visible()
    expect(plain_page.get_by_role("button", name="Menu")).to_be_hidden()


def test_staff_without_a_second_factor_are_led_to_set_one_up(page: Page, live_portal: str) -> None:
    clerk = UserFactory.create(staff=True, bound=True)
    confirm_email(clerk)
    sign_in(page, live_portal, clerk)
    _confirm_by_password(page)
    page.wait_for_url("**/totp/activate/")
    assert_good_page(page)


@pytest.mark.parametrize("role", ["staff", "auditor", "administrator", "of_recipient"])
def test_first_page_of_each_role_is_good(page: Page, live_portal: str, role: str) -> None:
    user = UserFactory.create(**{role: True})
    confirm_email(user)
    sign_in(page, live_portal, user, secret=give_second_factor(user))
    assert_good_page(page)
    page.set_viewport_size({"width": 320, "height": 700})
    assert_good_page(page)
