"""The gate: may this data go to this recipient, for this purpose, on this basis? It changes nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection

from accounts.models import Account, Customer, Recipient, RecipientAgreement
from accounts.reasons import is_reason
from consent.models import Consent, ConsentVersion, Purpose
from consent.selectors import consents_in_force, is_announced, status_of
from disclosures.conditions import Condition
from disclosures.models import Format, LegalBasis, RecipientPolicy
from disclosures.models.releases import labels_of
from protection import datamap
from protection.datamap import DataClass
from protection.models import SealedFile

ENERGY_CLASSES = frozenset({DataClass.USAGE, DataClass.BILLING})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRequest:
    """What is asked of the gate.

    `[data_from, data_to)` are the provider's civil days. Empty `account_ids` or `usage_point_ids` mean all of the
    customers'. A customer's own request has neither recipient nor purpose.
    """

    customers: tuple[Customer, ...]
    basis: LegalBasis
    field_ids: tuple[str, ...]
    data_from: date
    data_to: date
    reason: str
    format: str = Format.CSV
    recipient: Recipient | None = None
    purpose: Purpose | None = None
    account_ids: tuple[int, ...] = ()
    usage_point_ids: tuple[int, ...] = ()
    document: SealedFile | None = None
    notice_served_on: date | None = None

    @property
    def is_own(self) -> bool:
        """Say whether it is a customer's own request."""
        return self.basis.kind == LegalBasis.Kind.OWN_REQUEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What may go out of one customer: the line that a release would write."""

    customer: Customer
    account_ids: tuple[int, ...]
    usage_point_ids: tuple[int, ...]
    field_ids: tuple[str, ...]
    data_from: date
    data_to: date
    consent_version: ConsentVersion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The gate's answer: what would go out, or everything that is missing; and what was asked for but stays."""

    shares: tuple[Share, ...]
    missing: tuple[Condition, ...]
    withheld_field_ids: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        """Say whether nothing is missing."""
        return not self.missing

    @property
    def effective_field_ids(self) -> tuple[str, ...]:
        """Return the fields that would go out of at least one customer, in the order of the data map."""
        granted = {field_id for share in self.shares for field_id in share.field_ids}
        return tuple(field.id for field in datamap.fields() if field.id in granted)

    @property
    def effective_labels(self) -> list[str]:
        """Return what people call the fields that would go out."""
        return labels_of(self.effective_field_ids)

    @property
    def withheld_labels(self) -> list[str]:
        """Return what people call the fields that were asked for but would stay."""
        return labels_of(self.withheld_field_ids)


def decide(request: ReleaseRequest, *, day: date, lock: bool = False) -> Decision:
    """Decide as things stand on `day`, today in the provider's zone.

    With `lock` neither consents nor the recipient's switch can change until the transaction ends.
    """
    if lock and request.recipient is not None:
        hold_recipient(request.recipient)
    fields = _permitted_fields(request)
    missing = [*_request_conditions(request), *_basis_conditions(request, day), *_recipient_conditions(request, day)]
    if not fields:
        missing.append(Condition("fields_missing"))
    elif request.format == Format.GREENBUTTON and not _has_energy(fields):
        missing.append(Condition("format_needs_usage"))
    shares: list[Share] = []
    if fields and request.data_from < request.data_to:
        for answer in _customer_answers(request, fields, day, lock=lock):
            if isinstance(answer, Share):
                shares.append(answer)
            else:
                missing.append(answer)
    granted = {field_id for share in shares for field_id in share.field_ids}
    return Decision(
        shares=() if missing else tuple(shares),
        missing=tuple(missing),
        withheld_field_ids=tuple(field_id for field_id in request.field_ids if field_id not in granted),
    )


def recipient_conditions(recipient: Recipient, *, needs_agreement: bool, day: date) -> Iterator[Condition]:
    """Yield what a recipient lacks on a day to be given anything: the switch, the agreement."""
    if recipient.is_stopped:
        yield Condition("recipient_stopped", {"recipient": str(recipient), "reason": recipient.stop_reason})
    agreements = RecipientAgreement.objects.in_force(day).filter(recipient=recipient)
    if (needs_agreement or recipient.kind == Recipient.Kind.CONTRACTOR) and not agreements.exists():
        yield Condition("agreement_missing", {"recipient": str(recipient)})


