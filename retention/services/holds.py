from collections.abc import Iterable
from datetime import date

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Concealment, Customer, User
from accounts.permissions import DESK_ROLES
from accounts.selectors import active_user
from energy.models import UsagePoint
from energy.selectors import months_before
from ledger.actor import Actor
from ledger.models import Entry
from ledger.services import PROVIDER_TAG, record
from protection.clock import provider_today, transaction_time
from retention.errors import HoldError, NotAllowedError
from retention.models import HoldRelease, HoldReview, LegalHold
from retention.permissions import can_place_hold
from retention.schedule import BILLS, CLASSES, READINGS
from retention.services.proposals import decide, lock_undecided, propose, refuse_bad_fields

USAGE_AND_BILLS = (READINGS, BILLS)
REVIEWED_AFTER_MONTHS = 12
"""When a hold is looked at again, where who places it does not say."""


@transaction.atomic
def place_hold(
    *,
    reason: str,
    citation: str,
    by: Actor,
    customer: Customer | None = None,
    account: Account | None = None,
    usage_point: UsagePoint | None = None,
    all_subjects: bool = False,
    retention_classes: Iterable[str] = USAGE_AND_BILLS,
    data_from: date | None = None,
    data_to: date | None = None,
    owner: User | None = None,
    review_on: date | None = None,
    origin: str = "",
    is_confidential: bool = False,
    concealment: Concealment | None = None,
) -> LegalHold:
    """Keep data of one customer, account or usage point, or of everybody, past its time, once this commits.

    The data period is half-open, `data_to` not included. The owner, a user of the provider, answers for the hold and is
    reminded of its review: the placing user, unless given. `origin` names the row of an upper package that implies the
    hold (`rights.Correction:<uuid>`); that package has then checked the right itself, nobody reviews the hold, and
    asking twice for the same origin and subject returns the hold that is there. The customer is not told of a hold that
    is confidential or placed under an order not to tell (`concealment`), not by the ledger either. Waits for a purge's
    transaction that is under way, so that afterwards what is left is held. Raises NotAllowedError, or HoldError when
    subject, classes, period, review or texts make no sense.
    """
    precede_purges()
    is_confidential = is_confidential or concealment is not None
    same = {"origin": origin, "customer": customer, "account": account, "is_confidential": is_confidential}
    if origin and (found := LegalHold.objects.in_force().filter(**same).first()):
        return found
    if not origin and not can_place_hold(by):
        raise NotAllowedError
    owner = owner if owner or origin else active_user(by)
    hold = LegalHold(
        customer=customer,
        account=usage_point.account if usage_point and not account else account,
        usage_point=usage_point,
        all_subjects=all_subjects,
        retention_classes=_holdable(retention_classes),
        data_from=data_from,
        data_to=data_to,
        reason=reason.strip(),
        citation=citation.strip(),
        owner=owner.get_full_name() if owner else by.name,
        owner_user=owner,
        review_on=_review_day(review_on, is_implicit=bool(origin)),
        origin=origin,
        is_confidential=is_confidential,
        placed_by_id=by.user_id,
        placed_by_name=by.name,
    )
    _refuse_nonsense(hold)
    tag = bytes(concealment.tag) if concealment else _tag(hold)
    witness = record(kind="hold.placed", subject_tag=tag, evidence={"by": by.evidence(), **_described(hold)})
    for column, value in witness.columns().items():
        setattr(hold, column, value)
    hold.save(force_insert=True)
    return hold


