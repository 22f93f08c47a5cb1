from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from disclosures.approvals import REVIEW_WITHIN, is_reviewed_afterwards
from disclosures.concealment import concealments_of
from disclosures.errors import DisclosureError, NotAllowedError, ReleaseDenied, RequestReusedError
from disclosures.gate import Decision, ReleaseRequest, decide
from disclosures.models import Package, Release, ReleaseDenial, ReleaseProposal
from disclosures.models.bases import FLAGS
from disclosures.permissions import can_release
from disclosures.services.writing import write_release
from disclosures.shares import cohort_sha256
from ledger.actor import Actor
from ledger.services import PROVIDER_TAG, record, salted
from protection import datamap
from protection.clock import provider_today, provider_zone
from retention.services.proposals import propose

FETCHABLE_FOR = timedelta(days=30)
FETCHABLE_TIMES = 10


def preview_release(*, request: ReleaseRequest, by: Actor) -> Decision:
    """Say what a release would let out, or all that it lacks; change nothing. Raises NotAllowedError.

    Whether a second person has to approve it is `approvals.approval_needed`.
    """
    if not can_release(by, request.customers, request.basis):
        raise NotAllowedError
    return decide(request, day=provider_today())


def release_disclosure(*, request: ReleaseRequest, by: Actor, request_uuid: UUID | None = None) -> Release:
    """Decide and, in one transaction, write the release, its lines, their ledger entries and the package to build.

    Consents and the recipient's switch are locked while it is decided, so that a withdrawal or a stop either precedes
    and is seen, or waits. A release in an emergency is put before a second person in the same transaction. A refusal is
    kept too, and raised as ReleaseDenied once it is written: catch it inside the transaction that is to keep it. The
    same `request_uuid` again returns the first release. Raises NotAllowedError, RequestReusedError.
    """
    outcome = _release(request, by, request_uuid or uuid4())
    if isinstance(outcome, ReleaseDenial):
        raise ReleaseDenied(outcome)
    if isinstance(outcome, DisclosureError):
        raise outcome
    return outcome


@transaction.atomic(savepoint=False)
def _release(request: ReleaseRequest, by: Actor, request_uuid: UUID) -> Release | ReleaseDenial | DisclosureError:
    """Decide and write; errors are returned, since raised without a savepoint they spoil the transaction around."""
    now = _take_turn(request_uuid)
    day = now.astimezone(provider_zone()).date()
    if not can_release(by, request.customers, request.basis, at=now):
        return NotAllowedError()
    if (twin := _twin(request_uuid)) is not None:
        return twin if _is_same(twin, request, by) else RequestReusedError()
    decision = decide(request, day=day, lock=True)
    if decision.allowed:
        return _write_release(request, decision, by, request_uuid, now)
    return _write_denial(request, decision, by, request_uuid, now)


def _take_turn(request_uuid: UUID) -> datetime:
    """Let the same submission sent twice at once go one after the other; return the transaction's time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT transaction_timestamp(), pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"release {request_uuid}"],
        )
        now, _turn = cursor.fetchone()
    return now  # type: ignore[no-any-return]


def _twin(request_uuid: UUID) -> Release | ReleaseDenial | None:
    """Return what the same submission was answered with before, a release before a refusal; one round trip."""
    with connection.cursor() as cursor:
        cursor.execute(_TWINS, [request_uuid, request_uuid])
        release_id, denial_id = cursor.fetchone()
    if release_id is not None:
        return Release.objects.get(pk=release_id)
    return None if denial_id is None else ReleaseDenial.objects.get(pk=denial_id)


_TWINS = """
SELECT (SELECT id FROM disclosures_release WHERE request_uuid = %s),
       (SELECT id FROM disclosures_releasedenial WHERE request_uuid = %s)
