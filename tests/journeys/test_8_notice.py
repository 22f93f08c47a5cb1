"""Two administrators publish a privacy notice with a purpose that waited for it; anybody reads it and what changed."""

import pytest

from consent.selectors import is_announced
from protection.rowsecurity import provider_rows
from tests.journeys.conftest import People, Visit

pytestmark = pytest.mark.browser


def test_a_notice_from_its_draft_to_its_difference(people: People, visit: Visit) -> None:
    first, second = visit(people.administrator), visit(people.deputy)
    first.go("/notices/")
    first.is_on("Notices and purposes")
    first.page.get_by_role("button", name="Write a new version").first.click()
    first.is_on("Privacy notice: write version 2")
    first.fill("Title in English", "What we do with your information")
    first.fill("Title in Spanish", "Lo que hacemos con su información")
    first.press("Keep the draft and see it")
    first.is_on("Privacy notice, version 2")
    first.reads("What we do with your information", "Provide electric service", "Example Efficiency LLC")
    first.fill("Reason", "Names our contractors from now on")
    first.press("Submit for approval")
    first.reads("You submitted this: another administrator must approve it.")

    second.go("/notices/")
    second.follow("Go on with the draft of version 2")
    second.press("Approve and publish")
    second.reads("Approved and frozen")
    with provider_rows():
        assert is_announced(recipient=people.recipient)

    holder = visit(people.holder)
    holder.go("/privacy/notice/")
    holder.is_on("What we do with your information")
    holder.reads("Example Efficiency LLC", "How long we keep data")
    holder.follow("What changed since version 1")
    holder.reads("Added words are underlined")
    holder.go("/privacy/notices/")
    holder.is_on("Our notices, in every version")
    holder.go("/privacy/received/")
    holder.is_on("Privacy notices we sent you")

    first.go("/notices/purposes/")
    first.is_on("Purposes")
    first.go("/notices/deliveries/")
    first.is_on("Who was sent which privacy notice")
