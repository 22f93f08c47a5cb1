from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.errors import NotAllowedError
from consent.errors import (
    AgentScopeError,
    NotGrantedError,
    NothingChangedError,
    NothingLeftError,
    RequestReusedError,
    StillRunsError,
    WiderError,
)
from consent.models import Consent, ConsentVersion
from consent.permissions import Authority, authority_to_withdraw, can_expire_consent
from consent.selectors import ended_consents, status_of
from consent.services.scope import require_own_usage_points
from consent.services.versions import Act, append_version, head_key, take_turns
from consent.states import ENDS_ITSELF
from energy.models import UsagePoint
from ledger.actor import Actor
from protection.clock import provider_today, transaction_time
from protection.rowsecurity import provider_rows

Kind = ConsentVersion.Kind
Method = ConsentVersion.Method
_NARROWED = ("field_ids", "usage_point_ids", "data_from", "data_to", "permission_to")


@dataclass(frozen=True, slots=True)
class _Scope:
    """What a consent covers once it is narrowed."""

    field_ids: list[str]
    usage_point_ids: list[int]
    data_from: date
    data_to: date | None
    permission_from: date
    permission_to: date | None


@transaction.atomic
def withdraw_consent(
    *, consent: Consent, reason: str = "", method: str = "", request_id: UUID | None = None, by: Actor
) -> Consent:
    """End a consent: no release that begins after this commits may lean on it. Return the consent.

    A release that is being made holds the head; the withdrawal waits for it and counts from the next one on. Any member
    of the customer's accounts may withdraw, and staff whom the customer asked (`method` says how). Withdrawing again
    changes nothing; the same `request_id` again does not end a consent that was given anew in between. Raises
    NotAllowedError, NotGrantedError where the consent has expired, RequestReusedError.
    """
    consent, authority = _in_turn(consent, by, request_id)
    wanted = {"kind": Kind.WITHDRAW, "reason": reason.strip(), "method": method or _usual_method(by)}
    if _is_repeated(consent, request_id, wanted):
        return consent
    if consent.current_version is not None and consent.current_version.kind == Kind.WITHDRAW:
        return consent
    if not consent.is_granted:
        raise NotGrantedError
    _require_within(authority, consent)
    details = {
        "reason": wanted["reason"],
        "method": wanted["method"],
        "request_id": request_id,
        "guardianship_id": authority.guardianship_id,
        "authorization_id": authority.authorization_id,
    }
    return append_version(Act(consent, Kind.WITHDRAW, by, transaction_time(), details))


@transaction.atomic
def narrow_consent(
    *,
    consent: Consent,
    field_ids: Collection[str] | None = None,
    usage_point_ids: Collection[int] | None = None,
    data_from: date | None = None,
    data_to: date | None = None,
    permission_to: date | None = None,
    reason: str = "",
    method: str = "",
    request_id: UUID | None = None,
    by: Actor,
) -> Consent:
    """Make a consent cover less: fewer fields, fewer usage points, a shorter span of data, an earlier end.

    What is None stays as it is. The same `request_id` again changes nothing more. Raises NotAllowedError,
    NotGrantedError, WiderError where something would grow, NothingChangedError, NothingLeftError where a withdrawal is
    meant, and RequestReusedError.
    """
    consent, authority = _in_turn(consent, by, request_id)
    given = {
        "field_ids": None if field_ids is None else sorted(set(field_ids)),
        "usage_point_ids": None if usage_point_ids is None else sorted(set(usage_point_ids)),
        "data_from": data_from,
        "data_to": data_to,
        "permission_to": permission_to,
    }
    given = {name: value for name, value in given.items() if value is not None}
    wanted = {"kind": Kind.NARROW, "reason": reason.strip(), "method": method or _usual_method(by)}
    if _is_repeated(consent, request_id, wanted, given):
        return consent
    today = provider_today()
    former = consent.scope_version
    if former is None or former.data_from is None or not status_of(consent, today).can_change:
        raise NotGrantedError
    terms = {name: given.get(name, getattr(former, name)) for name in _NARROWED}
    scope = _Scope(**terms, permission_from=max(today, former.permission_from or today))
    _require_within(authority, consent)
    _require_narrower(former, scope)
    require_own_usage_points(consent.customer, scope.usage_point_ids)
    details = {
        "reason": wanted["reason"],
        "method": wanted["method"],
        "request_id": request_id,
        "notice_text": former.notice_text,
        "signed_on": today,
        "signer_name": by.name if by.kind == "customer" else former.signer_name,
        "guardianship_id": former.guardianship_id,
        "authorization_id": authority.authorization_id,
        **asdict(scope),
    }
    return append_version(Act(consent, Kind.NARROW, by, transaction_time(), details, served=former.served_notice))