"""


def _is_same(twin: Release | ReleaseDenial, request: ReleaseRequest, by: Actor) -> bool:
    """Say whether what a request id was answered with is what is asked now.

    A release may hold less than was asked for: only the customers and fields that the gate let through.
    """
    customers, fields = {customer.pk for customer in request.customers}, set(request.field_ids)
    if isinstance(twin, Release):
        held = set() if twin.cohort is not None else set(twin.lines.values_list("customer_id", flat=True))
        is_covered = held <= customers and set(twin.field_ids) <= fields
    else:
        is_covered = set(twin.customer_ids) == customers and set(twin.field_ids) == fields
    asked = _columns(request, by, twin.request_uuid)
    del asked["document"]  # a file of its own each time it is sent
    del asked["proposal"]  # made with the release itself in an emergency
    return is_covered and all(getattr(twin, name) == value for name, value in asked.items())


def _write_release(
    request: ReleaseRequest, decision: Decision, by: Actor, request_uuid: UUID, now: datetime
) -> Release:
    field_ids = list(decision.effective_field_ids)
    proposal = _put_to_review(request, by, now) if _goes_to_review(request) else request.proposal
    tag = bytes(request.recipient.tag if request.recipient else request.customers[0].tag)
    evidence = {**_evidence(request, by, now), "fields": field_ids, "lines": decision.line_count}
    if request.cohort is not None:
        evidence |= {"cohort": request.cohort.as_json(), "left_out": dict(decision.excluded)}
    if proposal is not None:
        evidence["proposal"] = proposal.uuid
    digest = cohort_sha256() if request.feed else ""
    if request.feed is not None:
        evidence |= {"feed": request.feed.uuid, "cohort_sha256": digest}
    salt, body = salted(kind="release.made", subject_tag=tag, evidence=evidence)
    release = Release(
        **{**_columns(request, by, request_uuid), "proposal": proposal},
        **{flag if flag != "kind" else "basis_kind": getattr(request.basis, flag) for flag in FLAGS},
        salt=salt,
        evidence=body,
        purpose_is_secondary=request.purpose.is_secondary if request.purpose else None,
        field_ids=field_ids,
        line_count=decision.line_count,
        cohort_sha256=digest,
        decided_at=now,
    )
    package = Package(release=release, expires_at=now + FETCHABLE_FOR, downloads_max=FETCHABLE_TIMES)
    return write_release(release, package, decision.shares, tag=tag)


def _goes_to_review(request: ReleaseRequest) -> bool:
    return request.proposal is None and is_reviewed_afterwards(request.basis)


def _put_to_review(request: ReleaseRequest, by: Actor, now: datetime) -> ReleaseProposal:
    """Put a release in an emergency before a second person, who reviews it afterwards."""
    proposal = proposal_of(request, kind=ReleaseProposal.Kind.EMERGENCY, due_at=now + REVIEW_WITHIN)
    return propose(proposal, by, kind="release.to_review", evidence=proposal_evidence(proposal), is_computed=True)


def proposal_of(request: ReleaseRequest, *, kind: str, due_at: datetime | None = None) -> ReleaseProposal:
    """Return a proposal, not yet written, of just what is asked."""
    assert request.recipient is not None
    assert request.purpose is not None
    cohort = request.cohort
    return ReleaseProposal(
        kind=kind,
        reason=request.reason,
        recipient=request.recipient,
        purpose=request.purpose,
        basis=request.basis,
        field_ids=list(request.field_ids),
        data_from=request.data_from,
        data_to=request.data_to,
        format=request.format,
        document=request.document,
        notice_served_on=request.notice_served_on,
        customer_ids=[customer.pk for customer in request.customers],
        account_ids=list((cohort.account_ids or ()) if cohort else request.account_ids),
        cohort=cohort.as_json() if cohort else None,
        requester=request.requester.as_json() if request.requester else None,
        due_at=due_at,
    )


def proposal_evidence(proposal: ReleaseProposal) -> dict[str, object]:
    """Return what the ledger commits to of a proposal, besides who and why; whose data it is, only by number."""
    return {
        "kind": proposal.kind,
        "recipient": proposal.recipient.uuid,
        "purpose": proposal.purpose.code,
        "basis": proposal.basis.code,
        "fields": proposal.field_ids,
        "data_from": proposal.data_from,
        "data_to": proposal.data_to,
        "format": proposal.format,
        "customers": len(proposal.customer_ids),
        "cohort": proposal.cohort,
        "requester": proposal.requester,
    }


def _write_denial(
    request: ReleaseRequest, decision: Decision, by: Actor, request_uuid: UUID, now: datetime
) -> ReleaseDenial:
    conditions = [condition.as_json() for condition in decision.missing]
    customers = request.customers
    witness = record(
        kind="release.denied",
        subject_tag=_tag_of_denial(request),
        evidence={
            **_evidence(request, by, now),
            "fields": list(request.field_ids),
            "customers": [customer.uuid for customer in customers],
            "missing": [condition["code"] for condition in conditions],
            **({"cohort": request.cohort.as_json()} if request.cohort else {}),
        },
    )
    return ReleaseDenial.objects.create(
        **_columns(request, by, request_uuid),
        **witness.columns(),
        field_ids=list(request.field_ids),
        customer_ids=[customer.pk for customer in customers],
        conditions=conditions,
        decided_at=now,
    )


def _tag_of_denial(request: ReleaseRequest) -> bytes:
    """Return the tag of the one customer concerned, unless an order forbids to tell them; the provider's else."""
    (first, *others) = request.customers or (None,)
    if first is None or others:
        return PROVIDER_TAG
    hidden = next((one for one in concealments_of(request.demand) if one.customer_id == first.pk), None)
    return bytes(hidden.tag if hidden else first.tag)


def _columns(request: ReleaseRequest, by: Actor, request_uuid: UUID) -> dict[str, Any]:
    return {
        "recipient": request.recipient,
        "purpose": request.purpose,
        "basis": request.basis,
        "data_from": request.data_from,
        "data_to": request.data_to,
        "format": request.format,
        "reason": request.reason.strip(),
        "document": request.document,
        "demand": request.demand,
        "notice_served_on": request.notice_served_on,
        "requested_by_id": by.user_id,
        "actor_kind": by.kind,
        "actor_name": by.name,
        "request_uuid": request_uuid,
        "cohort": request.cohort.as_json() if request.cohort else None,
        "requester": request.requester.as_json() if request.requester else None,
        "proposal": request.proposal,
        "feed": request.feed,
    }


def _evidence(request: ReleaseRequest, by: Actor, at: datetime) -> dict[str, object]:
    """Return what the ledger commits to: everything but whose data it is, which the lines' own entries say."""
    return {
        "at": at,
        "by": by.evidence(),
        "recipient": request.recipient.uuid if request.recipient else None,
        "recipient_name": request.recipient.legal_name if request.recipient else None,
        "purpose": request.purpose.code if request.purpose else None,
        "basis": request.basis.code,
        "citation": request.basis.citation,
        "data_from": request.data_from,
        "data_to": request.data_to,
        "format": request.format,
        "reason": request.reason.strip(),
        "document": request.document.sha256 if request.document else None,
        "demand": request.demand.uuid if request.demand else None,
        "notice_served_on": request.notice_served_on,
        "requester": request.requester.as_json() if request.requester else None,
        "datamap": datamap.VERSION,
    }
