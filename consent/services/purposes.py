"""What data may be used for: shipped purposes, and changes that wait for a second person and for a privacy notice."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.errors import NotAllowedError
from accounts.models import Recipient
from accounts.services import record_act
from consent.errors import NoticeSecondPersonError, PurposeError
from consent.models import Purpose, PurposeChange
from consent.notice_lists import terms_of
from consent.permissions import can_manage_notices
from consent.purposes import add_missing
from ledger.actor import Actor
from protection import datamap
from protection.clock import transaction_time
from retention.errors import RetentionError, SecondPersonError
from retention.services.proposals import decide, propose


@dataclass(frozen=True, slots=True, kw_only=True)
class PurposeTerms:
    """What a purpose is to say. No `recipient_kinds` mean every kind that the notice names; no months, no fixed end."""

    name_en: str
    name_es: str
    description_en: str
    description_es: str
    field_ids: Collection[str]
    recipient_kinds: Collection[str] = ()
    typical_months: int | None = None


@transaction.atomic
def load_purposes() -> int:
    """Add the purposes that the portal ships with and the database lacks; return how many. What is there stays."""
    return add_missing(Purpose)


@transaction.atomic
def propose_purpose(*, code: str, is_secondary: bool, terms: PurposeTerms, reason: str, by: Actor) -> PurposeChange:
    """Propose a new purpose; it needs a second person, and then a privacy notice.

    Raises NotAllowedError, PurposeError.
    """
    if Purpose.objects.filter(code=code).exists():
        raise PurposeError(_("A purpose with this short name is there already. Choose another short name."), "code")
    change = PurposeChange(code=code, is_secondary=is_secondary, is_widening=True)
    return _propose(change, terms, reason, by)


@transaction.atomic
def change_purpose(*, purpose: Purpose, terms: PurposeTerms, reason: str, by: Actor) -> PurposeChange:
    """Propose that a purpose says something else; what widens it needs a second person, all of it a privacy notice.

    Raises NotAllowedError, PurposeError when nothing would change.
    """
    change = PurposeChange(purpose=purpose, code=purpose.code, is_secondary=purpose.is_secondary)
    _write(change, terms)
    if terms_of(change) == terms_of(purpose):
        raise PurposeError(_("Nothing would change. Write what is to be different."))
    change.is_widening = _widens(change, purpose)
    change = _propose(change, terms, reason, by)
    return change if change.is_widening else _decide(change, by, is_approved=True)


@transaction.atomic
def approve_purpose(*, change: PurposeChange, by: Actor) -> PurposeChange:
    """Approve a change as the second person. Raises NotAllowedError, NoticeSecondPersonError, PurposeError."""
    return _decide(change, by, is_approved=True)


@transaction.atomic
def refuse_purpose(*, change: PurposeChange, by: Actor) -> PurposeChange:
    """Drop a proposed change; its author may, too. Raises NotAllowedError, PurposeError when it is decided."""
    return _decide(change, by, is_approved=False)


@transaction.atomic
def withdraw_purpose(*, change: PurposeChange, by: Actor) -> PurposeChange:
    """Give up an approved change that no notice has announced.

    Raises NotAllowedError, PurposeError when it counts already, or when a notice that contains it is submitted or
    approved: people may have read it.
    """
    if not can_manage_notices(by):
        raise NotAllowedError
    locked = PurposeChange.objects.select_for_update(of=("self",)).get(pk=change.pk)
    if not PurposeChange.objects.waiting().filter(pk=locked.pk).exists():
        raise PurposeError(_("This change no longer waits; there is nothing to withdraw."))
    locked.withdrawn_at, locked.withdrawn_by_name = transaction_time(), by.name
    try:
        with transaction.atomic():
            locked.save(update_fields=["withdrawn_at", "withdrawn_by_name"])
    except IntegrityError as error:
        raise PurposeError(
            _("A notice that contains this change is submitted or approved. Have it sent back first.")
        ) from error
    facts = {"proposal": locked.uuid, "code": locked.code}
    record_act(kind="purpose.withdrawn", by=by, facts=facts, row_uuid=locked.uuid)
    return locked


def _propose(change: PurposeChange, terms: PurposeTerms, reason: str, by: Actor) -> PurposeChange:
    if not can_manage_notices(by):
        raise NotAllowedError
    _require_fields(terms)
    _require_kinds(terms)
    _write(change, terms)
    change.reason = reason
    evidence: dict[str, Any] = {"is_widening": change.is_widening, **terms_of(change)}
    try:
        return propose(change, by, kind="purpose.proposed", evidence=evidence)
    except RetentionError as error:
        raise PurposeError(str(error)) from error


def _decide(change: PurposeChange, by: Actor, *, is_approved: bool) -> PurposeChange:
    if not can_manage_notices(by):
        raise NotAllowedError
    kind = "purpose.approved" if is_approved else "purpose.refused"
    alone = not change.is_widening
    try:
        return decide(
            change, by, is_approved=is_approved, kind=kind, evidence={"code": change.code}, one_may_approve=alone
        )
    except SecondPersonError as error:
        raise NoticeSecondPersonError from error
    except RetentionError as error:
        raise PurposeError(str(error)) from error


def _write(change: PurposeChange, terms: PurposeTerms) -> None:
    for name, value in asdict(terms).items():
        setattr(change, name, value.strip() if isinstance(value, str) else value)
    change.field_ids = sorted(set(terms.field_ids))
    change.recipient_kinds = sorted(set(terms.recipient_kinds))


def _widens(change: PurposeChange, purpose: Purpose) -> bool:
    """Say whether a change lets more happen: more data, for longer, or to more kinds of organizations.

    So do other words: they say what the data may be used for.
    """
    words = ("name_en", "name_es", "description_en", "description_es")
    return (
        any(getattr(change, name) != getattr(purpose, name) for name in words)
        or not set(change.field_ids) <= set(purpose.field_ids)
        or _is_wider(change.recipient_kinds, purpose.recipient_kinds)
        or _is_longer(change.typical_months, purpose.typical_months)
    )


def _is_wider(kinds: Collection[str], former: Collection[str]) -> bool:
    return bool(former) and not (kinds and set(kinds) <= set(former))


def _is_longer(months: int | None, former: int | None) -> bool:
    return former is not None and (months is None or months > former)


def _require_fields(terms: PurposeTerms) -> None:
    known = {field.id for field in datamap.fields(releasable=True)}
    unknown = sorted(set(terms.field_ids) - known)
    if unknown:
        raise PurposeError(
            _("This data cannot serve a purpose: %(names)s.") % {"names": ", ".join(unknown)}, "field_ids"
        )
    if not terms.field_ids:
        raise PurposeError(_("Choose the data that the purpose needs."), "field_ids")


def _require_kinds(terms: PurposeTerms) -> None:
    if set(terms.recipient_kinds) - set(Recipient.Kind.values):
        raise PurposeError(_("Choose kinds of organizations from the list."), "recipient_kinds")
