"""The pages on which notices and purposes are written, and the public archive."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from consent.models import Notice, Purpose, PurposeChange
from consent.notice_differences import Paragraph, differences
from consent.selectors import notice_in_force
from consent.services import Words, draft_notice
from protection.clock import provider_today
from tests.consent.factories import administrator, noticed
from tests.factories import RecipientFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


def desk() -> Client:
    return signed_in(UserFactory.create(administrator=True, bound=True))


def text_of(response: Any) -> str:
    assert response.status_code == 200, response
    return unescape(response.content.decode())


def form(**changes: str) -> dict[str, str]:
    return {
        "effective_from": provider_today().isoformat(),
        "title_en": "Our new notice",
        "body_en": "First paragraph.\n\nSecond paragraph.",
        "title_es": "Nuestro nuevo aviso",
        "body_es": "Primer párrafo.",
        **changes,
    }


def test_two_administrators_publish_a_notice_and_everybody_reads_it() -> None:
    first, second, anybody = desk(), desk(), Client()
    RecipientFactory.create(legal_name="Named Example LLC")
    page = text_of(first.post("/notices/new/", {"kind": "privacy"}, follow=True))
    assert "How we use and protect your information" in page
    notice = Notice.objects.get(kind="privacy", number=2)
    preview = text_of(first.post(f"/notices/{notice.uuid}/edit/", form(), follow=True))
    for shown in ("Our new notice", "Nuestro nuevo aviso", "Named Example LLC", "Usage readings", "Provide electric"):
        assert shown in preview
    decide = f"/notices/{notice.uuid}/decide/"
    page = text_of(first.post(decide, {"decision": "submit", "reason": "A new law applies"}, follow=True))
    assert "You submitted this" in page
    assert "Another administrator must approve" in text_of(first.post(decide, {"decision": "approve"}, follow=True))
    assert "Approved and frozen" in text_of(second.post(decide, {"decision": "approve"}, follow=True))
    public = text_of(anybody.get("/privacy/notice/", follow=True))
    for shown in ("Our new notice", "Second paragraph.", "Named Example LLC", "Version 2"):
        assert shown in public
    spanish = text_of(anybody.get("/privacy/notices/privacy/2/", headers={"accept-language": "es"}))
    assert "Nuestro nuevo aviso" in spanish
    assert "Prestar el servicio eléctrico" in spanish


def test_what_was_typed_is_not_lost_on_an_error() -> None:
    client = desk()
    notice = draft_notice(kind="privacy", by=administrator())
    page = text_of(
        client.post(f"/notices/{notice.uuid}/edit/", form(effective_from="soon", body_en="Long and careful."))
    )
    assert "Long and careful." in page
    assert "data-draft=" in page


def test_nobody_outside_sees_a_draft() -> None:
    draft_notice(kind="privacy", by=administrator())
    assert Client().get("/privacy/notices/privacy/2/").status_code == 404
    assert Client().get("/privacy/notices/nothing/1/").status_code == 404


def test_the_archive_lists_every_version_with_its_state() -> None:
    noticed()
    noticed(effective_from=provider_today() + timedelta(days=30))
    page = text_of(Client().get("/privacy/notices/"))
    for state in ("In force", "Replaced", "Approved, not in force yet"):
        assert state in page


def test_the_difference_says_what_was_added_and_removed() -> None:
    noticed(words={"en": Words("Notice", "We keep data for five years."), "es": Words("Aviso", "Cinco años.")})
    noticed(words={"en": Words("Notice", "We keep data for six years."), "es": Words("Aviso", "Seis años.")})
    page = text_of(Client().get("/privacy/notices/privacy/2/3/"))
    assert "added: </span> six" in page
    assert "removed: </span> five" in page
    assert "removed: </span> five" in text_of(Client().get("/privacy/notices/privacy/3/2/"))


def test_a_version_can_be_taken_away_as_pdf() -> None:
    response = Client().get("/privacy/notices/privacy/1/es.pdf")
    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF")
    assert Client().get("/privacy/notices/privacy/1/fr.pdf").status_code == 404


def joined(paragraphs: list[Paragraph], left_out: str) -> str:
    words = ("".join(p.text for p in paragraph.pieces if p.kind != left_out) for paragraph in paragraphs)
    return " ".join(" ".join(words).split())


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("", "New."),
        ("Old.", ""),
        ("One two three", "One 2 three"),
        ("A\n\nB\n\nC", "A\n\nC\n\nD"),
        ("– a\n– b", "– a\n– c\n– b"),
    ],
)
def test_a_difference_holds_both_texts_whole(older: str, newer: str) -> None:
    found = differences(older, newer)
    assert joined(found, "removed") == " ".join(newer.split())
    assert joined(found, "added") == " ".join(older.split())


def test_a_purpose_is_proposed_approved_and_waits_for_the_notice_on_its_page() -> None:
    first, second = desk(), desk()
    proposed = {
        "code": "heat_pump_advice",
        "is_secondary": "yes",
        "name_en": "Heat pump advice",
        "name_es": "Consejos sobre bombas de calor",
        "description_en": "Advise you on heat pumps.",
        "description_es": "Aconsejarle sobre bombas de calor.",
        "field_ids": ["usage.readings"],
        "reason": "A new program begins",
    }
    page = text_of(first.post("/notices/purposes/new/", proposed, follow=True))
    assert "Waits for another administrator." in page
    decide = f"/notices/changes/{PurposeChange.objects.get().uuid}/decide/"
    assert "Another administrator must approve" in text_of(first.post(decide, {"decision": "approve"}, follow=True))
    assert "Waits for a notice" in text_of(second.post(decide, {"decision": "approve"}, follow=True))
    assert "New purpose: Heat pump advice" in text_of(first.get("/notices/"))
    noticed()
    assert Purpose.objects.filter(code="heat_pump_advice").exists()
    assert "New purpose" not in text_of(first.get("/notices/"))


def test_a_change_of_a_purpose_begins_with_what_it_says_today() -> None:
    page = text_of(desk().get("/notices/purposes/research/change/"))
    assert 'value="Research"' in page
    assert page.count("checked") == len(Purpose.objects.get(code="research").field_ids)


def test_asking_everybody_anew_says_how_many_it_concerns() -> None:
    client = desk()
    client.post("/notices/new/", {"kind": "consent_form"})
    notice = Notice.objects.get(kind="consent_form", number=2)
    page = text_of(client.post(f"/notices/{notice.uuid}/edit/", form(asks_anew="on"), follow=True))
    assert "Everybody is asked anew" in page
    current = notice_in_force("consent_form")
    assert current is not None
    assert current.number == 1
