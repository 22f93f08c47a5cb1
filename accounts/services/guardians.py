"""Guardians of minors: staff verify who they are, and their right ends by the clock."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.errors import NotAllowedError, ProofError, ReasonMissingError
from accounts.models import Account, Customer, Guardianship, Member, Role, User
from accounts.permissions import can_manage_delegates
from accounts.reasons import is_reason
from accounts.services.acts import record_act
from ledger.actor import Actor
from protection.clock import provider_today, transaction_time
from protection.evidence import CleanEvidence
from protection.files import seal_bytes
from protection.models import SealedFile


@dataclass(frozen=True, slots=True)
class Verification:
    """How staff made sure who a guardian is: kinds of documents, how they were looked at, on which days.

    `approved_on` is the day on which the guardian agreed that we take and hold the minor's data.
    """

    relation: str
    proof: str
    identity_document: str
    method: str
    verified_on: date
    approved_on: date


@transaction.atomic
def link_guardian(
    *,
    customer: Customer,
    guardian: User,
    verification: Verification,
    evidence: CleanEvidence | None = None,
    by: Actor,
) -> Guardianship:
    """Let a verified parent or guardian act for a customer who is a minor, on every account, until they come of age.

    Raises NotAllowedError, and ProofError for a customer of age, a guardian who is no customer's user or a minor
    themselves, days to come, and a certified copy that is not attached.
    """
    if not can_manage_delegates(by, customer):
        raise NotAllowedError
    today = provider_today()
    _require_minor(customer, today)
    _require_fit(guardian, customer, today)
    for field in ("verified_on", "approved_on"):
        if getattr(verification, field) > today:
            raise ProofError(field, _("This day is still to come. Enter the day on which it happened."))
    if verification.method == "certified_copy" and evidence is None:
        raise ProofError("document", _("Attach the certified copy that was sent."))
    guardianship = Guardianship.objects.create(
        customer=customer,
        guardian=guardian,
        **{name: getattr(verification, name) for name in Verification.__slots__},
        document=_sealed(evidence),
        verified_by_id=by.user_id,
        valid_from=today,
    )
    facts = {
        "guardianship": guardianship.uuid,
        "guardian": guardian.uuid,
        **{name: getattr(verification, name) for name in Verification.__slots__},
        "document": guardianship.document.sha256 if guardianship.document else None,
    }
    record_act(kind="guardian.linked", by=by, facts=facts, row_uuid=guardianship.uuid, customer=customer)
    for account in customer.accounts.order_by("pk"):
        add_guardian_to(account=account, guardianship=guardianship, day=today)
    return guardianship


@transaction.atomic
def end_guardianship(*, guardianship: Guardianship, reason: str, by: Actor) -> Guardianship:
    """End a guardian's right at once; said again, nothing changes. Raises NotAllowedError, ReasonMissingError."""
    if not can_manage_delegates(by, guardianship.customer):
        raise NotAllowedError
    if not is_reason(reason):
        raise ReasonMissingError(_("State why it ends, in at least ten characters."))
    return _end(guardianship, Guardianship.EndCause.ENDED, reason.strip(), by)


@transaction.atomic
def end_at_majority(*, guardianship: Guardianship, by: Actor) -> Guardianship:
    """Record that a guardian's right has ended since the customer came of age. For the portal's own jobs.

    Raises NotAllowedError, and ProofError while the customer is a minor.
    """
    if by.kind != "system":
        raise NotAllowedError
    if guardianship.customer.is_minor(provider_today()):
        raise ProofError("customer", _("The customer is not of age yet."))
    return _end(guardianship, Guardianship.EndCause.CAME_OF_AGE, "", by)


@transaction.atomic
def name_owner(*, customer: Customer, owner: User, by: Actor) -> list[Member]:
    """Give a minor's accounts to their owner's own sign-in from the day on which they come of age.

    Raises NotAllowedError, and ProofError for a customer of age already or a user who cannot be the owner.
    """
    if not can_manage_delegates(by, customer):
        raise NotAllowedError
    today = provider_today()
    _require_minor(customer, today)
    is_guardian = Guardianship.objects.filter(customer=customer, guardian=owner, ended_at__isnull=True).exists()
    if owner.role != Role.CUSTOMER or not owner.is_active or is_guardian:
        raise ProofError("owner", _("Choose the customer's own sign-in, not that of a guardian or of another role."))
    starts: date = customer.of_age_on or today
    members = []
    for account in customer.accounts.order_by("pk"):
        if not Member.objects.filter(account=account, user=owner, valid_to__isnull=True).exists():
            member = Member.objects.create(account=account, user=owner, part=Member.Part.HOLDER, valid_from=starts)
            facts = {"account": account.uuid, "user": owner.uuid, "part": member.part, "valid_from": starts}
            record_act(kind="member.added", by=by, facts=facts, row_uuid=account.uuid, customer=customer)
            members.append(member)
    return members


def add_guardian_to(*, account: Account, guardianship: Guardianship, day: date) -> Member:
    """Make the guardian of an account's customer a member of it. The guardianship is the act that is recorded."""
    return Member.objects.create(
        account=account,
        user=guardianship.guardian,
        part=Member.Part.GUARDIAN,
        guardianship=guardianship,
        valid_from=day,
        verified_at=transaction_time() if guardianship.verified_by_id else None,
        verified_by_id=guardianship.verified_by_id,
    )


def _end(guardianship: Guardianship, cause: str, reason: str, by: Actor) -> Guardianship:
    guardianship = Guardianship.objects.select_related("customer").get(pk=guardianship.pk)
    if guardianship.is_ended:
        return guardianship
    guardianship.ended_at = transaction_time()
    guardianship.ended_by_id = by.user_id
    guardianship.end_cause, guardianship.end_reason = cause, reason
    guardianship.save(update_fields=["ended_at", "ended_by", "end_cause", "end_reason"])
    today = provider_today()
    guardianship.memberships.filter(valid_to__isnull=True, valid_from__lt=today).update(valid_to=today)
    facts = {"guardianship": guardianship.uuid, "cause": cause, "reason": reason}
    record_act(kind="guardian.ended", by=by, facts=facts, row_uuid=guardianship.uuid, customer=guardianship.customer)
    return guardianship


def _require_minor(customer: Customer, today: date) -> None:
    if not customer.is_minor(today):
        raise ProofError(
            "customer",
            _("By the recorded date of birth this customer is no minor. Correct it first, or name an agent instead."),
        )


def _require_fit(guardian: User, customer: Customer, today: date) -> None:
    if guardian.role != Role.CUSTOMER or not guardian.is_active:
        raise ProofError("guardian", _("Choose somebody who can sign in to this portal as a customer."))
    own = Customer.objects.filter(accounts__members__user=guardian, accounts__members__part=Member.Part.HOLDER)
    if any(person.is_minor(today) for person in own):
        raise ProofError("guardian", _("This person is a minor themselves. Only somebody of age can be a guardian."))
    if Member.objects.filter(account__customer=customer, user=guardian, valid_to__isnull=True).exists():
        raise ProofError("guardian", _("This person has a part in this customer's accounts already."))


def _sealed(evidence: CleanEvidence | None) -> SealedFile | None:
    if evidence is None:
        return None
    return seal_bytes(
        evidence.content, name=evidence.name, content_type=evidence.content_type, retention_class="evidence"
    )
