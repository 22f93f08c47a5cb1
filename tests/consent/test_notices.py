"""Notices: written by one, approved by another, frozen with what they list, and what waits for them."""

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction

from accounts.errors import NotAllowedError
from accounts.models import Recipient
from consent.announcing import disagreements, lists_now, unannounced_recipients, waiting
from consent.checks import the_privacy_notice_says_what_the_system_does
from consent.errors import (
    DraftExistsError,
    EffectiveDateError,
    NotAnnouncedError,
    NoticeChangedError,
    NoticeFrozenError,
    NoticeSecondPersonError,
    NoticeTextMissingError,
    PurposeError,
)
from consent.models import Notice, NoticeSubmission, Purpose, PurposeChange
from consent.models.notices import text_digest
from consent.notice_document import document_digest
from consent.selectors import is_announced, notice_in_force
from consent.services import (
    PurposeTerms,
    Words,
    approve_notice,
    approve_purpose,
    change_purpose,
    draft_notice,
    edit_notice,
    propose_purpose,
    put_announced_changes_in_force,
    refuse_purpose,
    send_back_notice,
    submit_notice,
    withdraw_notice,
    withdraw_purpose,
)
from ledger.actor import Actor
from ledger.models import Entry
from protection import datamap
from protection.clock import provider_today, transaction_time
from retention.errors import RuleError
from retention.models import RetentionRule
from retention.services import change_rule, withdraw_rule
from tests.consent.factories import administrator, granted, noticed, offered
from tests.factories import RecipientFactory, UserFactory

pytestmark = pytest.mark.django_db

WORDS = {"en": Words("Our notice", "What we do."), "es": Words("Nuestro aviso", "Lo que hacemos.")}
WHY = "A new version is due"