def precede_purges() -> None:
    """Wait for a purge's transaction that is under way and make the next wait until the caller's transaction ends.

    An INSERT of a hold takes this lock by itself. Who locks other rows first (a customer's, to write to them) and
    places or ends a hold afterwards takes it before: a purge that holds the lock may be waiting for those rows.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE retention_legalhold IN ROW EXCLUSIVE MODE")


@transaction.atomic
def propose_release(*, hold: LegalHold, reason: str, by: Actor, is_origin_closed: bool = False) -> HoldRelease:
    """Ask for a hold's end, with the reason; it stays in force until another person approves.

    The hold of a legal demand can be ended so once that package says that the demand is closed. Raises NotAllowedError,
    HoldError for a hold that is over or ends with its origin, ProposalError without a reason or while another release
    waits.
    """
    if not can_place_hold(by):
        raise NotAllowedError
    _refuse_over(hold)
    if hold.ends_with_origin:
        raise HoldError(_("This hold ends by itself when what it was placed for is decided. Decide that instead."))
    if hold.is_implicit and not is_origin_closed:
        raise HoldError(_("This hold belongs to a legal demand that is open. Close the demand first."))
    proposal = HoldRelease(hold=hold, reason=reason)
    return propose(proposal, by, kind="hold.release_proposed", evidence={"hold": hold.uuid}, subject_tag=_tag(hold))


@transaction.atomic
def approve_release(*, release: HoldRelease, by: Actor) -> LegalHold:
    """End a hold as the second person; what it alone kept past its time goes with the next purge.

    Raises NotAllowedError, SecondPersonError for who proposed it, DecidedError, HoldError for a hold that is over.
    """
    if not can_place_hold(by):
        raise NotAllowedError
    precede_purges()
    release = lock_undecided(release)
    hold = LegalHold.objects.select_for_update().get(pk=release.hold_id)
    evidence = {"hold": hold.uuid}
    decide(release, by, is_approved=True, kind="hold.release_approved", evidence=evidence, subject_tag=_tag(hold))
    return _end(hold, release.reason, by)


@transaction.atomic
def refuse_release(*, release: HoldRelease, by: Actor) -> HoldRelease:
    """Leave a hold in force although its release was proposed; who proposed it may take it back like this.

    Raises NotAllowedError, DecidedError.
    """
    if not can_place_hold(by):
        raise NotAllowedError
    evidence = {"hold": release.hold.uuid}
    return decide(
        release,
        by,
        is_approved=False,
        kind="hold.release_refused",
        evidence=evidence,
        subject_tag=_tag(release.hold),
    )


@transaction.atomic
def release_holds_of(*, origin: str, reason: str, by: Actor) -> int:
    """End every hold that an upper package's row implied; return how many there were."""
    if not origin:
        return 0
    precede_purges()
    holds = list(LegalHold.objects.in_force().filter(origin=origin).select_for_update().order_by("pk"))
    for hold in holds:
        _end(hold, reason.strip(), by)
    return len(holds)


@transaction.atomic
def review_hold(
    *, hold: LegalHold, next_review_on: date, reason: str, by: Actor, owner: User | None = None
) -> HoldReview:
    """Keep a hold in force until its next review, and say why; `owner` answers for it from then on.

    Without `owner` the person who reviews does. Raises NotAllowedError, or HoldError for a hold that is over or
    implicit, a day that is not to come, a missing reason.
    """
    if not can_place_hold(by):
        raise NotAllowedError
    _refuse_over(hold)
    if hold.is_implicit:
        raise HoldError(_("This hold ends by itself when what it was placed for is decided; it needs no review."))
    owner = owner or active_user(by)
    review = HoldReview(
        hold=hold,
        reviewed_by_id=by.user_id,
        reviewed_by_name=by.name,
        next_review_on=_to_come(next_review_on),
        reason=reason.strip(),
        owner=owner.get_full_name() if owner else by.name,
        owner_user=owner,
    )
    if not review.reason:
        raise HoldError(_("State why the data must still be kept."))
    _refuse_stranger(owner)
    refuse_bad_fields(review, error=HoldError, exclude=_UNCHECKED)
    witness = record(
        kind="hold.reviewed",
        subject_tag=_tag(hold),
        evidence={
            "by": by.evidence(),
            "hold": hold.uuid,
            "next_review_on": review.next_review_on,
            "reason": review.reason,
            "owner": review.owner,
        },
    )
    for column, value in witness.columns().items():
        setattr(review, column, value)
    review.save(force_insert=True)
    return review


_UNCHECKED = {"entry_id", "salt", "evidence", "hold", "customer", "account", "usage_point"}
_RELEASE_COLUMNS = (
    "released_at",
    "released_by",
    "released_by_name",
    "release_reason",
    "release_entry_id",
    "release_salt",
    "release_evidence",
)


