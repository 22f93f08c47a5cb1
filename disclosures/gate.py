"""The gate: may this data go to this recipient, for this purpose, on this basis? It changes nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from accounts.models import Customer, Recipient
from accounts.reasons import is_reason
from consent.models import Consent, Purpose
from consent.selectors import status_of
from disclosures.approvals import approval_conditions
from disclosures.cohorts import Cohort, named_subjects
from disclosures.conditions import Condition, exclusion_label
from disclosures.demand_conditions import demand_conditions
from disclosures.merger_conditions import merger_conditions
from disclosures.models import Format, LegalBasis, LegalDemand, ReleaseProposal, StandingFeed
from disclosures.models.releases import labels_of
from disclosures.requesters import Requester, requester_conditions
from disclosures.shares import Lack, Share, Terms, settle, shares_of, tally_of
from protection import datamap
from protection.datamap import DataClass
from protection.models import SealedFile

ENERGY_CLASSES = frozenset({DataClass.USAGE, DataClass.BILLING})

NEEDS_GUARDIAN = frozenset({LegalBasis.Kind.CONSENT, LegalBasis.Kind.CONTRACT})
"""The bases on which nothing of a minor goes without a verified guardian; what the law compels goes all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRequest:
    """What is asked of the gate.

    Either `customers` names each of them, and one who lacks something stops the whole release; or `cohort` chooses
    many, and who lacks something is left out; a night's delivery of a `feed` is such a one. `[data_from, data_to)` are
    the provider's civil days. Empty `account_ids` or `usage_point_ids` mean all of the customers'. A customer's own
    request has neither recipient nor purpose.
    """

    basis: LegalBasis
    field_ids: tuple[str, ...]
    data_from: date
    data_to: date
    reason: str
    customers: tuple[Customer, ...] = ()
    cohort: Cohort | None = None
    format: str = Format.CSV
    recipient: Recipient | None = None
    purpose: Purpose | None = None
    account_ids: tuple[int, ...] = ()
    usage_point_ids: tuple[int, ...] = ()
    document: SealedFile | None = None
    demand: LegalDemand | None = None
    notice_served_on: date | None = None
    requester: Requester | None = None
    proposal: ReleaseProposal | None = None
    feed: StandingFeed | None = None

    @property
    def is_own(self) -> bool:
        """Say whether it is a customer's own request."""
        return self.basis.kind == LegalBasis.Kind.OWN_REQUEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The gate's answer: what would go out, or everything that is missing; and what was asked for but stays.

    Of named customers there are `shares`. Of a cohort only `line_count` and, by condition, how many it leaves out.
    """

    shares: tuple[Share, ...]
    missing: tuple[Condition, ...]
    effective_field_ids: tuple[str, ...]
    withheld_field_ids: tuple[str, ...]
    line_count: int
    excluded: Mapping[str, int]

    @property
    def allowed(self) -> bool:
        """Say whether nothing is missing."""
        return not self.missing

    @property
    def effective_labels(self) -> list[str]:
        """Return what people call the fields that would go out."""
        return labels_of(self.effective_field_ids)

    @property
    def withheld_labels(self) -> list[str]:
        """Return what people call the fields that were asked for but would stay."""
        return labels_of(self.withheld_field_ids)

    @property
    def left_out(self) -> list[tuple[str, int]]:
        """Return why customers of a cohort would be left out, in words, and how many for each reason."""
        return [(exclusion_label(code), count) for code, count in self.excluded.items()]


@dataclass(frozen=True, slots=True)
class RecipientFacts:
    """What a recipient's register says on a day: the switch, an agreement in force, the provider's policy for it.

    `is_announced` is what `consent.selectors.is_announced` says of it and the purpose, asked for in one go.
    """

    is_stopped: bool
    stop_reason: str
    has_agreement: bool
    policy: frozenset[str] | None
    is_announced: bool


_SELECT_FACTS = """
SELECT receiving.stopped_at IS NOT NULL, receiving.stop_reason,
    EXISTS (SELECT FROM accounts_recipientagreement agreement WHERE agreement.recipient_id = receiving.id
            AND agreement.valid_from <= %(day)s AND coalesce(agreement.valid_to, 'infinity') > %(day)s),
    (SELECT field_ids FROM disclosures_recipientpolicy policy WHERE policy.recipient_id = receiving.id),
    consent_is_announced(receiving.id, %(purpose)s::bigint)
    {and_consents}
