"""Writing notices: draft, edit, hand to a second person, approve, send back, withdraw; and what approval sets free."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from accounts.errors import NotAllowedError
from accounts.reasons import is_reason
from accounts.services import record_act
from consent.announcing import lists_now, waiting_changes
from consent.errors import (
    DraftExistsError,
    EffectiveDateError,
    NoticeChangedError,
    NoticeFrozenError,
    NoticeReasonMissingError,
    NoticeSecondPersonError,
    NoticeTextMissingError,
)
from consent.models import Notice, NoticeSubmission, NoticeText
from consent.models.notices import text_digest
from consent.notice_document import document_digest, document_of
from consent.permissions import can_manage_notices
from consent.selectors import open_submission
from consent.services.changes_in_force import put_announced_changes_in_force
from ledger.actor import Actor
from protection.clock import provider_today, transaction_time
from retention.errors import RetentionError, SecondPersonError
from retention.services.proposals import decide, propose

LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)


@dataclass(frozen=True, slots=True)
class Words:
    """What a notice says in one language."""

    title: str
    body: str


@transaction.atomic
def draft_notice(*, kind: str, by: Actor) -> Notice:
    """Begin the next version of a kind of notice, with the words of the one before.

    Raises NotAllowedError, DraftExistsError while another draft of the kind is open.
    """
    _require_right(by)
    if Notice.objects.drafts().filter(kind=kind).exists():
        raise DraftExistsError
    former = Notice.objects.approved().filter(kind=kind).order_by("-number").first()
    number = Notice.objects.filter(kind=kind).aggregate(latest=Max("number"))["latest"] or 0
    notice = Notice.objects.create(
        kind=kind, number=number + 1, effective_from=provider_today(), created_by_name=by.name
    )
    if former is not None:
        for text in former.texts.all():
            notice.texts.create(language=text.language, title=text.title, body=text.body, sha256=text.sha256)
    _record("notice.drafted", notice, by)
    return notice


@transaction.atomic
def edit_notice(
    *, notice: Notice, words: Mapping[str, Words], effective_from: date, asks_anew: bool = False, by: Actor
) -> Notice:
    """Keep what a draft says, in as many languages as are written; a privacy notice never asks for consents anew.

    Raises NotAllowedError, NoticeFrozenError.
    """
    _require_right(by)
    notice = _lock_draft(notice)
    for language, said in words.items():
        title, body = said.title.strip(), said.body.replace("\r\n", "\n").strip()
        texts = {"title": title, "body": body, "sha256": text_digest(title, body)}
        notice.texts.update_or_create(language=language, defaults=texts)
    notice.effective_from = effective_from
    notice.asks_anew = asks_anew and notice.kind == Notice.Kind.CONSENT_FORM
    notice.save(update_fields=["effective_from", "asks_anew"])
    return notice


@transaction.atomic
def submit_notice(*, notice: Notice, reason: str, by: Actor) -> NoticeSubmission:
    """Hand a draft to a second person: what it says and lists now is what they approve, word by word.

    Raises NotAllowedError, NoticeFrozenError, NoticeReasonMissingError, NoticeTextMissingError, EffectiveDateError.
    """
    _require_right(by)
    notice = _lock_draft(notice)
    if not is_reason(reason):
        raise NoticeReasonMissingError
    texts = _whole_texts(notice)
    _require_effective(notice)
    lists = lists_now() if notice.kind == Notice.Kind.PRIVACY else None
    document = document_of(notice, texts, lists)
    submission = NoticeSubmission(notice=notice, document=document, sha256=document_digest(document), reason=reason)
    evidence = {**_described(notice), "sha256": submission.sha256}
    return propose(submission, by, kind="notice.submitted", evidence=evidence, is_computed=True)


@transaction.atomic
def approve_notice(*, submission: NoticeSubmission, by: Actor) -> Notice:
    """Freeze a notice as the second person, exactly as it was submitted.

    What it announces counts from its day on; today, at once. Raises NotAllowedError, NoticeSecondPersonError,
    NoticeFrozenError when somebody decided before, NoticeChangedError when the system has changed since it was
    submitted, EffectiveDateError.
    """
    _require_right(by)
    notice = Notice.objects.select_for_update().get(pk=submission.notice_id)
    _require_effective(notice)
    _require_same_lists(notice, submission)
    evidence = {**_described(notice), "sha256": submission.sha256}
    try:
        submission = decide(submission, by, is_approved=True, kind="notice.approved", evidence=evidence)
    except SecondPersonError as error:
        raise NoticeSecondPersonError from error
    except RetentionError as error:
        raise NoticeFrozenError from error
    notice.approved_at, notice.approved_by = transaction_time(), by.name
    notice.document, notice.sha256 = submission.document, submission.sha256
    notice.save(update_fields=["approved_at", "approved_by", "document", "sha256"])
    notice.refresh_from_db()
    put_announced_changes_in_force(by=by)
    return notice


@transaction.atomic
def send_back_notice(*, submission: NoticeSubmission, note: str, by: Actor) -> NoticeSubmission:
    """Open a submitted draft for editing again, saying why; whoever submitted it may, too.

    Raises NotAllowedError, NoticeFrozenError, NoticeReasonMissingError.
    """
    _require_right(by)
    if not is_reason(note):
        raise NoticeReasonMissingError
    notice = Notice.objects.select_for_update().get(pk=submission.notice_id)
    evidence = {**_described(notice), "note": note.strip()}
    try:
        submission = decide(submission, by, is_approved=False, kind="notice.sent_back", evidence=evidence)
    except RetentionError as error:
        raise NoticeFrozenError from error
    submission.decision_note = note.strip()
    submission.save(update_fields=["decision_note"])
    return submission


@transaction.atomic
def withdraw_notice(*, notice: Notice, by: Actor) -> Notice:
    """Give a draft up; it stays readable for administrators, and its number is not used again.

    Raises NotAllowedError, NoticeFrozenError while it waits for the second person, or once it is approved.
    """
    _require_right(by)
    notice = _lock_draft(notice)
    notice.withdrawn_at, notice.withdrawn_by_name = transaction_time(), by.name
    notice.save(update_fields=["withdrawn_at", "withdrawn_by_name"])
    _record("notice.withdrawn", notice, by)
    return notice


def _require_right(by: Actor) -> None:
    if not can_manage_notices(by):
        raise NotAllowedError


def _lock_draft(notice: Notice) -> Notice:
    locked = Notice.objects.select_for_update().get(pk=notice.pk)
    if not locked.is_draft or open_submission(locked) is not None:
        raise NoticeFrozenError
    return locked


def _whole_texts(notice: Notice) -> list[NoticeText]:
    texts = {text.language: text for text in notice.texts.all()}
    missing = [code for code in LANGUAGES if code not in texts or not (texts[code].title and texts[code].body)]
    if missing:
        raise NoticeTextMissingError(missing)
    return [texts[code] for code in LANGUAGES]


def _require_effective(notice: Notice) -> None:
    if notice.effective_from < provider_today():
        raise EffectiveDateError(provider_today())
    approved = Notice.objects.approved().filter(kind=notice.kind)
    latest = approved.aggregate(latest=Max("effective_from"))["latest"]
    if latest is not None and notice.effective_from < latest:
        raise EffectiveDateError(latest)


def _require_same_lists(notice: Notice, submission: NoticeSubmission) -> None:
    """Refuse a document whose lists are no longer what the system does, or would do with the changes in it."""
    if notice.kind != Notice.Kind.PRIVACY:
        return
    said = json.loads(submission.document)["lists"]
    contained = [change for change in waiting_changes() if str(change.uuid) in said["changes"]]
    if lists_now(contained) != said:
        raise NoticeChangedError


def _described(notice: Notice) -> dict[str, Any]:
    return {
        "notice": notice.uuid,
        "notice_kind": notice.kind,
        "number": notice.number,
        "effective_from": notice.effective_from,
    }


def _record(kind: str, notice: Notice, by: Actor) -> None:
    record_act(kind=kind, by=by, facts=_described(notice), row_uuid=notice.uuid)