@transaction.atomic
def expire_consent(*, consent: Consent, by: Actor) -> Consent:
    """Record that a consent has ended by itself, and why: its period is over, or its account is closed.

    It permits nothing from its end on even without this; what is recorded stays its end, also if an account opens anew.

    For the portal's own jobs. Raises NotAllowedError, NotGrantedError, StillRunsError.
    """
    if not can_expire_consent(by):
        raise NotAllowedError
    consent = _as_it_is_now(consent)
    if not consent.is_granted:
        raise NotGrantedError
    state = status_of(consent).code
    if state not in ENDS_ITSELF:
        raise StillRunsError
    return append_version(Act(consent, Kind.EXPIRE, by, transaction_time(), {"cause": str(state)}))


def expire_consents(*, by: Actor) -> int:
    """Record the end of every consent that ended by itself, each in a transaction of its own; return how many.

    Run twice, or by two at once, each end is recorded once.
    """
    with provider_rows():
        due = list(ended_consents(provider_today()).values_list("pk", flat=True))
    return sum(_expire_one(pk, by) for pk in due)


def _expire_one(pk: int, by: Actor) -> bool:
    with provider_rows():
        try:
            expire_consent(consent=Consent.objects.get(pk=pk), by=by)
        except (NotGrantedError, StillRunsError):
            return False
    return True


def _in_turn(consent: Consent, by: Actor, request_id: UUID | None) -> tuple[Consent, Authority]:
    """Return the consent as it is now, while nobody else changes it or sends the same request, and by what right."""
    authority = authority_to_withdraw(by, consent.customer)
    if authority is None:
        raise NotAllowedError
    return _as_it_is_now(consent, *([request_id] if request_id else [])), authority


def _require_within(authority: Authority, consent: Consent) -> None:
    """Raise AgentScopeError where an agent of some accounts would change what concerns others too."""
    if authority.account_ids is None:
        return
    points = consent.scope_version.usage_point_ids if consent.scope_version else []
    own = UsagePoint.objects.filter(pk__in=points, account__in=authority.account_ids)
    if not points or own.count() < len(points):
        raise AgentScopeError


def _is_repeated(
    consent: Consent, request_id: UUID | None, wanted: dict[str, Any], given: dict[str, Any] | None = None
) -> bool:
    """Say whether this very request was done before. Raises RequestReusedError where it asked for something else.

    What a narrowing did not name stayed as it was in the scope before it.
    """
    earlier = ConsentVersion.objects.filter(request_id=request_id).first() if request_id else None
    if earlier is None:
        return False
    expected = {"consent_id": consent.pk, **wanted}
    if given is not None:
        former = consent.versions.with_scope().filter(number__lt=earlier.number).order_by("-number").first()
        expected |= {name: given.get(name, getattr(former, name, None)) for name in _NARROWED}
    if any(getattr(earlier, name) != value for name, value in expected.items()):
        raise RequestReusedError
    return True


def _as_it_is_now(consent: Consent, *further: object) -> Consent:
    take_turns(head_key(consent.customer_id, consent.recipient_id, consent.purpose_id, consent.project), *further)
    joined = ("scope_version__notice_text__notice", "scope_version__served_notice")
    return Consent.objects.with_scope().select_related(*joined).get(pk=consent.pk)


def _usual_method(by: Actor) -> str:
    return Method.PORTAL if by.kind == "customer" else Method.TELEPHONE


def _require_narrower(former: ConsentVersion, scope: _Scope) -> None:
    if not scope.field_ids or (scope.permission_to is not None and scope.permission_to <= scope.permission_from):
        raise NothingLeftError
    if scope.data_to is not None and scope.data_to <= scope.data_from:
        raise NothingLeftError
    wider = {
        "field_ids": not set(scope.field_ids) <= set(former.field_ids),
        "usage_point_ids": bool(former.usage_point_ids)
        and not set() < set(scope.usage_point_ids) <= set(former.usage_point_ids),
        "data_from": former.data_from is not None and scope.data_from < former.data_from,
        "data_to": _is_later(scope.data_to, former.data_to),
        "permission_to": _is_later(scope.permission_to, former.permission_to),
    }
    for name, is_wider in wider.items():
        if is_wider:
            raise WiderError(name)
    if all(getattr(scope, name) == getattr(former, name) for name in wider):
        raise NothingChangedError


def _is_later(end: date | None, former_end: date | None) -> bool:
    """Say whether one open or closed end lies beyond another; None is no end."""
    return former_end is not None and (end is None or end > former_end)
