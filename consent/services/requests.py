"""Requests from outside: an organization files them, the portal finds whom they mean, the customer decides."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from accounts.errors import NotAllowedError
from accounts.models import Customer, Recipient
from accounts.services import post_message
from accounts.topics import AGREEMENTS
from consent.errors import FieldsNotCoveredError, RequestAnsweredError, RequestLimitError
from consent.models import ConsentVersion, Offer, ProjectRequest, Purpose, RequestMatch
from consent.permissions import can_file_requests, can_grant_consent
from consent.request_matching import Finding, find_customer, standing_of
from consent.selectors import fields_covered
from consent.services.versions import take_turns
from ledger.actor import Actor
from ledger.services import PROVIDER_TAG, record
from protection.blindindex import blind_index
from protection.clock import provider_today, transaction_time
from protection.rowsecurity import provider_rows

STANDS_FOR = timedelta(days=60)
"""How long a customer may answer a request."""
A_DAY = 1000
"""The most requests that an organization files in 24 hours, however it files them."""


@dataclass(frozen=True, slots=True)
class ProjectDetails:
    """What an organization files for a project; the customer as it knows them."""

    purpose: Purpose
    program: str
    project: str
    description: str
    funds: Decimal
    contact_name: str
    contact_email: str
    field_ids: Collection[str]
    months_back: int
    account_number: str
    customer_name: str
    postal_code: str
    contact_phone: str = ""
    email: str = ""
    phone: str = ""


@transaction.atomic
def file_project_request(*, recipient: Recipient, details: ProjectDetails, by: Actor) -> ProjectRequest:
    """File a request of an organization. Whom it means is looked for later, so that the answer tells nothing.

    The same again while the first one stands returns the first. Raises NotAllowedError for who is not of the
    organization, or where it is stopped or without an agreement in force; FieldsNotCoveredError; RequestLimitError.
    """
    if by.user_id is None or not can_file_requests(by, recipient):
        raise NotAllowedError
    unknown = set(details.field_ids) - {field.id for field in fields_covered(details.purpose)}
    if unknown or not details.field_ids:
        raise FieldsNotCoveredError(unknown)
    take_turns(f"requests of {recipient.pk}")
    now = transaction_time()
    facts = _facts(details)
    fingerprint = blind_index("request.fingerprint", json.dumps(facts, sort_keys=True))
    own = ProjectRequest.objects.filter(recipient=recipient)
    earlier = own.filter(fingerprint=fingerprint, withdrawn_at__isnull=True, expires_at__gt=now).first()
    if earlier is not None:
        return earlier
    if room_today(recipient) < 1:
        raise RequestLimitError(A_DAY)
    request = ProjectRequest(
        recipient=recipient,
        filed_by_id=by.user_id,
        fingerprint=fingerprint,
        expires_at=now + STANDS_FOR,
        **{name: getattr(details, name) for name in ProjectDetails.__slots__ if name != "field_ids"},
    )
    request.field_ids = sorted(set(details.field_ids))
    evidence = {"by": by.evidence(), "request": request.uuid, "recipient": recipient.uuid, "at": now, **facts}
    witness = record(kind="request.filed", subject_tag=bytes(recipient.tag), evidence=evidence)
    for name, value in witness.columns().items():
        setattr(request, name, value)
    request.save(force_insert=True)
    return request


def room_today(recipient: Recipient) -> int:
    """Return how many more requests the organization may file, counted over the last 24 hours."""
    since = transaction_time() - timedelta(days=1)
    return A_DAY - ProjectRequest.objects.filter(recipient=recipient, created_at__gt=since).count()


@transaction.atomic
def withdraw_project_request(*, request: ProjectRequest, by: Actor) -> ProjectRequest:
    """Take a request back: the customer is asked no more. Said again, nothing changes.

    Raises NotAllowedError, RequestAnsweredError where the customer has answered.
    """
    if by.user_id is None or not can_file_requests(by, request.recipient):
        raise NotAllowedError
    take_turns(f"requests of {request.recipient_id}")
    with provider_rows():
        request.refresh_from_db()
        if request.withdrawn_at is not None:
            return request
        match = RequestMatch.objects.filter(request=request, offer__isnull=False).select_related("offer").first()
        if match is not None and match.offer is not None:
            agreed = ConsentVersion.objects.filter(served_notice__offer=match.offer, kind="grant")
            if _is_answered_by(match) and (match.offer.declines.exists() or agreed.exists()):
                raise RequestAnsweredError
            _close(match.offer, request, by.user_id)
        request.withdrawn_at, request.withdrawn_by_id = transaction_time(), by.user_id
        request.save(update_fields=["withdrawn_at", "withdrawn_by"])
    return request


def match_requests(*, by: Actor, limit: int = 500) -> int:
    """Look for whom each new request means, and put it before them; return how many were looked at.

    Run twice, or by two at once, each is looked at once.
    """
    with provider_rows():
        new = ProjectRequest.objects.filter(matches__isnull=True, withdrawn_at__isnull=True).order_by("pk")
        ids = list(new.values_list("pk", flat=True)[:limit])
    for pk in ids:
        with provider_rows():
            _match_one(pk, by)
    return len(ids)


def _match_one(pk: int, by: Actor) -> None:
    take_turns(f"request {pk}")
    request = ProjectRequest.objects.select_related("recipient", "purpose").get(pk=pk)
    if not request.matches.exists():
        _note(request, find_customer(request, provider_today()), by)


@transaction.atomic
def match_by_hand(*, request: ProjectRequest, customer: Customer, by: Actor) -> RequestMatch:
    """Put a request that matched nobody before the customer that a clerk found.

    Raises NotAllowedError for who has not opened the customer, RequestAnsweredError where it was put before somebody,
    and where the customer cannot be asked (closed, a minor without a guardian).
    """
    if by.kind == "customer" or by.user_id is None or not can_grant_consent(by, customer):
        raise NotAllowedError
    take_turns(f"request {request.pk}")
    is_put = request.matches.filter(outcome=RequestMatch.Outcome.MATCHED).exists()
    if is_put or request.withdrawn_at is not None or request.expires_at <= transaction_time():
        raise RequestAnsweredError
    if standing_of(customer, provider_today()) != RequestMatch.Outcome.MATCHED:
        raise RequestAnsweredError
    return _note(request, Finding(RequestMatch.Outcome.MATCHED, customer), by)


def tell_of_decline(offer: Offer, by: Actor) -> None:
    """Tell the organization that the customer said no to what it filed; for an offer that nobody filed, nothing."""
    with provider_rows():
        found = RequestMatch.objects.filter(offer=offer).select_related("request__recipient")
        for match in filter(_is_answered_by, found):
            post_message(
                topic=AGREEMENTS,
                to=match.request.recipient,
                template="request_declined",
                context={"request": match.request.uuid},
                dedup_key=f"request-declined:{match.request.uuid}",
                by=by,
            )


def _is_answered_by(match: RequestMatch) -> bool:
    """Say whether the customer's answer is told of this request: of the first that stands for an offer, no other.

    Who names the same customer in several ways would learn from one answer which of them are right.
    """
    earlier = RequestMatch.objects.filter(offer=match.offer, pk__lt=match.pk, request__withdrawn_at__isnull=True)
    return not earlier.exists()


def _note(request: ProjectRequest, finding: Finding, by: Actor) -> RequestMatch:
    """Keep whom a request means; where it is somebody who can be asked, ask."""
    customer = finding.customer
    is_matched = finding.outcome == RequestMatch.Outcome.MATCHED and customer is not None
    offer = _offer(request, customer) if is_matched and customer is not None else None
    evidence = {
        "by": by.evidence(),
        "request": request.uuid,
        "outcome": finding.outcome,
        "customer": customer.uuid if customer else None,
        "points": finding.points,
    }
    tag = bytes(customer.tag) if customer else PROVIDER_TAG
    match = RequestMatch.objects.create(
        request=request,
        outcome=finding.outcome,
        customer=customer,
        offer=offer,
        points=list(finding.points),
        matched_by_id=by.user_id,
        **record(kind="request.matched", subject_tag=tag, evidence=evidence).columns(),
    )
    if customer is not None and offer is not None:
        post_message(
            topic=AGREEMENTS,
            to=customer,
            template="project_request",
            context={"request": request.uuid},
            dedup_key=f"project-request:{offer.uuid}",
            by=by,
        )
    return match


def _offer(request: ProjectRequest, customer: Customer) -> Offer:
    """Return the offer by which the customer is asked: one that stands for the same, or a new one."""
    same = Offer.objects.filter(
        recipient=request.recipient,
        purpose=request.purpose,
        project=request.project,
        customer=customer,
        closed_at__isnull=True,
    )
    now = transaction_time()
    for offer in same.filter(expires_at__lte=now):
        _close(offer, request, request.filed_by_id)
    standing = same.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now)).first()
    return standing or Offer.objects.create(
        recipient=request.recipient,
        purpose=request.purpose,
        project=request.project,
        customer=customer,
        field_ids=request.field_ids,
        months_back=request.months_back,
        created_by_id=request.filed_by_id,
        expires_at=request.expires_at,
    )


def _close(offer: Offer, request: ProjectRequest, user_id: int) -> None:
    """End an offer, unless another request of the organization stands on it."""
    others = RequestMatch.objects.filter(offer=offer, request__withdrawn_at__isnull=True).exclude(request=request)
    if offer.closed_at is None and not others.filter(request__expires_at__gt=transaction_time()).exists():
        offer.closed_at, offer.closed_by_id = transaction_time(), user_id
        offer.save(update_fields=["closed_at", "closed_by"])


def _facts(details: ProjectDetails) -> dict[str, object]:
    """Return what is filed as plain values, for the ledger's evidence and the fingerprint."""
    plain = {name: getattr(details, name) for name in ProjectDetails.__slots__}
    changed = {"purpose": details.purpose.code, "funds": str(details.funds), "field_ids": sorted(details.field_ids)}
    return plain | changed
