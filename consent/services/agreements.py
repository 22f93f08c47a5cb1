from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.errors import NotAllowedError
from accounts.models import Customer
from consent.errors import (
    AgentScopeError,
    AgreementOutdatedError,
    FieldsNotCoveredError,
    NameDiffersError,
    OfferClosedError,
    PeriodError,
    SignatureMissingError,
)
from consent.models import Consent, ConsentVersion, NoticeText, Offer, OfferDecline, ServedNotice
from consent.models.served import sha256_of
from consent.permissions import authority_to_grant, can_grant_consent
from consent.services.granting import Signature, grant_consent
from consent.services.requests import tell_of_decline
from consent.services.scope import require_own_usage_points
from consent.statement import FORM_VERSION, Agreement, statement
from consent.wording import meter_names
from energy.selectors import months_before
from ledger.actor import Actor
from protection.clock import provider_today, transaction_time

SIGNABLE_FOR = timedelta(hours=24)
"""How long an agreement that was shown may be signed; after that it is shown anew, as things are then."""


@transaction.atomic
def serve_agreement(
    *,
    offer: Offer,
    customer: Customer,
    field_ids: Collection[str],
    usage_point_ids: Collection[int] = (),
    data_from: date,
    data_to: date | None = None,
    permission_to: date | None = None,
    notice_text: NoticeText,
    by: Actor,
) -> ServedNotice:
    """Put before a customer exactly what they would sign, and keep it: their choice of what an offer asks for.

    Nothing is agreed to by this. Raises NotAllowedError, OfferClosedError, FieldsNotCoveredError, PeriodError for data
    from before the days that are asked for, UsagePointsUnknownError.
    """
    authority = authority_to_grant(by, customer)
    if by.kind != "customer" or authority is None:
        raise NotAllowedError
    _require_open(offer, customer)
    if authority.account_ids is not None and not usage_point_ids:
        raise AgentScopeError
    if not field_ids or not set(field_ids) <= set(offer.field_ids):
        raise FieldsNotCoveredError(set(field_ids) - set(offer.field_ids))
    _require_asked_for(offer, data_from)
    require_own_usage_points(customer, usage_point_ids)
    agreement = Agreement(
        customer=customer,
        recipient=offer.recipient,
        purpose=offer.purpose,
        project=offer.project,
        field_ids=sorted(set(field_ids)),
        meters=meter_names(sorted(set(usage_point_ids))),
        data_from=data_from,
        data_to=data_to,
        permission_from=provider_today(),
        permission_to=permission_to,
    )
    text = statement(agreement, notice_text)
    return ServedNotice.objects.create(
        customer=customer,
        notice_text=notice_text,
        offer=offer,
        language=notice_text.language,
        form_version=FORM_VERSION,
        channel=ConsentVersion.Method.PORTAL,
        served_to=by.name,
        user_id=by.user_id,
        terms=_terms(agreement, usage_point_ids),
        text=text,
        sha256=sha256_of(text),
    )


@transaction.atomic
def sign_agreement(*, served: ServedNotice, signature: Signature, by: Actor) -> Consent:
    """Sign what was put before this customer's user: grant the consent that it says. Signed again, nothing changes.

    Raises NotAllowedError, OfferClosedError, AgreementOutdatedError when it was shown on another day or long ago,
    SignatureMissingError, NameDiffersError, and what `grant_consent` raises.
    """
    offer = served.offer
    if served.user_id is None or served.user_id != by.user_id or served.terms is None or offer is None:
        raise NotAllowedError
    if not signature.typed_name.strip():
        raise SignatureMissingError("typed_name")
    if _plainly(signature.typed_name) != _plainly(by.name):
        raise NameDiffersError(by.name)
    if not ConsentVersion.objects.filter(request_id=served.uuid).exists():
        _require_open(offer, served.customer)
        _require_fresh(served)
    return grant_consent(
        customer=served.customer,
        recipient=offer.recipient,
        purpose=offer.purpose,
        project=offer.project,
        method=ConsentVersion.Method.PORTAL,
        notice_text=served.notice_text,
        served=served,
        signature=replace(signature, typed_name=signature.typed_name.strip()),
        request_id=served.uuid,
        by=by,
        **_from_json(served.terms),
    )


@transaction.atomic
def decline_offer(*, offer: Offer, customer: Customer, by: Actor) -> OfferDecline:
    """Record that a customer said no; said again, nothing changes. They may still agree later.

    Raises NotAllowedError, OfferClosedError.
    """
    if by.kind != "customer" or by.user_id is None or not can_grant_consent(by, customer):
        raise NotAllowedError
    _require_open(offer, customer)
    decline = OfferDecline(offer=offer, customer=customer, user_id=by.user_id)
    OfferDecline.objects.bulk_create([decline], ignore_conflicts=True)
    tell_of_decline(offer, by)
    return OfferDecline.objects.get(offer=offer, customer=customer)


def _require_open(offer: Offer, customer: Customer) -> None:
    if not Offer.objects.open().for_customer(customer).filter(pk=offer.pk).exists():
        raise OfferClosedError


def _require_asked_for(offer: Offer, data_from: date) -> None:
    first = months_before(provider_today(), offer.months_back)
    if data_from < first:
        asked = _("Only data from %(day)s on is asked for. Choose this day or a later one.")
        raise PeriodError("data_from", asked % {"day": date_format(first)})


def _require_fresh(served: ServedNotice) -> None:
    """Refuse what was shown too long ago, or on another day: it says from when on data may be given."""
    is_today = served.terms is not None and served.terms["permission_from"] == provider_today().isoformat()
    if not is_today or transaction_time() - served.created_at > SIGNABLE_FOR:
        raise AgreementOutdatedError


def _plainly(name: str) -> str:
    """Return a name as it is compared: case and spacing aside."""
    return " ".join(name.split()).casefold()


def _terms(agreement: Agreement, usage_point_ids: Collection[int]) -> dict[str, Any]:
    days = ("data_from", "data_to", "permission_from", "permission_to")
    return {
        "field_ids": list(agreement.field_ids),
        "usage_point_ids": sorted(set(usage_point_ids)),
        **{name: day.isoformat() if (day := getattr(agreement, name)) else None for name in days},
    }


def _from_json(terms: dict[str, Any]) -> dict[str, Any]:
    days = ("data_from", "data_to", "permission_from", "permission_to")
    return {**terms, **{name: date.fromisoformat(terms[name]) if terms[name] else None for name in days}}
