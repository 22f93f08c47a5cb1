"""Messages, the link that refuses them, and cookies, in a real browser and in both languages."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Customer, OutboxMessage, User
from accounts.topics import NEWSLETTER, PROGRAMS
from consent import sender
from consent.contact import last_choice, table_of
from consent.cookies import CHOICE_COOKIE, VISIT_COOKIE
from consent.links import seal_link
from consent.models import CookieChoice, VisitCount
from protection.clock import transaction_time
from protection.rowsecurity import provider_rows
from tests.browser import assert_good_page, confirm_email, give_second_factor, sign_in, tick
from tests.consent.factories import holder_of, staff_with
from tests.consent.test_contact_choices import chosen
from tests.consent.test_sender import post
from tests.factories import CustomerFactory, UserFactory

pytestmark = pytest.mark.browser

REFUSE, ACCEPT = "Refuse optional cookies", "Accept optional cookies"


@dataclass
class Scene:
    """A customer who chose the newsletter and offers, the holder of the account, staff who opened the customer."""

    customer: Customer
    holder: User
    staff: User
    secret: str


@pytest.fixture(params=["en", "es"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def scene(live_portal: str) -> Scene:
    with provider_rows():
        customer = CustomerFactory.create(mailing_street="1 Example Street", mailing_city="Valle Claro")
        holder = holder_of(customer)
        chosen(customer, holder, newsletter=["email"], programs=["email", "post"])
        staff = staff_with(customer)
        for user in (holder, staff):
            confirm_email(user)
        return Scene(customer, holder, staff, give_second_factor(staff))


def table(scene: Scene) -> dict[str, list[str]]:
    with provider_rows():
        return {
            code: [str(one) for one in channels] for code, channels in table_of(last_choice(scene.customer)).items()
        }


def test_customer_chooses_messages_on_a_telephone(page: Page, live_portal: str, scene: Scene) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    sign_in(page, live_portal, scene.holder)
    page.goto(f"{live_portal}/settings/")
    page.get_by_role("link", name="Choose which messages you want, and how").click()
    assert_good_page(page)
    tick(page, "Newsletter: E-mail", is_on=False)
    tick(page, "Surveys: Telephone")
    page.get_by_role("button", name="Save what I want").click()

    expect(page.get_by_text("Saved. It counts from the next message on.")).to_be_visible()
    assert_good_page(page)
    assert table(scene)[NEWSLETTER] == []
    assert table(scene)["surveys"] == ["telephone"]
    expect(page.get_by_text("Newsletter by e-mail: no; Surveys by telephone: yes")).to_be_visible()


def test_what_must_be_sent_keeps_a_way_and_the_page_says_so(page: Page, live_portal: str, scene: Scene) -> None:
    sign_in(page, live_portal, scene.holder)
    page.goto(f"{live_portal}/settings/messages/")
    tick(page, "Our privacy notice: E-mail", is_on=False)
    page.get_by_role("button", name="Save what I want").click()

    expect(page.get_by_role("alert").get_by_text("Choose at least one way for “Our privacy notice”")).to_be_visible()
    assert_good_page(page)


def test_link_in_a_message_stops_it_without_signing_in_and_takes_it_back(
    page: Page, live_portal: str, scene: Scene, language: str
) -> None:
    with provider_rows():
        Customer.objects.filter(pk=scene.customer.pk).update(language=language)
    page.goto(f"{live_portal}/unsubscribe/{seal_link(scene.customer.pk, NEWSLETTER)}/")
    assert page.locator("html").get_attribute("lang") == language
    assert_good_page(page)
    assert table(scene)[NEWSLETTER] == ["email"]

    main = page.locator("main")
    main.locator("form").first.get_by_role("button").click()
    assert_good_page(page)
    assert table(scene)[NEWSLETTER] == []
    assert table(scene)[PROGRAMS] == ["email", "post"]

    main.locator("form:has([value=undo])").get_by_role("button").click()
    assert_good_page(page)
    assert table(scene)[NEWSLETTER] == ["email"]

    main.locator("form:has([value=all])").get_by_role("button").click()
    assert_good_page(page)
    assert table(scene)[NEWSLETTER] == table(scene)[PROGRAMS] == []


def test_broken_link_says_what_to_do(page: Page, live_portal: str, scene: Scene) -> None:
    page.goto(f"{live_portal}/unsubscribe/not-a-token/")
    assert_good_page(page)
    expect(page.get_by_role("heading", name="This link is not whole")).to_be_visible()


@pytest.mark.parametrize("has_scripts", [True, False])
def test_refusing_cookies_is_as_easy_as_accepting(
    chromium: object, live_portal: str, scene: Scene, has_scripts: bool
) -> None:
    context = chromium.new_context(java_script_enabled=has_scripts, viewport={"width": 1280, "height": 900})  # type: ignore[attr-defined]
    page: Page = context.new_page()
    page.goto(f"{live_portal}/privacy/")
    refuse, accept = (page.get_by_role("button", name=name) for name in (REFUSE, ACCEPT))
    sizes = [button.bounding_box() for button in (refuse, accept)]
    assert sizes[0] is not None
    assert sizes[1] is not None
    for side in ("width", "height", "y"):
        assert sizes[0][side] == pytest.approx(sizes[1][side], abs=1)  # type: ignore[literal-required]
    assert refuse.get_attribute("class") == accept.get_attribute("class")
    names = {cookie["name"] for cookie in context.cookies()}
    assert names <= {"csrftoken"}

    refuse.click()
    expect(page).to_have_url(f"{live_portal}/privacy/")
    expect(refuse).to_have_count(0)
    assert {cookie["name"] for cookie in context.cookies()} <= {"csrftoken", CHOICE_COOKIE}

    page.get_by_role("link", name="Cookies and privacy signals").click()
    expect(page.get_by_text("You refused optional cookies. None are set.")).to_be_visible()
    page.get_by_role("button", name=ACCEPT).click()
    expect(page.get_by_text("You accepted optional cookies on this device.")).to_be_visible()
    assert VISIT_COOKIE in {cookie["name"] for cookie in context.cookies()}
    page.get_by_role("button", name=REFUSE).click()
    expect(page.get_by_text("You refused optional cookies. None are set.")).to_be_visible()
    assert VISIT_COOKIE not in {cookie["name"] for cookie in context.cookies()}
    context.close()


def test_browser_that_asks_for_privacy_is_asked_nothing_and_shown_its_answer(
    page: Page, live_portal: str, scene: Scene
) -> None:
    page.set_extra_http_headers({"Sec-GPC": "1"})
    page.goto(f"{live_portal}/cookies/")
    assert_good_page(page)
    expect(page.get_by_text("On, and honored")).to_have_count(1)
    sign_in(page, live_portal, scene.holder)
    page.goto(f"{live_portal}/settings/messages/")
    expect(page.get_by_text("On, and honored")).to_have_count(1)
    expect(page.get_by_role("button", name=ACCEPT)).to_have_count(0)


def test_choice_of_a_customer_follows_to_another_device(
    page: Page, new_page: object, live_portal: str, scene: Scene
) -> None:
    sign_in(page, live_portal, scene.holder)
    assert_good_page(page)
    page.get_by_role("button", name=REFUSE).click()
    expect(page.get_by_role("button", name=REFUSE)).to_have_count(0)
    with provider_rows():
        assert CookieChoice.objects.get(user=scene.holder).purposes == []

    other: Page = new_page()  # type: ignore[operator]
    sign_in(other, live_portal, scene.holder)
    expect(other.get_by_role("button", name=REFUSE)).to_have_count(0)


def test_staff_print_a_letter_and_note_that_it_was_mailed(page: Page, live_portal: str, scene: Scene) -> None:
    with provider_rows():
        Customer.objects.filter(pk=scene.customer.pk).update(email="")
        post(scene.customer, topic=PROGRAMS)
    sender.send_messages()
    sign_in(page, live_portal, scene.staff, secret=scene.secret)
    page.get_by_role("link", name="Letters and calls").first.click()
    assert_good_page(page)
    page.get_by_role("button", name=re.compile("^Open")).click()
    assert_good_page(page)
    page.emulate_media(media="print")
    expect(page.get_by_text("1 Example Street")).to_be_visible()
    expect(page.get_by_role("button", name="I mailed it")).to_be_hidden()
    expect(page.locator("header.rg-header")).to_be_hidden()
    page.emulate_media(media="screen")
    page.get_by_role("button", name="I mailed it").click()

    expect(page.get_by_text("Nothing waits here")).to_be_visible()
    with provider_rows():
        assert OutboxMessage.objects.get(customer=scene.customer).status == "sent"


def test_staff_record_what_a_customer_said(page: Page, live_portal: str, scene: Scene) -> None:
    sign_in(page, live_portal, scene.staff, secret=scene.secret)
    page.goto(f"{live_portal}/customers/{scene.customer.uuid}/messages/")
    assert_good_page(page)
    tick(page, "Newsletter: E-mail", is_on=False)
    tick(page, "By telephone")
    page.get_by_label("Note").fill("Mr. Sample called on 3 March.")
    page.get_by_role("button", name="Record what the customer wants").click()

    expect(page.get_by_text("The customer gets a message that says what was noted.").first).to_be_visible()
    assert_good_page(page)
    assert table(scene)[NEWSLETTER] == []


def test_administrator_reads_how_often_pages_are_visited(page: Page, live_portal: str, scene: Scene) -> None:
    with provider_rows():
        administrator = UserFactory.create(administrator=True, bound=True)
        confirm_email(administrator)
        secret = give_second_factor(administrator)
        hour = transaction_time().replace(minute=0, second=0, microsecond=0)
        for name, views in (("energy:usage", 1234), ("consent:list", 9)):
            VisitCount.objects.create(hour=hour, kind="page", page=name, browser="firefox", views=views, visits=40)
    sign_in(page, live_portal, administrator, secret=secret)
    page.get_by_role("link", name="Visit statistics").first.click()
    assert_good_page(page)

    expect(page.get_by_role("row", name="/usage/ 1,230 40")).to_be_visible()
    expect(page.get_by_role("row", name="/consents/ too few 40")).to_be_visible()
