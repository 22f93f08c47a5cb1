from datetime import date
from typing import Any

from django.db import transaction

from accounts.errors import AgreementOverlapError, NotAllowedError
from accounts.models import ConfidentialityAgreement, Recipient, RecipientAgreement, Role, User
from accounts.services.acts import record_act
from ledger.actor import Actor
from protection.models import SealedFile


@transaction.atomic
def add_agreement(
    *,
    user: User,
    title: str,
    signed_on: date,
    valid_from: date,
    by: Actor,
    valid_to: date | None = None,
    document: SealedFile | None = None,
) -> ConfidentialityAgreement:
    """Record that one of the provider's people is bound by a confidentiality agreement for a period.

    Raises NotAllowedError for all but administrators and for people of other kinds, AgreementOverlapError when the
    same agreement is already there.
    """
    _require_administrator(by)
    if not user.is_provider:
        raise NotAllowedError
    period = {"title": title.strip(), "signed_on": signed_on, "valid_from": valid_from, "valid_to": valid_to}
    if ConfidentialityAgreement.objects.filter(user=user, **period).exists():
        raise AgreementOverlapError
    agreement = ConfidentialityAgreement.objects.create(user=user, document=document, **period)
    facts = {"person": user.uuid, **period, "document": document.sha256 if document else None}
    record_act(kind="agreement.added", by=by, facts=facts, row_uuid=user.uuid)
    return agreement


@transaction.atomic
def add_recipient_agreement(
    *,
    recipient: Recipient,
    title: str,
    signed_on: date,
    valid_from: date,
    by: Actor,
    valid_to: date | None = None,
    document: SealedFile | None = None,
) -> RecipientAgreement:
    """Record that a recipient is bound by an agreement for a period.

    Raises NotAllowedError for all but administrators, AgreementOverlapError when the same agreement is already there.
    """
    _require_administrator(by)
    period = {"title": title.strip(), "signed_on": signed_on, "valid_from": valid_from, "valid_to": valid_to}
    if RecipientAgreement.objects.filter(recipient=recipient, **period).exists():
        raise AgreementOverlapError
    agreement = RecipientAgreement.objects.create(recipient=recipient, document=document, **period)
    facts = {"recipient": recipient.uuid, **period, "document": document.sha256 if document else None}
    record_act(kind="agreement.added", by=by, facts=facts, row_uuid=recipient.uuid)
    return agreement


@transaction.atomic
def register_recipient(*, by: Actor, **details: Any) -> Recipient:
    """Add an organization that may receive data. `details` are the fields of Recipient. Administrators only."""
    _require_administrator(by)
    recipient = Recipient.objects.create(**details)
    facts = {"recipient": recipient.uuid, "legal_name": recipient.legal_name}
    record_act(kind="recipient.registered", by=by, facts=facts, row_uuid=recipient.uuid)
    return recipient


@transaction.atomic
def deactivate_user(*, user: User, reason: str, by: Actor) -> User:
    """Take away a person's right to sign in. Administrators only, and never of oneself."""
    _require_administrator(by)
    if user.pk == by.user_id:
        raise NotAllowedError
    return _set_active(user, False, reason, by)


@transaction.atomic
def reactivate_user(*, user: User, reason: str, by: Actor) -> User:
    """Give a person's right to sign in back. Administrators only."""
    _require_administrator(by)
    return _set_active(user, True, reason, by)


def _set_active(user: User, is_active: bool, reason: str, by: Actor) -> User:
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_active != is_active:
        user.is_active = is_active
        user.save(update_fields=["is_active"])
        kind = "user.reactivated" if is_active else "user.deactivated"
        record_act(kind=kind, by=by, facts={"person": user.uuid, "why": reason.strip()}, row_uuid=user.uuid)
    return user


def _require_administrator(by: Actor) -> None:
    is_person = by.user_id is not None and by.kind == Role.ADMINISTRATOR
    if not is_person and not by.is_unattended:
        raise NotAllowedError
