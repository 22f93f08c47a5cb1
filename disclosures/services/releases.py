import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from disclosures.errors import NotAllowedError, ReleaseDenied, RequestReusedError
from disclosures.gate import Decision, ReleaseRequest, Share, decide
from disclosures.models import Package, Release, ReleaseDenial
from disclosures.models.bases import FLAGS
from disclosures.permissions import can_release
from ledger.actor import Actor
from ledger.services import PROVIDER_TAG, Witness, commitment_of, record
from protection import datamap
from protection.clock import provider_today, transaction_time

FETCHABLE_FOR = timedelta(days=30)
FETCHABLE_TIMES = 10

# Entries and lines in one statement, whatever their number. A version 4 UUID has 122 random bits, a salt 244.
_WRITE_LINES = """
WITH share AS MATERIALIZED (
    SELECT given.*, customer.tag, nextval(pg_get_serial_sequence('ledger_entry', 'id')) AS entry_id,
           uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) AS salt
    FROM jsonb_to_recordset(%(shares)s::jsonb) AS given (
        customer_id bigint, consent_version_id bigint, account_ids bigint[], usage_point_ids bigint[],
        field_ids varchar(80)[], data_from date, data_to date)
    JOIN accounts_customer customer ON customer.id = given.customer_id
), entry AS (
    INSERT INTO ledger_entry (id, kind, subject_tag, commitment)
    SELECT entry_id, 'release.line', tag, sha256(salt || %(release_hash)s || tag) FROM share
)
INSERT INTO disclosures_releaseline (entry_id, release_id, customer_id, consent_version_id, account_ids,
                                     usage_point_ids, field_ids, data_from, data_to, salt)
SELECT entry_id, %(release)s, customer_id, consent_version_id, account_ids,
       usage_point_ids, field_ids, data_from, data_to, salt
FROM share
"""


def preview_release(*, request: ReleaseRequest, by: Actor) -> Decision:
    """Say what a release would let out, or all that it lacks; change nothing. Raises NotAllowedError."""
    if not can_release(by, request.customers, request.basis):
        raise NotAllowedError
    return decide(request, day=provider_today())


def release_disclosure(*, request: ReleaseRequest, by: Actor, request_uuid: UUID | None = None) -> Release:
    """Decide and, in one transaction, write the release, its lines, their ledger entries and the package to build.

    Consents and the recipient's switch are locked while it is decided, so that a withdrawal or a stop either precedes
    and is seen, or waits. A refusal is kept too, and raised as ReleaseDenied once it is written: catch it inside the
    transaction that is to keep it. The same `request_uuid` again returns the first release. Raises NotAllowedError,
    RequestReusedError.
    """
    outcome = _release(request, by, request_uuid or uuid4())
    if isinstance(outcome, ReleaseDenial):
        raise ReleaseDenied(outcome)
    return outcome


@transaction.atomic
def _release(request: ReleaseRequest, by: Actor, request_uuid: UUID) -> Release | ReleaseDenial:
    if not can_release(by, request.customers, request.basis):
        raise NotAllowedError
    _wait_for_twin(request_uuid)
    if (twin := Release.objects.filter(request_uuid=request_uuid).first()) is not None:
        _check_same(twin, request, by)
        return twin
    decision = decide(request, day=provider_today(), lock=True)
    if decision.allowed:
        return _write_release(request, decision, by, request_uuid)
    denial = ReleaseDenial.objects.filter(request_uuid=request_uuid).first()
    if denial is None:
        return _write_denial(request, decision, by, request_uuid)
    _check_same(denial, request, by)
    return denial


def _wait_for_twin(request_uuid: UUID) -> None:
    """Let the same submission sent twice at once go one after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"release {request_uuid}"])


def _check_same(twin: Release | ReleaseDenial, request: ReleaseRequest, by: Actor) -> None:
    """Check that what a request id was answered with is what is asked now. Raises RequestReusedError.

    A release may hold less than was asked for: only the customers and fields that the gate let through.
    """
    customers, fields = {customer.pk for customer in request.customers}, set(request.field_ids)
    if isinstance(twin, Release):
        held = set(twin.lines.values_list("customer_id", flat=True))
        is_covered = held <= customers and set(twin.field_ids) <= fields
    else:
        is_covered = set(twin.customer_ids) == customers and set(twin.field_ids) == fields
    asked = _columns(request, by, twin.request_uuid)
    del asked["document"]  # a file of its own each time it is sent
    if not is_covered or any(getattr(twin, name) != value for name, value in asked.items()):
        raise RequestReusedError


def _write_release(request: ReleaseRequest, decision: Decision, by: Actor, request_uuid: UUID) -> Release:
    now = transaction_time()
    field_ids = list(decision.effective_field_ids)
    witness = record(
        kind="release.made",
        subject_tag=bytes(request.recipient.tag if request.recipient else request.customers[0].tag),
        evidence={**_evidence(request, by, now), "fields": field_ids, "lines": len(decision.shares)},
    )
    release = Release.objects.create(
        **_columns(request, by, request_uuid),
        **{flag if flag != "kind" else "basis_kind": getattr(request.basis, flag) for flag in FLAGS},
        **witness.columns(),
        purpose_is_secondary=request.purpose.is_secondary if request.purpose else None,
        field_ids=field_ids,
        line_count=len(decision.shares),
        decided_at=now,
    )
    _write_lines(release, decision.shares, witness)
    Package.objects.create(release=release, expires_at=now + FETCHABLE_FOR, downloads_max=FETCHABLE_TIMES)
    return release


def _write_lines(release: Release, shares: tuple[Share, ...], witness: Witness) -> None:
    rows = [
        {
            "customer_id": share.customer.pk,
            "consent_version_id": share.consent_version.pk if share.consent_version else None,
            "account_ids": share.account_ids,
            "usage_point_ids": share.usage_point_ids,
            "field_ids": share.field_ids,
            "data_from": share.data_from.isoformat(),
            "data_to": share.data_to.isoformat(),
        }
        for share in shares
    ]
    release_hash = commitment_of(witness.salt, witness.evidence)
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_LINES, {"shares": json.dumps(rows), "release_hash": release_hash, "release": release.pk})


def _write_denial(request: ReleaseRequest, decision: Decision, by: Actor, request_uuid: UUID) -> ReleaseDenial:
    now = transaction_time()
    conditions = [condition.as_json() for condition in decision.missing]
    customers = request.customers
    witness = record(
        kind="release.denied",
        subject_tag=bytes(customers[0].tag) if len(customers) == 1 else PROVIDER_TAG,
        evidence={
            **_evidence(request, by, now),
            "fields": list(request.field_ids),
            "customers": [customer.uuid for customer in customers],
            "missing": [condition["code"] for condition in conditions],
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
        "notice_served_on": request.notice_served_on,
        "requested_by_id": by.user_id,
        "actor_kind": by.kind,
        "actor_name": by.name,
        "request_uuid": request_uuid,
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
        "notice_served_on": request.notice_served_on,
        "datamap": datamap.VERSION,
    }
