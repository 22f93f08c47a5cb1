from typing import Any

from django.db import transaction

from accounts.models import Account, Customer, FieldSource
from accounts.reasons import is_reason
from accounts.selectors import active_user
from accounts.services import clean_value, set_field
from disclosures.services import tell_recipients
from ledger.actor import Actor
from protection import datamap
from protection.clock import provider_today, transaction_time
from protection.datamap import CorrectionRule
from protection.models import SealedFile
from retention.services import precede_purges
from rights.deadlines import correction_due
from rights.errors import (
    AlreadyDecidedError,
    CorrectionNotNeededError,
    CorrectionNotOfferedError,
    CorrectionPendingError,
    NotAllowedError,
    OwnCaseError,
    ReasonMissingError,
)
from rights.holds import hold_data_of, let_go_data_of
from rights.models import CaseEvent, Correction
from rights.permissions import can_decide_for, can_withdraw_case, may_file
from rights.services.events import add_event

Status = Correction.Status
What = CaseEvent.What


@transaction.atomic
def correct_field(
    *,
    customer: Customer,
    row: Customer | Account,
    field_id: str,
    value: Any,
    by: Actor,
    reason: str = "",
    evidence_file: SealedFile | None = None,
) -> Correction:
    """Put one field of a customer right: at once where its rule allows it, else as a correction that staff decide.

    While it waits, the data it concerns is held past its time. The same demand twice is one correction. Raises
    NotAllowedError, CorrectionNotOfferedError for a field that is never corrected, CorrectionNotNeededError for the
    value already held, CorrectionPendingError while another correction of the field waits, accounts' FieldValueError
    for a value that the field does not take.
    """
    declaration = datamap.field_by_id(field_id)
    if not may_file(by, customer) or not _belongs(row, customer, declaration):
        raise NotAllowedError
    rule = declaration.personal.correction
    if rule == CorrectionRule.NEVER:
        raise CorrectionNotOfferedError
    is_applied = rule == CorrectionRule.AT_ONCE
    if not is_applied:
        precede_purges()
    row = type(row).objects.select_for_update().get(pk=row.pk)
    old, new = _text(getattr(row, declaration.attribute)), _text(clean_value(row, declaration.attribute, value))
    if (same := _same_demand(row, field_id, new)) is not None:
        return same
    if old == new:
        raise CorrectionNotNeededError
    correction = Correction.objects.create(
        customer=customer,
        row_uuid=row.uuid,
        field_id=field_id,
        old_value=old,
        new_value=new,
        reason=reason.strip(),
        evidence_file=evidence_file,
        status=Status.APPLIED if is_applied else Status.PENDING,
        requested_by_id=by.user_id,
        due_on=correction_due(provider_today()),
    )
    add_event(correction, What.APPLIED if is_applied else What.FILED, by)
    if is_applied:
        _tell(correction, row, by)
        set_field(row=row, field=declaration.attribute, value=value, source=_source(by), by=by)
    else:
        hold_data_of(correction, by)
    return correction


@transaction.atomic
def decide_correction(*, correction: Correction, accept: bool, by: Actor, reason: str = "") -> Correction:
    """Accept a waiting correction and write the value, or refuse it with a reason that the customer reads.

    Raises NotAllowedError unless staff opened the customer, OwnCaseError for who asked for it, AlreadyDecidedError,
    ReasonMissingError for a refusal without words.
    """
    precede_purges()
    correction = _locked(correction)
    user = active_user(by)
    if user is None or not can_decide_for(user, correction.customer):
        raise NotAllowedError
    if user.pk == correction.requested_by_id:
        raise OwnCaseError
    if not correction.is_pending:
        raise AlreadyDecidedError
    if not accept and not is_reason(reason):
        raise ReasonMissingError
    if accept:
        row = correction.row()
        _tell(correction, row, by)
        set_field(
            row=row,
            field=correction.declaration.attribute,
            value=correction.new_value,
            source=FieldSource.Source.CUSTOMER,
            by=by,
        )
    return _close(correction, Status.ACCEPTED if accept else Status.REFUSED, by, reason.strip())


@transaction.atomic
def withdraw_correction(*, correction: Correction, by: Actor) -> Correction:
    """Take back a correction that still waits. Raises NotAllowedError, AlreadyDecidedError."""
    precede_purges()
    correction = _locked(correction)
    user = active_user(by)
    if user is None or not can_withdraw_case(user, correction.customer):
        raise NotAllowedError
    if not correction.is_pending:
        raise AlreadyDecidedError
    return _close(correction, Status.WITHDRAWN, by, "")


def undo_correction(*, correction: Correction, by: Actor) -> Correction:
    """Put back the value that a correction made at once replaced, as a correction of its own.

    Raises AlreadyDecidedError when the field has been changed since, and what `correct_field` raises.
    """
    row = correction.row()
    held = _text(getattr(row, correction.declaration.attribute))
    if correction.status != Status.APPLIED or held != correction.new_value:
        raise AlreadyDecidedError
    return correct_field(
        customer=correction.customer, row=row, field_id=correction.field_id, value=correction.old_value, by=by
    )


def _tell(correction: Correction, row: Customer | Account, by: Actor) -> None:
    """Tell who got the wrong value from us, before it is changed."""
    tell_recipients(
        customer=correction.customer,
        row=row,
        field_id=correction.field_id,
        value=correction.new_value,
        correction_uuid=correction.uuid,
        by=by,
    )


def _belongs(row: Customer | Account, customer: Customer, declaration: datamap.FieldDeclaration) -> bool:
    owner_id = row.pk if isinstance(row, Customer) else row.customer_id
    return isinstance(row, declaration.model) and owner_id == customer.pk


def _same_demand(row: Customer | Account, field_id: str, new: str) -> Correction | None:
    """Return the correction that already asks for this value, so that a form sent twice counts once."""
    corrections = Correction.objects.filter(row_uuid=row.uuid, field_id=field_id)
    pending = corrections.pending().first()
    if pending is not None:
        if pending.new_value != new:
            raise CorrectionPendingError
        return pending
    latest = corrections.order_by("-pk").first()
    held = _text(getattr(row, datamap.field_by_id(field_id).attribute))
    if latest is not None and latest.status == Status.APPLIED and latest.new_value == new == held:
        return latest
    return None


def _locked(correction: Correction) -> Correction:
    return Correction.objects.select_for_update(of=("self",)).select_related("customer").get(pk=correction.pk)


def _close(correction: Correction, status: str, by: Actor, reason: str) -> Correction:
    correction.status, correction.decision_reason = status, reason
    correction.decided_at, correction.decided_by_id = transaction_time(), by.user_id
    correction.save(update_fields=["status", "decision_reason", "decided_at", "decided_by"])
    add_event(correction, What(status), by, note=reason)
    let_go_data_of(correction, by)
    return correction


def _source(by: Actor) -> str:
    return FieldSource.Source.CUSTOMER if by.kind == "customer" else FieldSource.Source.STAFF


def _text(value: object) -> str:
    return "" if value is None else str(value)
