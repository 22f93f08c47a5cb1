from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.errors import NotAllowedError
from accounts.models import Customer, Recipient
from consent.errors import (
    EvidenceMissingError,
    FieldsNotCoveredError,
    MethodError,
    NoticeNotInForceError,
    PeriodError,
    RecipientStoppedError,
    RequestReusedError,
    SignatureMissingError,
)
from consent.evidence import CleanEvidence
from consent.models import Consent, ConsentVersion, Notice, NoticeText, Purpose
from consent.permissions import can_grant_consent
from consent.selectors import fields_covered
from consent.services.scope import require_own_usage_points
from consent.services.versions import append_version, take_turns
from ledger.actor import Actor
from protection.clock import provider_today
from protection.files import seal_bytes

Method = ConsentVersion.Method
FIRST_DAY_OF_SIGNING = date(1990, 1, 1)
"""No form that counts today was signed before: what lies earlier is a slip in the year."""


@dataclass(frozen=True, slots=True)
class _Terms:
    """What the customer agreed to, and how."""

    field_ids: list[str]
    usage_point_ids: list[int]
    data_from: date
    data_to: date | None
    permission_from: date
    permission_to: date | None
    method: str
    signed_on: date | None
    signer_name: str


@transaction.atomic
def grant_consent(
    *,
    customer: Customer,
    recipient: Recipient,
    purpose: Purpose,
    field_ids: Collection[str],
    data_from: date,
    data_to: date | None = None,
    permission_from: date | None = None,
    permission_to: date | None = None,
    usage_point_ids: Collection[int] = (),
    project: str = "",
    method: str,
    signed_on: date | None = None,
    signer_name: str = "",
    evidence: CleanEvidence | None = None,
    notice_text: NoticeText,
    request_id: UUID | None = None,
    by: Actor,
) -> Consent:
    """Record that the customer agrees: `recipient` may get these fields for this purpose. Return the consent.

    Periods are half-open; None as an end means open. The permission begins today, or on `permission_from`, never
    earlier: a paper signed in the past permits nothing before the day it is recorded. No `usage_point_ids` mean all of
    the customer's. A consent that is already there for the same recipient, purpose and project is replaced from now on.
    The same `request_id` again returns what the first call recorded.

    Raises NotAllowedError or a ConsentError: RecipientStoppedError, FieldsNotCoveredError, UsagePointsUnknownError,
    PeriodError, MethodError, SignatureMissingError, EvidenceMissingError, NoticeNotInForceError, RequestReusedError.
    """
    if not can_grant_consent(by, customer):
        raise NotAllowedError
    today = provider_today()
    terms = _Terms(
        field_ids=sorted(set(field_ids)),
        usage_point_ids=sorted(set(usage_point_ids)),
        data_from=data_from,
        data_to=data_to,
        permission_from=permission_from or today,
        permission_to=permission_to,
        method=method,
        signed_on=today if method == Method.PORTAL else signed_on,
        signer_name=(by.name if method == Method.PORTAL else signer_name).strip(),
    )
    if request_id is not None:
        take_turns(request_id)
        if earlier := ConsentVersion.objects.filter(request_id=request_id).select_related("consent").first():
            return _same_request(earlier, customer, recipient, purpose, terms)
    _require_receiving(recipient)
    _require_covered(purpose, terms)
    require_own_usage_points(customer, terms.usage_point_ids)
    _require_periods(terms, today)
    _require_signature(terms, evidence, today, by)
    _require_notice(notice_text, today)
    consent, _created = Consent.objects.get_or_create(
        customer=customer, recipient=recipient, purpose=purpose, project=project.strip()
    )
    take_turns(consent.pk)
    return append_version(
        consent=consent,
        kind=ConsentVersion.Kind.GRANT,
        by=by,
        notice_text=notice_text,
        request_id=request_id,
        evidence_file=seal_bytes(
            evidence.content, name=evidence.name, content_type=evidence.content_type, retention_class="evidence"
        )
        if evidence
        else None,
        original_sha256=evidence.original_sha256 if evidence else "",
        **{name: getattr(terms, name) for name in _Terms.__slots__},
    )


def _same_request(
    earlier: ConsentVersion, customer: Customer, recipient: Recipient, purpose: Purpose, terms: _Terms
) -> Consent:
    parties = (earlier.customer_id, earlier.recipient_id, earlier.purpose_id)
    agreed = all(getattr(earlier, name) == getattr(terms, name) for name in _Terms.__slots__)
    if parties != (customer.pk, recipient.pk, purpose.pk) or not agreed:
        raise RequestReusedError
    return Consent.objects.with_scope().get(pk=earlier.consent_id)


def _require_receiving(recipient: Recipient) -> None:
    if not Recipient.objects.receiving().filter(pk=recipient.pk).exists():
        raise RecipientStoppedError


def _require_covered(purpose: Purpose, terms: _Terms) -> None:
    unknown = set(terms.field_ids) - {field.id for field in fields_covered(purpose)}
    if unknown or not terms.field_ids:
        raise FieldsNotCoveredError(unknown)


def _require_periods(terms: _Terms, today: date) -> None:
    if terms.data_to is not None and terms.data_to <= terms.data_from:
        raise PeriodError("data_to", _("The last day of the data must not come before the first."))
    if terms.permission_from < today:
        raise PeriodError(
            "permission_from",
            _("Choose today or a later day: a consent permits nothing before the day on which it is recorded."),
        )
    if terms.permission_to is not None and terms.permission_to <= terms.permission_from:
        raise PeriodError("permission_to", _("The last day of the permission must not come before the first."))


def _require_signature(terms: _Terms, evidence: CleanEvidence | None, today: date, by: Actor) -> None:
    if terms.method not in Method.values:
        raise MethodError(_("Choose how the customer agreed."))
    if (terms.method == Method.PORTAL) != (by.kind == "customer"):
        raise MethodError(
            _("Only the customer can agree in this portal. Choose how the customer agreed: on paper, by telephone…")
        )
    if terms.method == Method.PORTAL:
        return
    _require_day_of_signing(terms.signed_on, today)
    if not terms.signer_name:
        raise SignatureMissingError("signer_name")
    if terms.method == Method.PAPER and evidence is None:
        raise EvidenceMissingError


def _require_notice(text: NoticeText, today: date) -> None:
    effective = Notice.objects.effective(today).filter(kind=Notice.Kind.CONSENT_FORM)
    if not effective.filter(pk=text.notice_id).exists():
        raise NoticeNotInForceError


def _require_day_of_signing(day: date | None, today: date) -> None:
    if day is None:
        raise SignatureMissingError("signed_on")
    if day > today:
        raise PeriodError("signed_on", _("The day of signing is still to come. Enter the day on the form."))
    if day < FIRST_DAY_OF_SIGNING:
        raise PeriodError("signed_on", _("The day of signing lies too far back. Check the year."))
