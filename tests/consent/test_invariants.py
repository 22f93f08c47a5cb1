"""Rules that hold whatever the application does: each is tried in raw SQL or past the services."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction

from consent.models import Consent, ConsentVersion, Notice, NoticeText, Receipt, ServedNotice
from consent.models.notices import text_digest
from consent.models.served import sha256_of
from consent.selectors import consent_form
from consent.services import withdraw_consent
from ledger.actor import Actor
from protection.clock import provider_today
from protection.rowsecurity import no_rows, recipient_rows, subject_rows
from tests.consent.factories import FIELDS, granted, staff_with
from tests.factories import CustomerFactory, RecipientFactory

pytestmark = pytest.mark.django_db


def run(sql: str, *parameters: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def served(consent: Consent, channel: str, text: NoticeText) -> ServedNotice | None:
    """Write what was put before the customer; nothing for a channel that does not exist."""
    if channel not in ConsentVersion.Method.values:
        return None
    return ServedNotice.objects.create(
        customer=consent.customer,
        notice_text=text,
        language="en",
        form_version="1-en",
        channel=channel,
        served_to="Alex Sample",
        text="What was shown.",
        sha256=sha256_of("What was shown."),
    )


def append(consent: Consent, **columns: Any) -> ConsentVersion:
    """Append a version past the services: a proper grant with some columns changed."""
    method = columns.get("method", "portal")
    text = columns.get("notice_text", consent_form("en"))
    row = {
        "kind": "grant",
        "served_notice": served(consent, method, text) if columns.get("kind", "grant") == "grant" and text else None,
        "signature": {"typed_name": "Alex Sample"} if method == "portal" else None,
        "field_ids": list(FIELDS),
        "data_from": provider_today() - timedelta(days=365),
        "permission_from": provider_today(),
        "notice_text": consent_form("en"),
        "method": "portal",
        "signed_on": provider_today(),
        "signer_name": "Alex Sample",
        "customer_id": consent.customer_id,
        "recipient_id": consent.recipient_id,
        "purpose_id": consent.purpose_id,
        "actor_kind": "customer",
        "datamap_version": 1,
        "entry_id": ConsentVersion.objects.count() + 1_000_000,
        "salt": b"s",
        "evidence": b"{}",
        **columns,
    }
    with transaction.atomic():
        version = ConsentVersion.objects.create(consent=consent, **row)
        Receipt.objects.create(
            version=version, customer_id=version.customer_id, recipient_id=version.recipient_id, document={}
        )
        return version


ENDING: dict[str, Any] = {
    "field_ids": [],
    "data_from": None,
    "permission_from": None,
    "notice_text": None,
}


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE consent_consentversion SET field_ids = '{customer.name}'",
        "DELETE FROM consent_consentversion",
        "TRUNCATE consent_consentversion",
        "UPDATE consent_consent SET is_granted = true",
        "UPDATE consent_consent SET current_version_id = NULL",
        "DELETE FROM consent_consent",
        "UPDATE consent_receipt SET document = '{}'",
        "DELETE FROM consent_receipt",
        "UPDATE consent_servednotice SET text = 'Anything'",
        "DELETE FROM consent_servednotice",
        "DELETE FROM consent_offer",
        "DELETE FROM consent_reminder",
        "SELECT id FROM consent_consent FOR UPDATE",
    ],
)
@pytest.mark.parametrize("role", ["web", pytest.param("worker", marks=pytest.mark.database_role("worker"))])
def test_neither_version_nor_head_can_be_changed_or_removed(sql: str, role: str) -> None:
    granted()
    with pytest.raises(ProgrammingError, match=r"permission denied|append-only"):
        run(sql)


def test_a_version_moves_its_head() -> None:
    consent = granted()
    assert (consent.is_granted, consent.version_count) == (True, 1)
    assert consent.current_version_id == consent.scope_version_id == consent.versions.get().pk
    scope = consent.scope_version_id
    withdrawal = append(consent, kind="withdraw", method="portal", **ENDING)
    consent.refresh_from_db()
    assert (consent.is_granted, consent.version_count, withdrawal.number) == (False, 2, 2)
    assert (consent.current_version_id, consent.scope_version_id) == (withdrawal.pk, scope)


def test_a_head_cannot_be_made_as_if_granted() -> None:
    parties = granted()
    with pytest.raises(IntegrityError, match="begins without a version"), transaction.atomic():
        Consent.objects.create(
            customer=CustomerFactory.create(),
            recipient=parties.recipient,
            purpose=parties.purpose,
            is_granted=True,
        )


def test_there_is_one_head_for_the_same_parties_purpose_and_project() -> None:
    first = granted()
    with pytest.raises(IntegrityError, match="consent_once"), transaction.atomic():
        Consent.objects.create(customer=first.customer, recipient=first.recipient, purpose=first.purpose)


def test_a_version_names_the_parties_of_its_head() -> None:
    consent = granted()
    stranger = RecipientFactory.create()
    run("SET CONSTRAINTS consentversion_same_parties IMMEDIATE")
    with pytest.raises(IntegrityError, match="consentversion_same_parties"):
        append(consent, recipient_id=stranger.pk)


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"data_to": provider_today}, None),
        ({"data_to": lambda: provider_today() - timedelta(days=365)}, "data_ordered"),
        ({"permission_to": provider_today}, "permission_ordered"),
        ({"permission_from": lambda: provider_today() - timedelta(days=1)}, "nothing before the day it is recorded"),
        ({"signed_on": lambda: provider_today() + timedelta(days=1)}, "on a day to come"),
        ({"field_ids": []}, "scope_by_kind"),
        ({"field_ids": ["customer.tax_id"]}, "its purpose does not need"),
        ({"notice_text": None}, "not approved"),
        ({"kind": "promise"}, "kind_known"),
        ({"method": "rumour"}, "the notice that was served"),
        ({"method": "telephone", "signed_on": None, "recorded_by_id": 1}, "signed_and_recorded"),
        ({"method": "telephone", "recorded_by_id": None}, "signed_and_recorded"),
        ({"method": "in_person", "signer_name": ""}, "signed_and_recorded"),
        ({"served_notice": None}, "the notice that was served"),
        ({"signature": None}, "needs its signature"),
        ({"kind": "withdraw"}, "scope_by_kind"),
        ({"kind": "expire", "method": "", **ENDING}, "still runs"),
        ({"kind": "narrow", "field_ids": [*FIELDS, "customer.email"]}, "reaches beyond"),
        ({"kind": "narrow", "data_from": lambda: provider_today() - timedelta(days=9999)}, "reaches beyond"),
    ],
)
def test_the_database_judges_every_version(columns: dict[str, Any], rule: str | None) -> None:
    consent = granted(data_from=provider_today() - timedelta(days=365))
    columns = {name: value() if callable(value) else value for name, value in columns.items()}
    if rule is None:
        assert append(consent, **columns).number == 2
    else:
        with pytest.raises(DatabaseError, match=rule):
            append(consent, **columns)


def test_an_act_without_its_receipt_is_refused() -> None:
    consent = granted()
    version = append(consent)
    run("SET CONSTRAINTS receipted IMMEDIATE")
    with pytest.raises(IntegrityError, match="needs its receipt"):
        run(
            "INSERT INTO consent_consentversion (uuid, consent_id, customer_id, recipient_id, purpose_id, kind,"
            " usage_point_ids, field_ids, datamap_version, method, signer_name, reason, actor_kind, entry_id, salt,"
            " evidence) SELECT gen_random_uuid(), consent_id, customer_id, recipient_id, purpose_id, 'withdraw',"
            " '{}', '{}', 1, 'portal', '', '', 'customer', 434343, 's', '{}'"
            " FROM consent_consentversion WHERE id = %s",
            version.pk,
        )


def test_a_notice_served_to_another_customer_serves_nobody_else() -> None:
    consent, other = granted(), granted()
    with pytest.raises(IntegrityError, match="the notice that was served"):
        append(consent, served_notice=served(other, "portal", consent_form("en")))


def test_the_hash_of_what_was_served_is_that_of_its_text() -> None:
    notice = served(granted(), "portal", consent_form("en"))
    assert notice is not None
    with pytest.raises(IntegrityError, match="hash_is_of_the_text"):
        run(
            "INSERT INTO consent_servednotice (uuid, customer_id, notice_text_id, language, form_version, channel,"
            " served_to, text, sha256) SELECT gen_random_uuid(), customer_id, notice_text_id, 'en', '1', 'portal', 'A',"
            " 'other', sha256 FROM consent_servednotice WHERE id = %s",
            notice.pk,
        )


def test_paper_without_its_scan_is_refused() -> None:
    consent = granted()
    recorder = consent.versions.get().recorded_by_id
    with pytest.raises(IntegrityError, match="paper_has_evidence"):
        append(consent, method="paper", recorded_by_id=recorder)


def test_a_version_cannot_claim_an_earlier_moment() -> None:
    consent = granted()
    version = append(consent, created_at="2001-01-01T00:00Z")
    version.refresh_from_db()
    assert version.created_at.year > 2001


@pytest.mark.parametrize("kind", ["narrow", "withdraw"])
def test_a_consent_that_has_ended_cannot_be_changed(kind: str) -> None:
    consent = granted()
    withdraw_consent(consent=consent, by=Actor.of(staff_with(consent.customer)))
    with pytest.raises(IntegrityError, match="no consent to change"):
        append(consent, kind=kind, **(ENDING if kind == "withdraw" else {}))


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE consent_notice SET effective_from = '2001-01-01'",
        "DELETE FROM consent_notice",
        "UPDATE consent_noticetext SET body = 'Anything goes.'",
        "DELETE FROM consent_noticetext",
        "INSERT INTO consent_noticetext SELECT 99, 'fr', 't', 'b', repeat('0', 64), id FROM consent_notice",
    ],
)
def test_an_approved_notice_is_frozen(sql: str) -> None:
    with pytest.raises(ProgrammingError, match="frozen"):
        run(sql)


def test_the_hash_of_a_notice_is_that_of_its_text() -> None:
    notice = Notice.objects.create(kind="consent_form", number=2, effective_from="2026-01-01")
    NoticeText.objects.create(notice=notice, language="en", title="T", body="B", sha256=text_digest("T", "B"))
    with pytest.raises(IntegrityError, match="hash_is_of_the_text"), transaction.atomic():
        NoticeText.objects.create(notice=notice, language="es", title="T", body="B", sha256="0" * 64)


def test_a_notice_is_approved_in_both_languages_or_not_at_all() -> None:
    notice = Notice.objects.create(kind="consent_form", number=2, effective_from="2026-01-01")
    NoticeText.objects.create(notice=notice, language="en", title="T", body="B", sha256=text_digest("T", "B"))
    with pytest.raises(IntegrityError, match="both languages"):
        run("UPDATE consent_notice SET approved_at = now(), approved_by = 'x' WHERE id = %s", notice.pk)


def test_a_form_that_is_no_longer_or_not_yet_approved_grants_nothing() -> None:
    consent = granted()
    draft = Notice.objects.create(kind="consent_form", number=2, effective_from="2026-01-01")
    text = NoticeText.objects.create(notice=draft, language="en", title="T", body="B", sha256=text_digest("T", "B"))
    with pytest.raises(IntegrityError, match="not approved"):
        append(consent, notice_text=text)


def counts() -> tuple[int, int]:
    """Count the heads and versions in sight, with the application's own filters off."""
    return Consent.objects.count(), ConsentVersion.objects.count()


def test_nobody_sees_what_another_agreed_to() -> None:
    consent, stranger = granted(), CustomerFactory.create()
    assert counts() == (1, 1)
    with subject_rows(user_id=1, customers=[consent.customer_id]):
        assert counts() == (1, 1)
    with recipient_rows(consent.recipient_id):
        assert counts() == (1, 1)
    for scope in (
        subject_rows(user_id=1, customers=[stranger.pk]),
        recipient_rows(RecipientFactory.create().pk),
        no_rows(),
    ):
        with scope:
            assert counts() == (0, 0)


def test_a_recipient_cannot_write_itself_a_consent() -> None:
    consent = granted()
    with pytest.raises(ProgrammingError, match="row-level security"), recipient_rows(consent.recipient_id):
        append(consent)


def test_a_customer_cannot_agree_for_another() -> None:
    consent, stranger = granted(), CustomerFactory.create()
    with pytest.raises(ProgrammingError, match="row-level security"), subject_rows(user_id=1, customers=[stranger.pk]):
        append(consent)