def run(sql: str, *parameters: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def drafted(kind: str = "privacy", by: Actor | None = None) -> Notice:
    """Return a draft with words in both languages that would take effect today."""
    by = by or administrator()
    notice = draft_notice(kind=kind, by=by)
    return edit_notice(notice=notice, words=WORDS, effective_from=provider_today(), by=by)


def submitted(kind: str = "privacy", by: Actor | None = None) -> NoticeSubmission:
    by = by or administrator()
    return submit_notice(notice=drafted(kind, by), reason=WHY, by=by)


def terms(purpose: Purpose, **changes: Any) -> PurposeTerms:
    """Return what a purpose says, with changes."""
    names = PurposeTerms.__slots__
    return PurposeTerms(**{**{name: getattr(purpose, name) for name in names}, **changes})


def purpose(code: str = "tenant_benchmarking") -> Purpose:
    return Purpose.objects.get(code=code)


def test_the_first_notice_says_what_the_system_does_and_names_every_kind_of_organization() -> None:
    notice = notice_in_force("privacy")
    assert notice is not None
    lists = notice.frozen["lists"]
    assert disagreements() == []
    assert {entry["terms"]["code"] for entry in lists["purposes"]} == set(
        Purpose.objects.values_list("code", flat=True)
    )
    assert set(notice.recipient_kinds) == set(Recipient.Kind.values)
    assert notice.sha256 == document_digest(notice.document)
    assert is_announced(purpose=purpose(), recipient=RecipientFactory.create())


def test_a_draft_lists_every_purpose_field_recipient_and_period_in_both_languages() -> None:
    recipient = RecipientFactory.create()
    lists = lists_now()
    fields = {field["en"] for entry in lists["data"] for field in entry["fields"]}
    assert all(field.label[:1].upper() + field.label[1:] in fields for field in datamap.fields())
    assert [entry["name"] for entry in lists["recipients"]] == [recipient.legal_name]
    assert {entry["class"] for entry in lists["periods"]} == set(
        RetentionRule.objects.current().values_list("retention_class", flat=True)
    )
    readings = next(entry for entry in lists["periods"] if entry["class"] == "readings")
    assert readings["period"].keys() == {"en", "es"}
    assert readings["period"]["en"] == "5 years"


def test_a_notice_is_in_force_once_a_second_administrator_approved_it() -> None:
    first, second = administrator(), administrator()
    submission = submitted(by=first)
    with pytest.raises(NoticeSecondPersonError):
        approve_notice(submission=submission, by=first)
    notice = approve_notice(submission=submission, by=second)
    assert notice_in_force("privacy") == notice
    assert notice.number == 2
    assert notice.sha256 == sha256(notice.document.encode()).hexdigest()
    assert notice.frozen["texts"]["es"]["title"] == "Nuestro aviso"
    assert "Nuestro" not in notice.frozen["rendered"]["es"]
    kinds = Entry.objects.order_by("-pk").values_list("kind", flat=True)
    assert {"notice.drafted", "notice.submitted", "notice.approved"} <= set(kinds)


@pytest.mark.parametrize("traits", [{"staff": True}, {"auditor": True}, {}])
def test_only_administrators_write_notices(traits: dict[str, bool]) -> None:
    with pytest.raises(NotAllowedError):
        draft_notice(kind="privacy", by=Actor.of(UserFactory.create(bound=True, **traits)))


def test_there_is_one_draft_of_a_kind_at_a_time() -> None:
    drafted()
    with pytest.raises(DraftExistsError):
        drafted()
    with pytest.raises(IntegrityError, match="notice_one_draft"):
        run(
            "INSERT INTO consent_notice (uuid, kind, number, effective_from, approved_by, created_by_name)"
            " VALUES (gen_random_uuid(), 'privacy', 9, now(), '', '')"
        )


def test_a_half_written_draft_is_kept_but_not_submitted() -> None:
    by = administrator()
    notice = draft_notice(kind="consent_form", by=by)
    words = {"en": Words("Half", "Written"), "es": Words("", "")}
    edit_notice(notice=notice, words=words, effective_from=provider_today(), by=by)
    assert notice.texts.get(language="en").title == "Half"
    with pytest.raises(NoticeTextMissingError):
        submit_notice(notice=notice, reason=WHY, by=by)


def test_a_submitted_draft_cannot_be_changed_until_it_is_sent_back() -> None:
    first, second = administrator(), administrator()
    submission = submitted(by=first)
    notice = submission.notice
    with pytest.raises(NoticeFrozenError):
        edit_notice(notice=notice, words=WORDS, effective_from=provider_today(), by=first)
    with pytest.raises(NoticeFrozenError):
        withdraw_notice(notice=notice, by=first)
    with pytest.raises(ProgrammingError, match="waits for approval"):
        run("UPDATE consent_noticetext SET title = 'x' WHERE notice_id = %s", notice.pk)
    sent_back = send_back_notice(submission=submission, note="The second paragraph is unclear", by=second)
    assert sent_back.decision_note == "The second paragraph is unclear"
    edit_notice(notice=notice, words=WORDS, effective_from=provider_today(), by=first)
    again = submit_notice(notice=notice, reason=WHY, by=first)
    assert approve_notice(submission=again, by=second).is_approved
    with pytest.raises(NoticeFrozenError):
        send_back_notice(submission=again, note="Too late to send it back", by=second)


def test_a_withdrawn_draft_stays_withdrawn_and_makes_room_for_the_next() -> None:
    by = administrator()
    notice = withdraw_notice(notice=drafted(by=by), by=by)
    with pytest.raises(NoticeFrozenError):
        edit_notice(notice=notice, words=WORDS, effective_from=provider_today(), by=by)
    with pytest.raises(ProgrammingError, match="stays withdrawn"):
        run("UPDATE consent_notice SET withdrawn_at = NULL, withdrawn_by_name = '' WHERE id = %s", notice.pk)
    assert drafted(by=by).number == notice.number + 1


@pytest.mark.parametrize("days", [-1, -365])
def test_no_notice_takes_effect_in_the_past(days: int) -> None:
    by = administrator()
    notice = drafted(by=by)
    edit_notice(notice=notice, words=WORDS, effective_from=provider_today() + timedelta(days=days), by=by)
    with pytest.raises(EffectiveDateError):
        submit_notice(notice=notice, reason=WHY, by=by)


def test_no_notice_takes_effect_before_the_one_that_is_still_to_come() -> None:
    noticed(effective_from=provider_today() + timedelta(days=30))
    by = administrator()
    notice = drafted(by=by)
    edit_notice(notice=notice, words=WORDS, effective_from=provider_today() + timedelta(days=29), by=by)
    with pytest.raises(EffectiveDateError):
        submit_notice(notice=notice, reason=WHY, by=by)
    edit_notice(notice=notice, words=WORDS, effective_from=provider_today() + timedelta(days=30), by=by)
    assert submit_notice(notice=notice, reason=WHY, by=by).sha256


APPROVE = "UPDATE consent_notice SET approved_at = now(), approved_by = 'x', document = %s, sha256 = %s WHERE id = %s"


def test_the_database_approves_nothing_without_a_second_person() -> None:
    submission = submitted()
    with pytest.raises(IntegrityError, match="second person"):
        run(APPROVE, submission.document, submission.sha256, submission.notice_id)
    with pytest.raises(IntegrityError, match="approved_by_another"):
        run(
            "UPDATE consent_noticesubmission SET is_approved = true, decided_at = now(), decided_by_name = 'x',"
            " decided_by_id = proposed_by_id, decision_entry_id = 1 WHERE id = %s",
            submission.pk,
        )


def test_the_database_approves_nothing_but_what_was_submitted() -> None:
    submission = submitted()
    decided = (
        "UPDATE consent_noticesubmission SET is_approved = true, decided_at = now(), decided_by_name = 'x',"
        " decided_by_id = %s, decision_entry_id = 1 WHERE id = %s"
    )
    run(decided, administrator().user_id, submission.pk)
    other = submission.document.replace("Our notice", "Their notice")
    with pytest.raises(IntegrityError, match="as it was submitted"):
        run(APPROVE, other, document_digest(other), submission.notice_id)
    with pytest.raises(IntegrityError, match="not what was submitted"):
        run(
            "UPDATE consent_notice SET effective_from = effective_from + 1, approved_at = now(), approved_by = 'x',"
            " document = %s, sha256 = %s WHERE id = %s",
            submission.document,
            submission.sha256,
            submission.notice_id,
        )
    run(
        "UPDATE consent_noticetext SET title = 'Theirs', sha256 = %s WHERE notice_id = %s AND language = 'en'",
        text_digest("Theirs", "What we do."),
        submission.notice_id,
    )
    with pytest.raises(IntegrityError, match="not what was submitted"):
        run(APPROVE, submission.document, submission.sha256, submission.notice_id)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE consent_notice SET document = '{}' WHERE number = 2",
        "UPDATE consent_notice SET recipient_kinds = '{court}' WHERE number = 2",
        "UPDATE consent_notice SET approved_at = NULL, approved_by = '' WHERE number = 2",
        "UPDATE consent_notice SET withdrawn_at = now(), withdrawn_by_name = 'x' WHERE number = 2",
        "UPDATE consent_noticetext SET title = 'x'",
        "UPDATE consent_noticesubmission SET document = 'x'",
        "UPDATE consent_noticesubmission SET is_approved = false",
        "DELETE FROM consent_noticesubmission",
        "DELETE FROM consent_notice",
    ],
)
def test_an_approved_notice_is_frozen_with_its_document_and_approval(sql: str) -> None:
    noticed()
    with pytest.raises(DatabaseError):
        run(sql)


