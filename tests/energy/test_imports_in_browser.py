"""Sending a file in a real browser, and following it to its end."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Account
from energy.models import ImportFinding, ImportRun
from energy.tasks import run_import
from protection.clock import provider_today
from protection.rowsecurity import provider_rows
from tests.browser import assert_good_page, confirm_email, give_second_factor, sign_in
from tests.energy.csvfeed.feeds import LONG_HEAD, content, long_toml
from tests.factories import AccountFactory, UserFactory

pytestmark = pytest.mark.browser
PHONE = {"width": 320, "height": 700}


def good(page: Page) -> None:
    """Hold the page to the rules of every page, wide and narrow."""
    assert_good_page(page)
    wide = page.viewport_size
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert_good_page(page)
    page.set_viewport_size(wide)  # type: ignore[arg-type]


def test_staff_send_a_file_and_follow_it_to_its_findings(page: Page, live_portal: str, tmp_path: Path) -> None:
    with provider_rows():
        account: Account = AccountFactory.create()
        staff = UserFactory.create(staff=True, bound=True)
        confirm_email(staff)
        secret = give_second_factor(staff)
        rows = [f"{number},M1,{provider_today()}T00:00,1" for number in (account.number, "9")]
    (tmp_path / "feed.csv").write_bytes(content(LONG_HEAD, *rows).read())
    (tmp_path / "map.toml").write_text(long_toml())
    sign_in(page, live_portal, staff, secret=secret)
    page.goto(f"{live_portal}/imports/")
    good(page)
    page.get_by_role("link", name="Import a file").first.click()
    good(page)
    page.get_by_role("link", name="Import a CSV file instead").click()
    page.get_by_role("button", name="Import the file").click()
    expect(page.get_by_text("Choose the file.").first).to_be_visible()
    good(page)
    page.get_by_label("File", exact=True).set_input_files(tmp_path / "feed.csv")
    page.get_by_label("New mapping").set_input_files(tmp_path / "map.toml")
    page.get_by_role("button", name="Import the file").click()
    expect(page.get_by_text("The file waits for its turn.")).to_be_visible()
    good(page)
    with provider_rows():
        run = ImportRun.objects.get()
    run_import(run.pk)
    # The page loads itself anew once the work is over.
    expect(page.get_by_text("There is no account 9")).to_be_visible(timeout=15_000)
    good(page)
    with provider_rows():
        ImportFinding.objects.bulk_create(
            ImportFinding(run=run, line=line, code="gap", message="Nothing", action="Told") for line in range(60)
        )
    page.goto(f"{live_portal}/imports/{run.uuid}/?page=2")
    good(page)
    page.goto(f"{live_portal}/imports/?status=finished")
    expect(page.get_by_role("cell", name="feed.csv")).to_be_visible()
    good(page)