FROM accounts_recipient receiving WHERE receiving.id = %(recipient)s
"""
_HELD = "FOR SHARE OF receiving"
_FACTS = _SELECT_FACTS.replace("{and_consents}", "")
_FACTS_AND_CONSENTS = (
    _SELECT_FACTS.replace("{and_consents}", ", consent_lock(%(recipient)s, %(purpose)s, %(customers)s::bigint[])")
    + _HELD
)


def decide(request: ReleaseRequest, *, day: date, lock: bool = False) -> Decision:
    """Decide as things stand on `day`, today in the provider's zone.

    With `lock` neither consents nor the recipient's switch can change until the transaction ends, and the answers for a
    cohort are kept in the table `shares.SETTLED` until then.
    """
    facts = _facts(request, day, lock=lock)
    fields = _permitted_fields(request, facts)
    missing = [
        *_request_conditions(request),
        *demand_conditions(request, day, lock=lock),
        *_basis_conditions(request, day),
        *_recipient_conditions(request, facts),
        *requester_conditions(request.basis, request.requester),
    ]
    if lock or request.proposal is not None:
        missing += approval_conditions(request)
    if not fields:
        missing.append(Condition("fields_missing"))
    elif request.format == Format.GREENBUTTON and not _has_energy(fields):
        missing.append(Condition("format_needs_usage"))
    if not fields or not _is_decidable(request):
        return _decision(request, missing)
    terms = _terms(request, fields, day)
    return (
        _decide_cohort(request, terms, missing, lock=lock) if request.cohort else _decide_named(request, terms, missing)
    )


def recipient_facts(
    recipient: Recipient, day: date, *, purpose: Purpose | None = None, lock: bool = False
) -> RecipientFacts:
    """Return what the register says of a recipient on a day; with `lock` a stop waits until the transaction ends."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"recipient": recipient.pk, "day": day, "purpose": purpose.pk if purpose else None}
        cursor.execute(_FACTS + (_HELD if lock else ""), values)
        return _read_facts(cursor.fetchone())


def recipient_conditions(recipient: Recipient, facts: RecipientFacts, *, needs_agreement: bool) -> Iterator[Condition]:
    """Yield what a recipient lacks to be given anything: the switch, the agreement."""
    if facts.is_stopped:
        yield Condition("recipient_stopped", {"recipient": str(recipient), "reason": facts.stop_reason})
    if (needs_agreement or recipient.kind == Recipient.Kind.CONTRACTOR) and not facts.has_agreement:
        yield Condition("agreement_missing", {"recipient": str(recipient)})


def consent_condition(customer: Customer, recipient: Recipient, purpose: Purpose) -> Condition:
    """Say why there is no consent in force: never given, or ended, and how."""
    params = {"customer": str(customer), "recipient": str(recipient), "purpose": str(purpose)}
    heads = Consent.objects.filter(customer=customer, recipient=recipient, purpose=purpose)
    head = heads.select_related("current_version").order_by("-changed_at", "-pk").first()
    if head is None or head.current_version is None:
        return Condition("consent_missing", params)
    return Condition("consent_ended", {**params, "reason": str(status_of(head).reason)})


def _request_conditions(request: ReleaseRequest) -> Iterator[Condition]:
    if not is_reason(request.reason):
        yield Condition("reason_missing")
    if request.data_from >= request.data_to:
        yield Condition("period_empty")
    if not request.customers and request.cohort is None:
        yield Condition("customer_missing")


def _basis_conditions(request: ReleaseRequest, day: date) -> Iterator[Condition]:
    basis, purpose = request.basis, request.purpose
    if not basis.is_in_force:
        yield Condition("basis_not_in_force", {"basis": basis.name})
    yield from merger_conditions(basis, request.recipient, purpose, request.customers, request.cohort)
    if basis.kind == LegalBasis.Kind.AGGREGATE:
        yield Condition("basis_aggregate")
    if purpose is None and not request.is_own:
        yield Condition("purpose_missing")
    if purpose is not None and purpose.is_secondary and not basis.requires_consent:
        yield Condition("purpose_secondary", {"purpose": str(purpose)})
    if basis.requires_document and request.document is None:
        yield Condition("document_missing", {"basis": basis.name})
    if basis.notice_days and request.demand is None:
        yield from _notice_conditions(request, day)


def _notice_conditions(request: ReleaseRequest, day: date) -> Iterator[Condition]:
    if request.notice_served_on is None:
        yield Condition("notice_missing")
        return
    ends = request.notice_served_on + timedelta(days=request.basis.notice_days)
    if ends > day:
        yield Condition("notice_running", {"day": ends - timedelta(days=1)})


def _recipient_conditions(request: ReleaseRequest, facts: RecipientFacts | None) -> Iterator[Condition]:
    recipient, basis = request.recipient, request.basis
    if request.is_own:
        if recipient is not None or request.purpose is not None:
            yield Condition("recipient_not_wanted")
        return
    if recipient is None or facts is None:
        yield Condition("recipient_missing")
        return
    if basis.recipient_kinds and recipient.kind not in basis.recipient_kinds:
        kind = recipient.get_kind_display()
        yield Condition("recipient_kind", {"basis": basis.name, "recipient": str(recipient), "kind": kind})
    if not facts.is_announced:
        yield Condition("not_announced", {"recipient": str(recipient), "purpose": str(request.purpose or "")})
    yield from recipient_conditions(recipient, facts, needs_agreement=basis.requires_agreement)