def test_a_draft_announces_nothing_whatever_is_written_into_it() -> None:
    notice = drafted()
    run("UPDATE consent_notice SET recipient_kinds = '{court}', document = 'x', sha256 = 'x' WHERE id = %s", notice.pk)
    notice.refresh_from_db()
    assert (notice.recipient_kinds, notice.document, notice.sha256) == ([], "", "")


def test_a_submission_says_the_hash_of_its_document() -> None:
    submission = submitted()
    with pytest.raises(IntegrityError, match="hash_is_of_the_document"):
        run(
            "INSERT INTO consent_noticesubmission SELECT * FROM jsonb_populate_record(NULL::consent_noticesubmission,"
            ' (SELECT to_jsonb(s) || \'{"id": 99, "document": "x", "entry_id": 99}\' || jsonb_build_object(\'uuid\','
            " gen_random_uuid(), 'decided_at', now(), 'decided_by_name', 'x', 'is_approved', false,"
            " 'decision_entry_id', 99) FROM consent_noticesubmission s WHERE id = %s))",
            submission.pk,
        )


def test_a_recipient_that_came_after_the_notice_gets_nothing_until_a_notice_names_it() -> None:
    known = RecipientFactory.create()
    noticed()
    late = RecipientFactory.create()
    solar = RecipientFactory.create(kind=Recipient.Kind.AUTHORISED_THIRD_PARTY)
    assert [is_announced(recipient=each) for each in (known, late, solar)] == [True, False, True]
    assert unannounced_recipients() == [late]
    with pytest.raises(NotAnnouncedError) as refused:
        granted(recipient=late)
    assert refused.value.field == "recipient"
    with pytest.raises(NotAnnouncedError):
        offered(recipient=late)
    assert [entry.change for entry in waiting()] == [late]
    noticed()
    assert waiting() == []
    assert granted(recipient=late).is_granted


