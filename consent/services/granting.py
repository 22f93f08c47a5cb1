import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts.errors import NotAllowedError
from accounts.models import Customer, Recipient
from consent.errors import (
    AgentScopeError,
    GuardianMissingError,
    MethodError,
    NotAnnouncedError,
    NoticeNotInForceError,
    RecipientStoppedError,
    RequestReusedError,
    SignatureMissingError,
    UsagePointsUnknownError,
)
from consent.matching import SignatureCheck, plainly, record_of
from consent.models import Consent, ConsentVersion, NoticeText, Purpose, ServedNotice
from consent.models.served import form_served
from consent.permissions import AT_THE_DESK, Authority, authority_to_grant
from consent.services.terms import Terms, require_covered, require_periods, require_signature, verification_of
from consent.services.versions import Act, append_version, head_key, take_turns
from ledger.actor import Actor
from protection.evidence import CleanEvidence
from protection.files import seal_bytes
from protection.models import SealedFile

Method = ConsentVersion.Method
_PARTIES = ("customer_id", "recipient_id", "purpose_id", "project")

# All that a grant needs to know, in one round trip.
_FACTS = """
SELECT transaction_timestamp(), consent_today(),
    EXISTS (SELECT FROM accounts_recipient WHERE id = %(recipient)s AND stopped_at IS NULL),
    consent_is_announced(NULL, %(purpose)s), consent_is_announced(%(recipient)s, %(purpose)s),
    EXISTS (SELECT FROM consent_notice WHERE id = %(notice)s AND kind = 'consent_form' AND approved_at IS NOT NULL
            AND effective_from <= consent_today()),
    (SELECT coalesce(jsonb_object_agg(point.id, point.uuid), '{}') FROM energy_usagepoint point
     JOIN accounts_account account ON account.id = point.account_id
     WHERE point.id = ANY (%(points)s::bigint[]) AND account.customer_id = %(customer)s
       AND (%(accounts)s::bigint[] IS NULL OR account.id = ANY (%(accounts)s))),
    (SELECT id FROM consent_consentversion WHERE request_id = %(request_id)s),
    EXISTS (SELECT FROM accounts_customer customer WHERE customer.id = %(customer)s
            AND accounts_of_age_on(customer.birth_date) > consent_today()),
    (SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_object('name', person.name, 'part', held.part,
            'guardianship_id', held.guardianship_id, 'authorization_id', held.authorization_id)), '[]')
     FROM accounts_memberships(consent_today()) held JOIN accounts_user person ON person.id = held.user_id
     WHERE held.customer_id = %(customer)s AND held.part IN ('guardian', 'agent') AND 'consent' = ANY (held.acts)),
    head.id, head.uuid, head.version_count, head.created_at
FROM (SELECT) AS always LEFT JOIN consent_consent head
    ON head.customer_id = %(customer)s AND head.recipient_id = %(recipient)s
   AND head.purpose_id = %(purpose)s AND head.project = %(project)s
"""


