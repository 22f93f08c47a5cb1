"""Authorised agents: a customer's signed permission is taken in, and revoked in one click."""

from collections.abc import Collection
from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.errors import NotAllowedError, ProofError
from accounts.matching import SignatureCheck, check_against_record, is_matched
from accounts.models import Account, Act, AgentAuthorization, Customer, Member, Role, User
from accounts.permissions import can_manage_delegates, can_revoke_agent
from accounts.services.acts import record_act
from ledger.actor import Actor
from protection.clock import provider_today, transaction_time
from protection.evidence import CleanEvidence
from protection.files import seal_bytes
from protection.rowsecurity import provider_rows

LONGEST = 5
"""The most years that a permission is taken in for: one without an end is forgotten by who gave it."""


@transaction.atomic
def authorise_agent(
    *,
    customer: Customer,
    agent: User,
    acts: Collection[str],
    accounts: Collection[Account] = (),
    valid_from: date,
    valid_to: date,
    signed_on: date,
    signer_name: str,
    identity_document: str,
    evidence: CleanEvidence,
    check: SignatureCheck,
    by: Actor,
) -> AgentAuthorization:
    """Take in a customer's signed permission that somebody acts for them; to see is always among the acts.

    No `accounts` mean all of the customer's, also later ones. The period is half-open and begins today or later. Name
    and service address on the paper are held against the record as for a consent, and the result is kept. Raises
    NotAllowedError and ProofError.
    """
    if not can_manage_delegates(by, customer):
        raise NotAllowedError
    today = provider_today()
    _require_period(valid_from, valid_to, signed_on, today)
    _require_agent(agent, customer, today)
    if not signer_name.strip():
        raise ProofError("signer_name", _("Enter the name of the person who signed."))
    if unknown := set(acts) - set(Act.values):
        raise ProofError("acts", _("Choose from the acts that there are. Not among them: %s.") % ", ".join(unknown))
    authorization = AgentAuthorization.objects.create(
        customer=customer,
        agent=agent,
        acts=[act for act in Act.values if act in {Act.SEE, *acts}],
        all_accounts=not accounts,
        signed_on=signed_on,
        signer_name=signer_name.strip(),
        document=seal_bytes(
            evidence.content, name=evidence.name, content_type=evidence.content_type, retention_class="evidence"
        ),
        verification=_verified(customer, signer_name, check, today),
        identity_document=identity_document,
        valid_from=valid_from,
        valid_to=valid_to,
        recorded_by_id=by.user_id,
    )
    for account in accounts or customer.accounts.order_by("pk"):
        add_agent_to(account=account, authorization=authorization)
    facts = {
        "authorization": authorization.uuid,
        "agent": agent.uuid,
        "acts": authorization.acts,
        "accounts": sorted(str(account.uuid) for account in accounts) or "all",
        "valid_from": valid_from,
        "valid_to": valid_to,
        "signed_on": signed_on,
        "document": authorization.document.sha256,
        "original": evidence.original_sha256,
        "verification": authorization.verification,
    }
    record_act(kind="agent.authorised", by=by, facts=facts, row_uuid=authorization.uuid, customer=customer)
    return authorization


@transaction.atomic
def revoke_agent(*, authorization: AgentAuthorization, reason: str = "", by: Actor) -> AgentAuthorization:
    """End what an agent may do, at once; said again, nothing changes. Raises NotAllowedError."""
    if by.user_id is None or not can_revoke_agent(by, authorization):
        raise NotAllowedError
    # A customer's user may not write here; the service has asked whether they may do this.
    with provider_rows():
        authorization = AgentAuthorization.objects.select_related("customer").get(pk=authorization.pk)
        if authorization.revoked_at is not None:
            return authorization
        authorization.revoked_at, authorization.revoked_by_id = transaction_time(), by.user_id
        authorization.revoke_reason = reason.strip()
        authorization.save(update_fields=["revoked_at", "revoked_by", "revoke_reason"])
    facts = {"authorization": authorization.uuid, "reason": authorization.revoke_reason}
    record_act(kind="agent.revoked", by=by, facts=facts, row_uuid=authorization.uuid, customer=authorization.customer)
    return authorization


def add_agent_to(*, account: Account, authorization: AgentAuthorization) -> Member:
    """Make an agent a member of one account that the permission names. The permission is the act that is recorded."""
    return Member.objects.create(
        account=account,
        user=authorization.agent,
        part=Member.Part.AGENT,
        authorization=authorization,
        valid_from=authorization.valid_from,
        valid_to=authorization.valid_to,
    )


def _require_period(valid_from: date, valid_to: date, signed_on: date, today: date) -> None:
    if signed_on > today:
        raise ProofError("signed_on", _("The day of signing is still to come. Enter the day on the paper."))
    if valid_from < today:
        raise ProofError("valid_from", _("Choose today or a later day: nobody acts before the paper is recorded."))
    if valid_to <= valid_from:
        raise ProofError("valid_to", _("The last day must not come before the first."))
    if (valid_to.year - valid_from.year, valid_to.month, valid_to.day) > (LONGEST, valid_from.month, valid_from.day):
        raise ProofError("valid_to", _("Choose an end within %(years)s years.") % {"years": LONGEST})


def _require_agent(agent: User, customer: Customer, today: date) -> None:
    if agent.role != Role.CUSTOMER or not agent.is_active:
        raise ProofError("agent", _("Choose somebody who can sign in to this portal as a customer."))
    if customer.is_minor(today):
        raise ProofError("customer", _("For a minor the guardian acts. Link the guardian instead."))
    standing = Member.objects.in_force(today).filter(account__customer=customer, user=agent)
    if standing.exclude(part=Member.Part.AGENT).exists():
        raise ProofError("agent", _("This person has a part in this customer's accounts already."))


def _verified(customer: Customer, signer_name: str, check: SignatureCheck, today: date) -> dict[str, object]:
    verification = check_against_record(customer, signer_name, check)
    if not is_matched(verification):
        if not check.verified_with.strip():
            raise ProofError(
                "verified_with", _("Name or address differ from the record. Enter with whom you made sure, and when.")
            )
        if check.verified_on is None or check.verified_on > today:
            raise ProofError("verified_on", _("Enter the day on which you made sure, today or before."))
    return verification
