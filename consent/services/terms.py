"""What a customer agreed to, and the rules that a grant must meet whoever records it, alone or with many others."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from consent.errors import (
    EvidenceMissingError,
    FieldsNotCoveredError,
    MethodError,
    PeriodError,
    SignatureMissingError,
    VerificationMissingError,
)
from consent.matching import Record, SignatureCheck, compared, is_matched
from consent.models import ConsentVersion, Purpose
from consent.selectors import fields_covered
from ledger.actor import Actor

Method = ConsentVersion.Method
FIRST_DAY_OF_SIGNING = date(1990, 1, 1)
"""No form that counts today was signed before: what lies earlier is a slip in the year."""


@dataclass(frozen=True, slots=True)
class Terms:
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


def require_covered(purpose: Purpose, terms: Terms) -> None:
    """Raise FieldsNotCoveredError where the purpose does not need some of the data."""
    unknown = set(terms.field_ids) - {field.id for field in fields_covered(purpose)}
    if unknown or not terms.field_ids:
        raise FieldsNotCoveredError(unknown)


def require_periods(terms: Terms, today: date) -> None:
    """Raise PeriodError where a period runs backwards, or the permission begins before today."""
    if terms.data_to is not None and terms.data_to <= terms.data_from:
        raise PeriodError("data_to", _("The last day of the data must not come before the first."))
    if terms.permission_from < today:
        raise PeriodError(
            "permission_from",
            _("Choose today or a later day: a consent permits nothing before the day on which it is recorded."),
        )
    if terms.permission_to is not None and terms.permission_to <= terms.permission_from:
        raise PeriodError("permission_to", _("The last day of the permission must not come before the first."))


def require_signature(terms: Terms, today: date, by: Actor, *, has_evidence: bool) -> None:
    """Hold the method to who records it, and what was signed outside the portal to day, name and scan.

    Raises MethodError, PeriodError, SignatureMissingError, EvidenceMissingError.
    """
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
    if terms.method == Method.PAPER and not has_evidence:
        raise EvidenceMissingError


def _require_day_of_signing(day: date | None, today: date) -> None:
    if day is None:
        raise SignatureMissingError("signed_on")
    if day > today:
        raise PeriodError("signed_on", _("The day of signing is still to come. Enter the day on the form."))
    if day < FIRST_DAY_OF_SIGNING:
        raise PeriodError("signed_on", _("The day of signing lies too far back. Check the year."))


def verification_of(terms: Terms, record: Record, check: SignatureCheck | None, today: date) -> dict[str, Any]:
    """Hold a signed paper against the record; return the result as it is kept.

    Raises VerificationMissingError where they differ and a clerk, who gave `check`, verified it with nobody.
    """
    verification = compared(record, terms.signer_name, check)
    if check is not None and not is_matched(verification):
        if not check.verified_with.strip():
            raise VerificationMissingError("verified_with")
        if check.verified_on is None or check.verified_on > today:
            raise VerificationMissingError("verified_on")
    return verification