def _end(hold: LegalHold, reason: str, by: Actor) -> LegalHold:
    _refuse_over(hold)
    witness = record(
        kind="hold.released",
        subject_tag=_tag(hold),
        evidence={"by": by.evidence(), "hold": hold.uuid, "reason": reason},
    )
    hold.released_at = transaction_time()
    hold.released_by_id = by.user_id
    hold.released_by_name = by.name
    hold.release_reason = reason
    hold.release_entry_id = witness.entry_id
    hold.release_salt = witness.salt
    hold.release_evidence = witness.evidence
    hold.save(update_fields=_RELEASE_COLUMNS)
    return hold


def _holdable(codes: Iterable[str]) -> list[str]:
    wanted = sorted(set(codes))
    if refused := [code for code in wanted if code not in CLASSES or not CLASSES[code].is_holdable]:
        raise HoldError(_("Nothing called %(names)s can be held.") % {"names": ", ".join(refused)})
    return wanted


def _review_day(wished: date | None, *, is_implicit: bool) -> date | None:
    if is_implicit:
        return None
    return _to_come(wished or months_before(provider_today(), -REVIEWED_AFTER_MONTHS))


def _to_come(day: date) -> date:
    if day <= provider_today():
        raise HoldError(_("The day of the next review must be to come."))
    return day


def _refuse_over(hold: LegalHold) -> None:
    if not hold.is_in_force:
        raise HoldError(_("This hold was released before; there is nothing left to do."))


def _refuse_stranger(owner: User | None) -> None:
    if owner is not None and not (owner.is_active and owner.role in DESK_ROLES):
        raise HoldError(_("The responsible person must be an active member of staff or an administrator."))


def _refuse_nonsense(hold: LegalHold) -> None:
    if not (hold.reason and hold.citation):
        raise HoldError(_("State the reason, and the order or rule that requires the hold."))
    if hold.usage_point and hold.account and hold.usage_point.account_id != hold.account.pk:
        raise HoldError(_("The meter does not belong to this account. Choose one of the account's own."))
    _refuse_stranger(hold.owner_user)
    refuse_bad_fields(hold, error=HoldError, exclude=_UNCHECKED)


@transaction.atomic
def replace_hold(*, hold: LegalHold, reason: str, by: Actor, concealment: Concealment | None = None) -> LegalHold:
    """Place the hold of a legal demand anew, told to the customer or hidden from them, and end the former one.

    Nothing is unheld in between: both acts are in one transaction, and the database ends the hold of a demand without
    two persons only for another like it. Raises HoldError for any other hold.
    """
    if hold.ground != "demand" or hold.is_confidential == (concealment is not None):
        raise HoldError(_("Only the hold of a legal demand can be told or hidden afterwards."))
    precede_purges()
    placed = place_hold(
        customer=hold.customer,
        account=hold.account,
        retention_classes=hold.retention_classes,
        data_from=hold.data_from,
        data_to=hold.data_to,
        reason=hold.reason,
        citation=hold.citation,
        origin=hold.origin,
        concealment=concealment,
        by=by,
    )
    _end(LegalHold.objects.select_for_update(of=("self",)).get(pk=hold.pk), reason, by)
    return placed


def _tag(hold: LegalHold) -> bytes:
    """Return the ledger's tag for a hold: the customer's, unless they must not know of it."""
    if hold.is_confidential:
        tag = Entry.objects.filter(pk=hold.entry_id).values_list("subject_tag", flat=True).first()
        return bytes(tag) if tag else PROVIDER_TAG
    customer = hold.account.customer if hold.account else hold.customer
    return bytes(customer.tag) if customer else PROVIDER_TAG


def _described(hold: LegalHold) -> dict[str, object]:
    return {
        "hold": hold.uuid,
        "customer": hold.customer.uuid if hold.customer else None,
        "account": hold.account.uuid if hold.account else None,
        "usage_point": hold.usage_point.uuid if hold.usage_point else None,
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
