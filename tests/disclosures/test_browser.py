"""A release from the clerk's desk to the customer's history in a real browser; each page usable by everybody."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from consent.services import withdraw_consent
from disclosures.models import HistoryExport, Release
from disclosures.services import build_export, build_package
from protection.rowsecurity import provider_rows
from tests.browser import assert_good_page, confirm_email, give_second_factor, sign_in, tick
from tests.conftest import ActAs
from tests.disclosures.factories import WHY, Case
from tests.factories import MemberFactory, UserFactory

pytestmark = pytest.mark.browser


@dataclass
class Scene:
    """Everybody who takes part, with the secret of each one's second factor."""

    case: Case
    holder: User
    reader: User
    auditor: User
    secrets: dict[int, str]


@pytest.fixture
def scene(live_portal: str) -> Scene:
    with provider_rows():
        case = Case()
        holder = MemberFactory.create(account=case.account).user
        reader = UserFactory.create(role="recipient", recipient=case.recipient)
        auditor = UserFactory.create(auditor=True, bound=True)
        for user in (case.clerk, holder, reader, auditor):
            confirm_email(user)
        secrets = {user.pk: give_second_factor(user) for user in (case.clerk, reader, auditor)}
        return Scene(case, holder, reader, auditor, secrets)


def enter(page: Page, portal: str, scene: Scene, user: User) -> None:
    page.context.clear_cookies()
    sign_in(page, portal, user, secret=scene.secrets.get(user.pk, ""))


def ask_for_release(page: Page, portal: str, case: Case) -> None:
    page.goto(f"{portal}/customers/{case.customer.uuid}/disclosures/new/")
    assert_good_page(page)
    page.get_by_label("Who is to receive the data?").select_option(label=str(case.recipient))
    page.get_by_label("What for?").select_option(label="Analyze your energy use")
    page.get_by_label("On what legal basis?").select_option(label="Prior written consent of the customer")
    tick(page, "Usage readings")
    page.get_by_label("First day of the data").fill("2025-03-01")
    page.get_by_label("Last day of the data").fill("2025-03-31")
    page.get_by_label("Why now?").fill(WHY)


def test_a_release_is_refused_allowed_fetched_withdrawn_read_and_exported(
    page: Page, live_portal: str, scene: Scene, acting_as: ActAs
) -> None:
    case = scene.case
    enter(page, live_portal, scene, case.clerk)
    ask_for_release(page, live_portal, case)
    page.get_by_role("button", name="Check the conditions").click()
    assert_good_page(page)
    expect(page.get_by_text("has given no consent for")).to_be_visible()
    page.get_by_role("button", name="Release the data").click()
    assert_good_page(page)
    expect(page.get_by_role("heading", name="The release was refused")).to_be_visible()

    with provider_rows():
        consent = case.consented()
    page.get_by_role("link", name="Ask again").click()
    page.get_by_role("button", name="Release the data").click()
    assert_good_page(page)
    with provider_rows():
        release = Release.objects.get()
    build_package(release=release)
    expect(page.get_by_text("SHA-256 of the file")).to_be_visible(timeout=15_000)
    page.goto(f"{live_portal}/disclosures/")
    assert_good_page(page)

    enter(page, live_portal, scene, scene.reader)
    page.goto(f"{live_portal}/deliveries/")
    assert_good_page(page)
    page.get_by_role("row").nth(1).get_by_role("link").click()
    assert_good_page(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the file").click()
    assert download.value.suggested_filename.endswith(".csv")
    with provider_rows():
        withdraw_consent(consent=consent, by=case.by)
    page.get_by_role("button", name="Download the file").click()
    expect(page.get_by_text("A customer's consent no longer covers")).to_be_visible()
    assert_good_page(page)

    enter(page, live_portal, scene, scene.holder)
    page.goto(f"{live_portal}/who-has-my-data/")
    assert_good_page(page)
    expect(page.get_by_text(case.recipient.legal_name)).to_be_visible()

    enter(page, live_portal, scene, scene.auditor)
    page.goto(f"{live_portal}/audit/disclosures/")
    page.get_by_label("Outcome").select_option(label="Released")
    page.get_by_role("button", name="Show").click()
    assert_good_page(page)
    page.get_by_role("link", name="Export what is shown").click()
    assert_good_page(page)
    page.get_by_label("What is the export for?").fill("For the yearly audit")
    page.get_by_role("button", name="Build the export").click()
    assert_good_page(page)
    with provider_rows():
        export = HistoryExport.objects.get()
    with acting_as("worker"):
        build_export(export=export)
    page.reload()
    assert_good_page(page)
    with page.expect_download() as archive:
        page.get_by_role("button", name="Download the archive").click()
    assert archive.value.suggested_filename.endswith(".zip")
    page.goto(f"{live_portal}/audit/exports/")
    assert_good_page(page)