def hold_recipient(recipient: Recipient) -> None:
    """Have a stop of the recipient wait until the transaction ends, and read the switch as it is now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM accounts_recipient WHERE id = %s FOR SHARE", [recipient.pk])
    recipient.refresh_from_db()


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
    if not request.customers:
        yield Condition("customer_missing")


def _basis_conditions(request: ReleaseRequest, day: date) -> Iterator[Condition]:
    basis, purpose = request.basis, request.purpose
    if basis.kind == LegalBasis.Kind.AGGREGATE:
        yield Condition("basis_aggregate")
    if purpose is None and not request.is_own:
        yield Condition("purpose_missing")
    if purpose is not None and purpose.is_secondary and not basis.requires_consent:
        yield Condition("purpose_secondary", {"purpose": str(purpose)})
    if basis.requires_document and request.document is None:
        yield Condition("document_missing", {"basis": basis.name})
    if basis.notice_days:
        yield from _notice_conditions(request, day)


def _notice_conditions(request: ReleaseRequest, day: date) -> Iterator[Condition]:
    if request.notice_served_on is None:
        yield Condition("notice_missing")
        return
    ends = request.notice_served_on + timedelta(days=request.basis.notice_days)
    if ends > day:
        yield Condition("notice_running", {"day": ends - timedelta(days=1)})


def _recipient_conditions(request: ReleaseRequest, day: date) -> Iterator[Condition]:
    recipient, basis = request.recipient, request.basis
    if request.is_own:
        if recipient is not None or request.purpose is not None:
            yield Condition("recipient_not_wanted")
        return
    if recipient is None:
        yield Condition("recipient_missing")
        return
    if basis.recipient_kinds and recipient.kind not in basis.recipient_kinds:
        kind = recipient.get_kind_display()
        yield Condition("recipient_kind", {"basis": basis.name, "recipient": str(recipient), "kind": kind})
    if not is_announced(purpose=request.purpose, recipient=recipient):
        yield Condition("not_announced", {"recipient": str(recipient), "purpose": str(request.purpose or "")})
    yield from recipient_conditions(recipient, needs_agreement=basis.requires_agreement, day=day)


def _permitted_fields(request: ReleaseRequest) -> frozenset[str]:
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
    if request.recipient is not None:
        policy = RecipientPolicy.objects.filter(recipient=request.recipient).first()
        permitted &= set(policy.field_ids) if policy else permitted
    return frozenset(permitted)


def _has_energy(fields: frozenset[str]) -> bool:
    return any(
        field.id in fields and field.data_class in ENERGY_CLASSES and not field.id.startswith("account.")
        for field in datamap.fields()
    )


def _customer_answers(
    request: ReleaseRequest, fields: frozenset[str], day: date, *, lock: bool
) -> Iterator[Share | Condition]:
    """Yield for each customer what may go out, or what is missing."""
    accounts: dict[int, list[int]] = {}
    for pk, customer_id in Account.objects.filter(customer__in=request.customers).values_list("pk", "customer_id"):
        if not request.account_ids or pk in request.account_ids:
            accounts.setdefault(customer_id, []).append(pk)
    versions = _versions(request, day, lock=lock)
    for customer in request.customers:
        if customer.pk not in accounts:
            yield Condition("account_missing", {"customer": str(customer)})
            continue
        whole = Share(
            customer=customer,
            account_ids=tuple(sorted(accounts[customer.pk])),
            usage_point_ids=request.usage_point_ids,
            field_ids=_in_order(fields),
            data_from=request.data_from,
            data_to=request.data_to,
        )
        if request.basis.requires_consent:
            yield _best(request, whole, versions.get(customer.pk, []))
        else:
            yield whole


def _versions(request: ReleaseRequest, day: date, *, lock: bool) -> Mapping[int, list[ConsentVersion]]:
    if not request.basis.requires_consent or request.recipient is None or request.purpose is None:
        return {}
    found: dict[int, list[ConsentVersion]] = {}
    for version in consents_in_force(
        recipient=request.recipient, purpose=request.purpose, customers=request.customers, lock=lock
    ):
        found.setdefault(version.customer_id, []).append(version)
    return found


def _best(request: ReleaseRequest, whole: Share, versions: list[ConsentVersion]) -> Share | Condition:
    """Return the widest of what the customer's consents (one a project) permit, or what they lack."""
    if request.recipient is None or request.purpose is None:
        return Condition("recipient_missing" if request.recipient is None else "purpose_missing")
    if not versions:
        return consent_condition(whole.customer, request.recipient, request.purpose)
    answers = [_narrowed(whole, version) for version in versions]
    shares = [answer for answer in answers if isinstance(answer, Share)]
    return max(shares, key=lambda share: (len(share.field_ids), share.data_to - share.data_from), default=answers[0])


def _narrowed(whole: Share, version: ConsentVersion) -> Share | Condition:
    name = {"customer": str(whole.customer)}
    fields = [field_id for field_id in whole.field_ids if field_id in version.field_ids]
    if not fields:
        return Condition("consent_fields", name)
    first = max(whole.data_from, version.data_from or whole.data_from)
    end = min(whole.data_to, version.data_to or whole.data_to)
    if first >= end:
        last = version.data_to - timedelta(days=1) if version.data_to else "…"
        return Condition("consent_period", {**name, "first": version.data_from, "last": last})
    asked, consented = set(whole.usage_point_ids), set(version.usage_point_ids)
    points = (asked & consented) if asked and consented else (asked | consented)
    if asked and consented and not points:
        return Condition("consent_usage_points", name)
    return Share(
        customer=whole.customer,
        account_ids=whole.account_ids,
        usage_point_ids=tuple(sorted(points)),
        field_ids=tuple(fields),
        data_from=first,
        data_to=end,
        consent_version=version,
    )


def _in_order(fields: frozenset[str]) -> tuple[str, ...]:
    return tuple(field.id for field in datamap.fields() if field.id in fields)