def test_the_database_takes_no_consent_for_whom_the_notice_does_not_name() -> None:
    recipient = RecipientFactory.create()
    consent = granted(recipient=recipient)
    Recipient.objects.filter(pk=recipient.pk).update(kind="authorised_third_party")
    noticed()
    Recipient.objects.filter(pk=recipient.pk).update(kind="contractor")
    assert not is_announced(recipient=Recipient.objects.get(pk=recipient.pk))
    with pytest.raises(IntegrityError, match="does not name this recipient"):
        run(
            "INSERT INTO consent_consentversion SELECT * FROM jsonb_populate_record(NULL::consent_consentversion,"
            " (SELECT to_jsonb(v) || jsonb_build_object('id', 9999, 'uuid', gen_random_uuid(), 'entry_id', 9999)"
            " FROM consent_consentversion v WHERE consent_id = %s))",
            consent.pk,
        )


def test_a_wider_purpose_waits_for_a_second_person_and_then_for_the_notice() -> None:
    first, second = administrator(), administrator()
    wider = [*purpose().field_ids, "customer.name"]
    change = change_purpose(purpose=purpose(), terms=terms(purpose(), field_ids=wider), reason=WHY, by=first)
    assert change.is_widening
    with pytest.raises(NoticeSecondPersonError):
        approve_purpose(change=change, by=first)
    approve_purpose(change=change, by=second)
    assert put_announced_changes_in_force(by=Actor.system("test")) == 0
    assert "customer.name" not in purpose().field_ids
    assert [entry.change for entry in waiting()] == [change]
    notice = noticed()
    change.refresh_from_db()
    assert "customer.name" in purpose().field_ids
    assert change.notice == notice
    assert put_announced_changes_in_force(by=Actor.system("test")) == 0
    assert disagreements() == []


def test_a_notice_of_next_month_changes_nothing_today() -> None:
    narrower = terms(purpose(), field_ids=["usage.readings"])
    change = change_purpose(purpose=purpose(), terms=narrower, reason=WHY, by=administrator())
    assert change.is_approved
    noticed(effective_from=provider_today() + timedelta(days=30))
    assert len(purpose().field_ids) > 1
    (entry,) = waiting()
    assert entry.notice is not None
    assert entry.notice.number == 2
    with pytest.raises(PurposeError, match="submitted or approved"):
        withdraw_purpose(change=change, by=administrator())


def test_a_new_purpose_can_be_agreed_to_only_once_the_notice_says_it() -> None:
    first = administrator()
    said = terms(purpose(), name_en="Heat pump advice", name_es="Consejos", recipient_kinds=["contractor"])
    change = propose_purpose(code="heat_pump_advice", is_secondary=True, terms=said, reason=WHY, by=first)
    assert not Purpose.objects.filter(code="heat_pump_advice").exists()
    approve_purpose(change=change, by=administrator())
    recipient, agency = RecipientFactory.create(), RecipientFactory.create(kind="government_agency")
    noticed()
    heat = purpose("heat_pump_advice")
    assert is_announced(purpose=heat, recipient=recipient)
    assert not is_announced(purpose=heat, recipient=agency)
    assert granted(recipient=recipient, purpose=heat, field_ids=["account.number"]).is_granted
    with pytest.raises(NotAnnouncedError):
        granted(recipient=agency, purpose=heat, field_ids=["account.number"])


def test_a_purpose_put_into_the_table_by_hand_permits_nothing() -> None:
    row = {name: getattr(purpose(), name) for name in (*PurposeTerms.__slots__, "data_classes")}
    by_hand = Purpose.objects.create(code="sell_it", is_secondary=True, **row)
    with pytest.raises(NotAnnouncedError) as refused:
        granted(purpose=by_hand, field_ids=["account.number"])
    assert refused.value.field == "purpose"


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE consent_purpose SET field_ids = array_append(field_ids, 'customer.name') WHERE code = 'research'",
        "UPDATE consent_purpose SET name_en = 'Anything' WHERE code = 'research'",
        "UPDATE consent_purpose SET is_secondary = false WHERE code = 'research'",
        "UPDATE consent_purpose SET code = 'anything' WHERE code = 'research'",
    ],
)
def test_the_database_keeps_a_purpose_as_the_notice_says_it(sql: str) -> None:
    with pytest.raises(IntegrityError, match="purpose"):
        run(sql)


