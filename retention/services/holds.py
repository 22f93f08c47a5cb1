from collections.abc import Iterable
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Customer
from ledger.actor import Actor
from ledger.services import PROVIDER_TAG, record
from protection.clock import transaction_time
from retention.errors import HoldError, NotAllowedError, SecondPersonError
from retention.models import LegalHold
from retention.permissions import can_place_hold
from retention.schedule import BILLS, CLASSES, READINGS

USAGE_AND_BILLS = (READINGS, BILLS)


@transaction.atomic
def place_hold(
    *,
    reason: str,
    citation: str,
    by: Actor,
    customer: Customer | None = None,
    account: Account | None = None,
    all_subjects: bool = False,
    retention_classes: Iterable[str] = USAGE_AND_BILLS,
    data_from: date | None = None,
    data_to: date | None = None,
    owner: str = "",
    review_on: date | None = None,
    origin: str = "",
    is_confidential: bool = False,
) -> LegalHold:
    """Keep data of one customer, one account or everybody past its time, from the moment this commits.

    The data period is half-open, `data_to` not included. `origin` names the row of an upper package that implies the
    hold (`rights.Correction:<uuid>`); that package has then checked the right itself, and asking twice for the same
    origin returns the hold that is there. Waits for a purge's transaction that is under way, so that afterwards what
    is left is held. Raises NotAllowedError, or HoldError when subject, classes or period make no sense.
    """
    if origin and (found := LegalHold.objects.in_force().filter(origin=origin).first()):
        return found
    if not origin and not can_place_hold(by):
        raise NotAllowedError
    hold = LegalHold(
        customer=customer,
        account=account,
        all_subjects=all_subjects,
        retention_classes=_holdable(retention_classes),
        data_from=data_from,
        data_to=data_to,
        reason=reason.strip(),
        citation=citation.strip(),
        owner=owner.strip() or by.name,
        review_on=review_on,
        origin=origin,
        is_confidential=is_confidential,
        placed_by_id=by.user_id,
        placed_by_name=by.name,
    )
    _refuse_nonsense(hold)
    witness = record(kind="hold.placed", subject_tag=_tag(hold), evidence={"by": by.evidence(), **_described(hold)})
    for column, value in witness.columns().items():
        setattr(hold, column, value)
    hold.save(force_insert=True)
    return hold


@transaction.atomic
def release_hold(*, hold: LegalHold, reason: str, by: Actor) -> LegalHold:
    """End a hold; what it alone kept past its time goes with the next purge.

    Raises SecondPersonError for the person who placed it, NotAllowedError without the right, HoldError when it is
    already released or no reason is given. A hold with an origin is released by its package when the origin ends.
    """
    hold = LegalHold.objects.select_for_update().get(pk=hold.pk)
    if not hold.is_in_force:
        raise HoldError(_("This hold was released before; there is nothing left to do."))
    if not reason.strip():
        raise HoldError(_("State why the hold is released."))
    if not hold.origin:
        if not can_place_hold(by):
            raise NotAllowedError
        if _is_same_person(hold, by):
            raise SecondPersonError
    witness = record(
        kind="hold.released",
        subject_tag=_tag(hold),
        evidence={"by": by.evidence(), "hold": hold.uuid, "reason": reason.strip()},
    )
    hold.released_at = transaction_time()
    hold.released_by_id = by.user_id
    hold.released_by_name = by.name
    hold.release_reason = reason.strip()
    hold.release_entry_id = witness.entry_id
    hold.release_salt = witness.salt
    hold.release_evidence = witness.evidence
    hold.save(update_fields=_RELEASE_COLUMNS)
    return hold


def release_holds_of(*, origin: str, reason: str, by: Actor) -> int:
    """End every hold that an upper package's row implied; return how many there were."""
    holds = list(LegalHold.objects.in_force().filter(origin=origin).order_by("pk")) if origin else []
    for hold in holds:
        release_hold(hold=hold, reason=reason, by=by)
    return len(holds)


_RELEASE_COLUMNS = (
    "released_at",
    "released_by",
    "released_by_name",
    "release_reason",
    "release_entry_id",
    "release_salt",
    "release_evidence",
)


def _holdable(codes: Iterable[str]) -> list[str]:
    wanted = sorted(set(codes))
    if refused := [code for code in wanted if code not in CLASSES or not CLASSES[code].is_holdable]:
        raise HoldError(_("Nothing called %(names)s can be held.") % {"names": ", ".join(refused)})
    return wanted


def _refuse_nonsense(hold: LegalHold) -> None:
    if not (hold.reason and hold.citation and hold.owner):
        raise HoldError(_("State the reason, the order or rule that requires the hold, and who is responsible for it."))
    try:
        hold.validate_constraints()
    except ValidationError as error:
        raise HoldError(" ".join(error.messages)) from error


def _is_same_person(hold: LegalHold, by: Actor) -> bool:
    if hold.placed_by_id is not None and by.user_id is not None:
        return hold.placed_by_id == by.user_id
    return hold.placed_by_name == by.name


def _tag(hold: LegalHold) -> bytes:
    customer = hold.account.customer if hold.account else hold.customer
    return bytes(customer.tag) if customer else PROVIDER_TAG


def _described(hold: LegalHold) -> dict[str, object]:
    return {
        "hold": hold.uuid,
        "customer": hold.customer.uuid if hold.customer else None,
        "account": hold.account.uuid if hold.account else None,
        "all_subjects": hold.all_subjects,
        "retention_classes": hold.retention_classes,
        "data_from": hold.data_from,
        "data_to": hold.data_to,
        "reason": hold.reason,
        "citation": hold.citation,
        "owner": hold.owner,
        "review_on": hold.review_on,
        "origin": hold.origin,
    }