@dataclass(frozen=True, slots=True)
class Signature:
    """An electronic signature: intent, the name as typed, and how it is known who typed it (UETA, sections 2 and 9).

    `authenticated_at` is when the signer last proved who they are.
    """

    typed_name: str
    intent: str
    authenticated_at: datetime | None
    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the database says, once nobody else acts on the same head."""

    now: datetime
    today: date
    is_receiving: bool
    is_purpose_announced: bool
    is_announced: bool
    is_form_in_force: bool
    points: dict[str, str]
    earlier_id: int | None
    is_minor: bool
    signers: list[dict[str, Any]]
    head_id: int | None
    head_uuid: UUID | None
    version_count: int | None
    head_created_at: datetime | None


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
    served: ServedNotice | None = None,
    form_version: str = "",
    signature: Signature | None = None,
    check: SignatureCheck | None = None,
    request_id: UUID | None = None,
    by: Actor,
) -> Consent:
    """Record that the customer agrees: `recipient` may get these fields for this purpose. Return the consent.

    Periods are half-open; None as an end means open. The permission begins today, or on `permission_from`, never
    earlier: a paper signed in the past permits nothing before the day it is recorded. No `usage_point_ids` mean all of
    the customer's. A consent that is already there for the same recipient, purpose and project is replaced from now on.
    The same `request_id` again returns what the first call recorded.

    In the portal `served` and `signature` are what was on the screen and how it was signed (`sign_agreement` gives
    both). Otherwise the text of the form counts as served, `form_version` being what is printed on it. Name and service
    address on a paper are held against the record and the result is kept; with `check`, what the clerk did, a paper
    that does not match needs somebody with whom it was verified.

    Raises NotAllowedError or a ConsentError: RecipientStoppedError, NotAnnouncedError, FieldsNotCoveredError,
    UsagePointsUnknownError, PeriodError, MethodError, SignatureMissingError, EvidenceMissingError,
    NoticeNotInForceError, RequestReusedError, VerificationMissingError.
    """
    authority = authority_to_grant(by, customer)
    if authority is None:
        raise NotAllowedError
    project = project.strip()
    turns: list[object] = [head_key(customer.pk, recipient.pk, purpose.pk, project)]
    take_turns(*turns, *([request_id] if request_id else []))
    facts = _facts(customer, recipient, purpose, project, notice_text, usage_point_ids, request_id, authority)
    terms = Terms(
        field_ids=sorted(set(field_ids)),
        usage_point_ids=sorted(set(usage_point_ids)),
        data_from=data_from,
        data_to=data_to,
        permission_from=permission_from or facts.today,
        permission_to=permission_to,
        method=method,
        signed_on=facts.today if method == Method.PORTAL else signed_on,
        signer_name=(by.name if method == Method.PORTAL else signer_name).strip(),
    )
    if facts.earlier_id is not None:
        return _same_request(
            facts.earlier_id, _head(customer, recipient, purpose, project, facts), terms, notice_text, evidence
        )
    authority = _signers_authority(authority, facts, terms.signer_name)
    _require_facts(facts, terms, authority)
    require_covered(purpose, terms)
    require_periods(terms, facts.today)
    require_signature(terms, facts.today, by, has_evidence=evidence is not None)
    _require_portal(terms, served, signature)
    details = {
        **{name: getattr(terms, name) for name in Terms.__slots__},
        "notice_text": notice_text,
        "request_id": request_id,
        "signature": _signed(signature, served),
        "verification": _verification(customer, terms, check, facts.today),
        "evidence_file": _sealed(evidence),
        "guardianship_id": authority.guardianship_id,
        "authorization_id": authority.authorization_id,
    }
    return append_version(
        Act(
            consent=_head(customer, recipient, purpose, project, facts),
            kind=ConsentVersion.Kind.GRANT,
            by=by,
            at=facts.now,
            details=details,
            served=served or form_served(customer, notice_text, method, terms.signer_name, form_version),
            points={int(pk): UUID(uuid) for pk, uuid in facts.points.items()},
            original_sha256=evidence.original_sha256 if evidence else "",
        )
    )


def _facts(
    customer: Customer,
    recipient: Recipient,
    purpose: Purpose,
    project: str,
    notice_text: NoticeText,
    usage_point_ids: Collection[int],
    request_id: UUID | None,
    authority: Authority,
) -> _Facts:
    values: dict[str, Any] = {
        "customer": customer.pk,
        "recipient": recipient.pk,
        "purpose": purpose.pk,
        "project": project,
        "notice": notice_text.notice_id,
        "points": list(usage_point_ids),
        "request_id": request_id,
        "accounts": None if authority.account_ids is None else list(authority.account_ids),
    }
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, values)
        row = list(cursor.fetchone())
    row[6], row[9] = json.loads(row[6]), json.loads(row[9])
    return _Facts(*row)


def _head(customer: Customer, recipient: Recipient, purpose: Purpose, project: str, facts: _Facts) -> Consent:
    """Return the head as it is, or one that is to be written."""
    return Consent(
        id=facts.head_id,
        uuid=facts.head_uuid or uuid4(),
        customer=customer,
        recipient=recipient,
        purpose=purpose,
        project=project,
        version_count=facts.version_count or 0,
        created_at=facts.head_created_at or facts.now,
    )


def _signed(signature: Signature | None, served: ServedNotice | None) -> dict[str, Any] | None:
    if signature is None or served is None:
        return None
    moment = signature.authenticated_at
    return {
        **asdict(replace(signature, authenticated_at=None)),
        "authenticated_at": moment.isoformat() if moment else None,
        "text_sha256": served.sha256,
    }


def _verification(customer: Customer, terms: Terms, check: SignatureCheck | None, today: date) -> dict[str, Any] | None:
    """Hold a signed paper against the record; nothing for what is not on paper."""
    return verification_of(terms, record_of(customer), check, today) if terms.method == Method.PAPER else None


def _sealed(evidence: CleanEvidence | None) -> SealedFile | None:
    if evidence is None:
        return None
    return seal_bytes(
        evidence.content, name=evidence.name, content_type=evidence.content_type, retention_class="evidence"
    )


def _same_request(
    earlier_id: int, asked: Consent, terms: Terms, notice_text: NoticeText, evidence: CleanEvidence | None
) -> Consent:
    """Return what the same request recorded before. Raises RequestReusedError where anything differs, the scan too."""
    earlier = ConsentVersion.objects.select_related("consent").get(pk=earlier_id)
    file = earlier.evidence_json["file"]
    same = [getattr(earlier.consent, name) == getattr(asked, name) for name in _PARTIES]
    same += [getattr(earlier, name) == getattr(terms, name) for name in Terms.__slots__]
    same += [
        earlier.notice_text_id == notice_text.pk,
        (file or {}).get("original_sha256") == (evidence.original_sha256 if evidence else None),
    ]
    if not all(same):
        raise RequestReusedError
    return Consent.objects.with_scope().get(pk=earlier.consent_id)


def _signers_authority(authority: Authority, facts: _Facts, signer_name: str) -> Authority:
    """Return by what right it is agreed; at the desk that of the guardian or agent whose name is under the form.

    Raises GuardianMissingError where a minor's consent has no verified guardian behind it.
    """
    if authority == AT_THE_DESK:
        named = [signer for signer in facts.signers if plainly(signer["name"]) == plainly(signer_name)]
        if named:
            signer = named[0]
            authority = Authority(signer["part"], signer["guardianship_id"], signer["authorization_id"])
    if facts.is_minor and authority.guardianship_id is None:
        raise GuardianMissingError
    return authority


def _require_facts(facts: _Facts, terms: Terms, authority: Authority) -> None:
    if not facts.is_receiving:
        raise RecipientStoppedError
    if not facts.is_announced:
        raise NotAnnouncedError("recipient" if facts.is_purpose_announced else "purpose")
    is_limited = authority.account_ids is not None
    if is_limited and not 0 < len(terms.usage_point_ids) == len(facts.points):
        raise AgentScopeError
    if len(facts.points) != len(terms.usage_point_ids):
        raise UsagePointsUnknownError
    if not facts.is_form_in_force:
        raise NoticeNotInForceError


def _require_portal(terms: Terms, served: ServedNotice | None, signature: Signature | None) -> None:
    """Hold what was on the screen and the signature to the portal, where both are needed and only there."""
    if terms.method != Method.PORTAL:
        if served is not None or signature is not None:
            raise MethodError(_("Only what is agreed to in this portal is signed electronically."))
        return
    if served is None or signature is None or not signature.typed_name.strip():
        raise SignatureMissingError("typed_name")