def test_a_refused_or_withdrawn_change_of_a_purpose_leaves_room_for_another() -> None:
    first, second = administrator(), administrator()
    wider = terms(purpose(), typical_months=12, field_ids=[*purpose().field_ids, "customer.name"])
    change = change_purpose(purpose=purpose(), terms=wider, reason=WHY, by=first)
    with pytest.raises(PurposeError, match="already waits"):
        change_purpose(purpose=purpose(), terms=wider, reason=WHY, by=first)
    refuse_purpose(change=change, by=second)
    again = change_purpose(purpose=purpose(), terms=wider, reason=WHY, by=first)
    approve_purpose(change=again, by=second)
    withdraw_purpose(change=again, by=first)
    assert not PurposeChange.objects.open().exists()
    noticed()
    assert "customer.name" not in purpose().field_ids


def test_another_period_counts_once_the_notice_says_it() -> None:
    by = administrator()
    change = change_rule(retention_class="bills", months=84, citation="New law", reason="The law changed", by=by)
    assert RetentionRule.objects.current().get(retention_class="bills").months == 60
    with pytest.raises(RuleError, match="waits for a privacy notice"):
        change_rule(retention_class="bills", months=96, citation="New law", reason="The law changed", by=by)
    with pytest.raises(IntegrityError, match="says another period"):
        run(
            "INSERT INTO retention_retentionrule (uuid, retention_class, cutoff, months, floor_months, citation,"
            " valid_from, created_by_name, proposal_id) VALUES (gen_random_uuid(), 'bills', 'bill_date', 84, 12, 'x',"
            " now(), 'x', %s)",
            change.pk,
        )
    noticed()
    rule = RetentionRule.objects.current().get(retention_class="bills")
    assert (rule.months, rule.proposal_id) == (84, change.pk)
    assert is_announced(rule=rule)
    assert disagreements() == []


def test_a_change_that_a_submitted_notice_contains_cannot_be_withdrawn() -> None:
    by = administrator()
    change = change_rule(retention_class="bills", months=84, citation="New law", reason="The law changed", by=by)
    submission = submitted(by=by)
    with pytest.raises(RuleError, match="sent back"):
        withdraw_rule(proposal=change, by=by)
    send_back_notice(submission=submission, note="The law did not pass", by=by)
    withdraw_rule(proposal=change, by=by)
    assert waiting() == []


def test_a_notice_is_not_approved_once_its_lists_are_no_longer_true() -> None:
    submission = submitted()
    RecipientFactory.create()
    with pytest.raises(NoticeChangedError):
        approve_notice(submission=submission, by=administrator())


def test_a_change_of_the_citation_alone_needs_no_notice() -> None:
    change_rule(retention_class="bills", months=60, citation="New law", reason="The law changed", by=administrator())
    assert RetentionRule.objects.current().get(retention_class="bills").citation == "New law"


def test_the_frozen_document_can_be_read_without_the_portal() -> None:
    document = json.loads(noticed().document)
    assert document["kind"] == "privacy"
    assert document["lists"]["purposes"][0]["name"].keys() == {"en", "es"}
    assert "How long we keep data" in document["rendered"]["en"]


def test_the_system_check_warns_of_what_the_notice_does_not_say() -> None:
    assert the_privacy_notice_says_what_the_system_does(None, databases=["default"]) == []
    rule = RetentionRule.objects.current().get(retention_class="bills")
    values = {
        "cutoff": "created",
        "months": 12,
        "citation": "x",
        "valid_from": transaction_time(),
        "created_by_name": "x",
    }
    RetentionRule.objects.create(retention_class="brought_by_an_upgrade", **values)
    (warning,) = the_privacy_notice_says_what_the_system_does(None, databases=["default"])
    assert "brought_by_an_upgrade" in warning.msg
    assert warning.id == "consent.W001"
    assert is_announced(rule=rule)