def _permitted_fields(request: ReleaseRequest, facts: RecipientFacts | None) -> frozenset[str]:
    """Return asked ∩ releasable ∩ what the basis lets out ∩ what the purpose needs ∩ the recipient's policy."""
    asked = frozenset(request.field_ids)
    classes = frozenset(request.basis.data_classes)
    permitted = {
        field.id
        for field in datamap.fields(releasable=True)
        if field.id in asked and (not classes or field.data_class in classes)
    }
    if request.purpose is not None:
        permitted &= set(request.purpose.field_ids)
    if facts is not None and facts.policy is not None:
        permitted &= facts.policy
    return frozenset(permitted)


def _has_energy(fields: frozenset[str]) -> bool:
    return any(
        field.id in fields and field.data_class in ENERGY_CLASSES and not field.id.startswith("account.")
        for field in datamap.fields()
    )


def _facts(request: ReleaseRequest, day: date, *, lock: bool) -> RecipientFacts | None:
    """Return the recipient's facts; with `lock` hold them and the named customers' consents, in one round trip."""
    if request.recipient is None:
        return None
    if not (lock and request.basis.requires_consent and request.purpose and request.customers):
        return recipient_facts(request.recipient, day, purpose=request.purpose, lock=lock)
    customers = [customer.pk for customer in request.customers]
    values: dict[str, Any] = {
        "recipient": request.recipient.pk,
        "day": day,
        "purpose": request.purpose.pk,
        "customers": customers,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FACTS_AND_CONSENTS, values)
        return _read_facts(cursor.fetchone())


def _read_facts(row: Any) -> RecipientFacts:
    is_stopped, reason, has_agreement, policy, is_announced, *_locked = row
    fields = None if policy is None else frozenset(policy)
    return RecipientFacts(is_stopped, reason, has_agreement, fields, is_announced)


def _is_decidable(request: ReleaseRequest) -> bool:
    """Say whether enough is known to ask what each customer lacks."""
    knows_parties = request.recipient is not None and request.purpose is not None
    return request.data_from < request.data_to and (knows_parties or not request.basis.requires_consent)


def _terms(request: ReleaseRequest, fields: frozenset[str], day: date) -> Terms:
    return Terms(
        fields=in_order(fields),
        usage_point_ids=request.usage_point_ids,
        data_from=request.data_from,
        data_to=request.data_to,
        day=day,
        needs_consent=request.basis.requires_consent,
        needs_guardian=request.basis.kind in NEEDS_GUARDIAN,
        recipient_id=request.recipient.pk if request.recipient else None,
        purpose_id=request.purpose.pk if request.purpose else None,
    )


def _decide_named(request: ReleaseRequest, terms: Terms, missing: list[Condition]) -> Decision:
    customer_ids = [customer.pk for customer in request.customers]
    answers = shares_of(request.customers, named_subjects(customer_ids, request.account_ids), terms)
    missing += [_condition(request, answer) for answer in answers if isinstance(answer, Lack)]
    shares = tuple(answer for answer in answers if isinstance(answer, Share))
    granted = frozenset(field_id for share in shares for field_id in share.field_ids)
    return _decision(request, missing, granted=granted, shares=shares, line_count=len(shares))


def _decide_cohort(request: ReleaseRequest, terms: Terms, missing: list[Condition], *, lock: bool) -> Decision:
    assert request.cohort is not None
    tally = (settle if lock and not missing else tally_of)(request.cohort.subjects(), terms)
    if not tally.line_count:
        missing.append(Condition("nobody_left"))
    return _decision(request, missing, granted=tally.field_ids, line_count=tally.line_count, excluded=tally.excluded)


def _decision(
    request: ReleaseRequest,
    missing: list[Condition],
    *,
    granted: frozenset[str] = frozenset(),
    shares: tuple[Share, ...] = (),
    line_count: int = 0,
    excluded: Mapping[str, int] | None = None,
) -> Decision:
    return Decision(
        shares=() if missing else shares,
        missing=tuple(missing),
        effective_field_ids=() if missing else in_order(granted),
        withheld_field_ids=tuple(field_id for field_id in request.field_ids if field_id not in granted),
        line_count=line_count,
        excluded=excluded or {},
    )


def _condition(request: ReleaseRequest, lack: Lack) -> Condition:
    """Say in words what a named customer lacks."""
    name = {"customer": str(lack.customer)}
    if lack.code == "consent_period":
        last = lack.consent_to - timedelta(days=1) if lack.consent_to else "…"
        return Condition(lack.code, {**name, "first": lack.consent_from, "last": last})
    if lack.code in {"consent_missing", "consent_ended"} and request.recipient and request.purpose:
        return consent_condition(lack.customer, request.recipient, request.purpose)
    return Condition(lack.code, name)


def in_order(fields: frozenset[str]) -> tuple[str, ...]:
    """Return fields in the order of the data map."""
    return tuple(field.id for field in datamap.fields() if field.id in fields)
