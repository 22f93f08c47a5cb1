"""A real browser for tests: Debian's Chromium through Playwright, with axe for accessibility.

`page` holds every page to the site's content security policy: a violation, or an error in a script, fails the test.
Where Chromium or axe is missing, tests skip and say so; with RESGUARDO_REQUIRE_ALL=1 they fail.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal import auth as totp
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from accounts.models import User
from tests.factories import PASSWORD

_AXE = Path(__file__).parent.parent / "node_modules/axe-core/axe.min.js"
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking")
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# axe loads style sheets again to read them, which the policy refuses; the page itself is not meant by that message.
_RUN_AXE = "axe.run(document, {preload: false, runOnly: rules})"


def _missing(what: str) -> None:
    if os.environ.get("RESGUARDO_REQUIRE_ALL") == "1":
        pytest.fail(f"{what} is missing, and RESGUARDO_REQUIRE_ALL=1 lets no test skip.")
    pytest.skip(f"{what} is missing.")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start Chromium, from CHROMIUM or where Debian puts it."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    if not Path(path).exists():
        _missing(f"Chromium ({path}; set CHROMIUM to its path)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=list(_FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[Callable[[], Page]]:
    """Open pages, each in a browser session of its own; a policy violation or a script's error fails the test."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page() -> Page:
        context = chromium.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
        contexts.append(context)
        context.set_default_timeout(10_000)
        opened = context.new_page()

        def note(message: ConsoleMessage) -> None:
            if "Content Security Policy" in message.text:
                faults.append(f"{opened.url}: {message.text}")

        opened.on("console", note)
        opened.on("pageerror", lambda error: faults.append(f"{opened.url}: {error}"))
        return opened

    yield open_page
    for context in contexts:
        context.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def page(new_page: Callable[[], Page]) -> Page:
    """Open the one page of a test with one visitor."""
    return new_page()


def axe_violations(page: Page) -> list[str]:
    """List what axe finds wrong with the page as it stands: rule and first offending element."""
    if not _AXE.exists():
        _missing("axe-core (npm ci)")
    page.evaluate(_AXE.read_text())
    found = page.evaluate(f"async (rules) => (await {_RUN_AXE}).violations", _RULES)
    return [f"{violation['id']}: {violation['nodes'][0]['html'][:200]}" for violation in found]


def assert_good_page(page: Page) -> None:
    """Hold the page to the rules of every page: axe, one h1 that begins the title, no sideways scrolling.

    Waits until the page is there whole: after a click the address changes before the document has come.
    """
    page.wait_for_load_state("load")
    expect(page.locator("h1").first).to_be_visible()
    found = axe_violations(page)
    assert found == [], f"{page.url}: {found}"
    headings = page.locator("h1").all_inner_texts()
    assert len(headings) == 1, f"{page.url} has {len(headings)} headings of the first rank: {headings}"
    assert page.title().startswith(f"{headings[0]} – "), (
        f"{page.url}: {page.title()!r} is not {headings[0]!r} – provider"
    )
    width, seen = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width <= seen, f"{page.url} is {width} px wide in a window of {seen} px"


def tick(page: Page, label: str, *, is_on: bool = True) -> None:
    """Tick a box or choose a radio button by keyboard; the design draws its own in place of the browser's."""
    box = page.get_by_label(label)
    box.press("Space")
    expect(box).to_be_checked(checked=is_on)


def confirm_email(user: User) -> None:
    """Record that the user's address is confirmed, without which nobody signs in."""
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})


def give_second_factor(user: User) -> str:
    """Turn on codes from an app for the user; gives the secret that they are made from."""
    secret: str = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    return secret


def one_time_code(secret: str) -> str:
    """Make the code that an app would show now."""
    code: str = totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))
    return code


def sign_in(page: Page, portal: str, user: User, *, secret: str = "", password: str = PASSWORD) -> None:
    """Sign the user in by the pages that people use; with a secret, by the code from its app too."""
    page.goto(f"{portal}/accounts/login/")
    page.fill("[name=login]", user.email)
    page.fill("[name=password]", password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    if secret:
        page.wait_for_url("**/2fa/authenticate/")
        page.fill("[name=code]", one_time_code(secret))
        page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda address: "/login/" not in address and "/authenticate/" not in address)
