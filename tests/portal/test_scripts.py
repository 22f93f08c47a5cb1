"""What our scripts do for a page, in a real browser on the portal's own origin and policy."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe_violations

pytestmark = pytest.mark.browser

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'"
CHART = """
<figure class="rg-chart"><figcaption>Energy by day</figcaption>
<details class="rg-details" open><summary>Show as table</summary>
<table class="usa-table" data-chart="{kind}" data-chart-unit="kWh" data-chart-description="Two days.">
<caption>Energy by day, March 2026</caption>
<thead><tr><th scope="col">Day</th><th scope="col">Used</th><th scope="col">Sent to the grid</th></tr></thead>
<tbody>
<tr><th scope="row">1 March 2026</th><td data-value="12.5">12.5 kWh</td><td data-value="3">3.0 kWh</td></tr>
<tr><th scope="row">2 March 2026</th><td data-value="8">8.0 kWh</td><td data-value="">–</td></tr>
</tbody></table></details></figure>
"""
DRAFT = """
<form data-draft="reason" data-draft-found="We kept what you had typed." action="/trial/">
<label for="a">Reason</label><input id="a" name="reason"><label for="b">Password</label>
<input id="b" name="word" type="password"><input type="hidden" name="token" value="secret">
<label><input type="checkbox" name="urgent" value="yes"> Urgent</label><button>Send</button></form>
"""


def _serve(page: Page, html: str, *scripts: str, owner: str = "7") -> None:
    """Have /trial/ be a page that holds html under the portal's policy; owner: who is signed in, nobody if empty."""
    signed_in = f' data-owner="{owner}"' if owner else ""
    tags = "".join(f'<script src="/static/{script}" defer></script>' for script in scripts)
    body = (
        '<!DOCTYPE html><html lang="en"><head><title>Trial</title>'
        '<link rel="stylesheet" href="/static/css/resguardo.css">'
        f"</head><body{signed_in}><main><h1>Trial</h1>{html}</main>{tags}</body></html>"
    )
    page.unroute("**/trial/**")
    headers = {"Content-Security-Policy": POLICY}
    page.route(
        "**/trial/**", lambda route: route.fulfill(body=body, content_type="text/html; charset=utf-8", headers=headers)
    )


def _show(page: Page, portal: str, html: str, *scripts: str, owner: str = "7") -> None:
    _serve(page, html, *scripts, owner=owner)
    page.goto(f"{portal}/trial/")


@pytest.mark.parametrize("kind", ["bar", "line"])
def test_chart_stands_above_its_table_and_speaks(page: Page, live_portal: str, kind: str) -> None:
    _show(page, live_portal, CHART.format(kind=kind), "vendor/chart.js/chart.umd.min.js", "js/chart.js")
    drawing = page.get_by_role("img", name="Energy by day, March 2026. Two days.")
    expect(drawing).to_be_visible()
    expect(page.locator("table")).to_be_hidden()
    drawing.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".rg-chart__readout")).to_have_text("1 March 2026: Used 12.5 kWh, Sent to the grid 3 kWh")
    page.keyboard.press("End")
    expect(page.locator(".rg-chart__readout")).to_have_text("2 March 2026: Used 8 kWh, Sent to the grid –")
    page.get_by_text("Show as table").click()
    expect(page.locator("table")).to_be_visible()
    assert axe_violations(page) == []


def _type_draft(page: Page, portal: str) -> None:
    _show(page, portal, DRAFT, "js/draft.js")
    page.fill("#a", "The meter was changed")
    page.fill("#b", "not to be kept")
    page.check("[name=urgent]")


def test_draft_survives_being_signed_out_in_the_middle(page: Page, live_portal: str) -> None:
    _type_draft(page, live_portal)
    _serve(page, "<p>Sign in</p>", "js/draft.js", owner="")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Sign in")).to_be_visible()
    page.wait_for_load_state()
    _show(page, live_portal, DRAFT, "js/draft.js")
    expect(page.locator("#a")).to_have_value("The meter was changed")
    expect(page.locator("[name=urgent]")).to_be_checked()
    expect(page.get_by_role("status")).to_have_text("We kept what you had typed.")
    expect(page.locator("#b")).to_have_value("")
    kept = page.evaluate("JSON.stringify(sessionStorage)")
    assert "not to be kept" not in kept
    assert "secret" not in kept


def test_draft_that_arrived_is_forgotten(page: Page, live_portal: str) -> None:
    _type_draft(page, live_portal)
    _serve(page, "<p>Thank you</p>", "js/draft.js")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Thank you")).to_be_visible()
    page.wait_for_load_state()
    assert page.evaluate("sessionStorage.length") == 0


def test_draft_is_not_shown_to_somebody_else(page: Page, live_portal: str) -> None:
    _type_draft(page, live_portal)
    _show(page, live_portal, DRAFT, "js/draft.js", owner="8")
    expect(page.locator("#a")).to_have_value("")
    assert page.evaluate("sessionStorage.length") == 0


def test_signing_out_on_purpose_forgets_drafts(page: Page, live_portal: str) -> None:
    _type_draft(page, live_portal)
    leave = '<form data-sign-out action="/trial/"><button>Leave</button></form>'
    _show(page, live_portal, leave, "js/draft.js")
    page.get_by_role("button", name="Leave").click()
    page.wait_for_load_state()
    assert page.evaluate("sessionStorage.length") == 0


def test_progress_follows_the_work_to_its_end(page: Page, live_portal: str) -> None:
    running = '<div id="progress" data-progress-url="/trial/"><strong>{}</strong></div>'
    _show(page, live_portal, running.format("10%"), "js/progress.js")
    _serve(page, running.format("60%"), "js/progress.js")
    expect(page.get_by_text("60%")).to_be_visible()
    _serve(page, '<div id="progress"><strong>100%</strong></div><p>All 350 readings are stored.</p>', "js/progress.js")
    expect(page.get_by_text("All 350 readings are stored.")).to_be_visible(timeout=8_000)


def test_menu_unfolds_on_a_narrow_screen(page: Page, live_portal: str) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    menu = (
        '<button class="rg-menu-button" type="button" aria-expanded="false" aria-controls="m" data-toggle>Menu</button>'
        '<ul class="rg-nav__list" id="m"><li><a class="rg-nav__link" href="/">Home</a></li></ul>'
    )
    _show(page, live_portal, menu, "js/page.js")
    expect(page.locator("#m")).to_be_hidden()
    page.get_by_role("button", name="Menu").press("Enter")
    expect(page.locator("#m")).to_be_visible()
