from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.errors import AgreementOverlapError, EndingError, NotAllowedError, OverError, ReasonMissingError
from accounts.models import (
    AgreementClause,
    AgreementEnding,
    ConfidentialityAgreement,
    Recipient,
    RecipientAgreement,
    ReturnCertificate,
    User,
)
from accounts.reasons import is_reason
from accounts.services.acts import record_act
from accounts.services.recipients import record_of
from accounts.services.rights import administrator_id, require_administrator
from ledger.actor import Actor
from protection.clock import provider_today
from protection.models import SealedFile


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a clause stands in an agreement, and where."""

    is_met: bool
    place: str = ""


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
    require_administrator(by)
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
    require_administrator(by)
    period = {"title": title.strip(), "signed_on": signed_on, "valid_from": valid_from, "valid_to": valid_to}
    if RecipientAgreement.objects.filter(recipient=recipient, **period).exists():
        raise AgreementOverlapError
    agreement = RecipientAgreement.objects.create(recipient=recipient, document=document, **period)
    facts = {"agreement": agreement.uuid, **period, "document": document.sha256 if document else None}
    record_of(recipient, "agreement.added", by, facts)
    return agreement


@transaction.atomic
def check_clauses(*, agreement: RecipientAgreement, findings: Mapping[str, Finding], by: Actor) -> None:
    """Record which clauses somebody found in an agreement, and where; what was found before stays on record.

    `findings` are by the codes of `Clause`. Raises NotAllowedError for all but administrators with a sign-in.
    """
    user_id = administrator_id(by)
    rows = [
        AgreementClause(
            agreement=agreement, code=code, is_met=found.is_met, place=found.place.strip(), checked_by_id=user_id
        )
        for code, found in findings.items()
    ]
    AgreementClause.objects.bulk_create(rows)
    facts = {row.code: row.place if row.is_met else None for row in rows}
    record_of(agreement.recipient, "agreement.clauses_checked", by, {"agreement": agreement.uuid, "clauses": facts})


@transaction.atomic
def end_recipient_agreement(
    *, agreement: RecipientAgreement, valid_to: date, reason: str, by: Actor
) -> RecipientAgreement:
    """End an agreement sooner than it said: `valid_to` is the first day on which it no longer holds.

    Raises NotAllowedError for all but administrators, ReasonMissingError, and EndingError for a day that is past, does
    not come after its first day or is no sooner than the end it has.
    """
    require_administrator(by)
    if not is_reason(reason):
        raise ReasonMissingError(_("State why, in at least ten characters."))
    agreement = RecipientAgreement.objects.select_for_update(of=("self",)).get(pk=agreement.pk)
    former = agreement.valid_to
    if valid_to < provider_today() or valid_to <= agreement.valid_from or (former is not None and valid_to >= former):
        raise EndingError
    AgreementEnding.objects.create(
        agreement=agreement, former_valid_to=former, valid_to=valid_to, reason=reason.strip(), ended_by_id=by.user_id
    )
    agreement.valid_to = valid_to
    agreement.save(update_fields=["valid_to"])
    facts = {"agreement": agreement.uuid, "former_valid_to": former, "valid_to": valid_to, "reason": reason.strip()}
    record_of(agreement.recipient, "agreement.ended", by, facts)
    return agreement


@transaction.atomic
def receive_certificate(
    *,
    agreement: RecipientAgreement,
    what: str,
    done_on: date,
    signer_name: str,
    document: SealedFile,
    by: Actor,
) -> ReturnCertificate:
    """File a recipient's certificate that it returned or destroyed what it had under an agreement that is over.

    Raises NotAllowedError for all but administrators with a sign-in, OverError while the agreement runs and when there
    is a certificate already.
    """
    user_id = administrator_id(by)
    if agreement.valid_to is None or agreement.valid_to > provider_today():
        raise OverError(_("The agreement is still in force. End it first."))
    if ReturnCertificate.objects.filter(agreement=agreement).exists():
        raise OverError(_("The certificate for this agreement is here already."))
    certificate = ReturnCertificate.objects.create(
        agreement=agreement,
        what=what,
        done_on=done_on,
        signer_name=signer_name.strip(),
        document=document,
        received_by_id=user_id,
    )
    facts = {
        "agreement": agreement.uuid,
        "what": what,
        "done_on": done_on,
        "signer": certificate.signer_name,
        "document": document.sha256,
    }
    record_of(agreement.recipient, "agreement.certificate_received", by, facts)
    return certificate
