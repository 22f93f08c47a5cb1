"""Who may give, narrow, withdraw and expire consents. The services ask here."""

import json
from dataclasses import dataclass
from typing import Any

from django.db import connection

from accounts.models import Act, Customer, Member, Recipient, RecipientAgreement, Role
from accounts.permissions import DESK_ROLES, is_bound
from accounts.selectors import active_user
from ledger.actor import Actor
from protection.clock import provider_today

# What accounts.permissions answers one by one, in one round trip; tests hold the two to the same answers.
_STANDING = """
SELECT person.role,
    (SELECT coalesce(jsonb_agg(held), '[]') FROM accounts_memberships(consent_today()) held
     WHERE held.user_id = person.id AND held.customer_id = %(customer)s),
    EXISTS (SELECT FROM accounts_confidentialityagreement agreement
            WHERE agreement.user_id = person.id AND agreement.valid_from <= consent_today()
              AND coalesce(agreement.valid_to, 'infinity') > consent_today()),
    EXISTS (SELECT FROM accounts_customeropening opening
            WHERE opening.user_id = person.id AND opening.customer_id = %(customer)s
              AND opening.expires_at > transaction_timestamp())
FROM accounts_user person
WHERE person.id = %(user)s AND person.is_active
"""
_STRENGTH = (Member.Part.HOLDER, Member.Part.GUARDIAN, Member.Part.ADULT_MEMBER, Member.Part.AGENT)
"""On which membership an act rests where a user has several: their own before one for somebody else."""


@dataclass(frozen=True, slots=True)
class Authority:
    """By what right somebody acts on a customer's consents.

    `part` is that of a member, or empty at the desk. A guardian's and an agent's right is proved by a row of accounts,
    whose id is here. `account_ids` are the accounts that the right is limited to; None: all of the customer's.
    """

    part: str = ""
    guardianship_id: int | None = None
    authorization_id: int | None = None
    account_ids: tuple[int, ...] | None = None


AT_THE_DESK = Authority()


@dataclass(frozen=True, slots=True)
class _Standing:
    """What a user is to a customer today."""

    role: str
    memberships: list[dict[str, Any]]
    is_bound: bool
    has_opened: bool

    def authority_to(self, act: Act) -> Authority | None:
        """Return the strongest right among the user's memberships to do this; None where there is none."""
        held = [each for each in self.memberships if act in each["acts"]]
        if not held:
            return None
        best = min(held, key=lambda each: (_STRENGTH.index(each["part"]), not each["all_accounts"]))
        limited = None if best["all_accounts"] else tuple(each["account_id"] for each in held)
        return Authority(best["part"], best["guardianship_id"], best["authorization_id"], limited)


def authority_to_grant(by: Actor, customer: Customer) -> Authority | None:
    """Return by what right the actor may record a consent of this customer; None where there is none.

    The holder of an account may, or an agent whose permission says so; for a minor the guardian alone. So may staff who
    opened the customer, and another system of the provider's whose owner is bound by a confidentiality agreement.
    """
    return _authority(by, customer, Act.CONSENT)


def authority_to_withdraw(by: Actor, customer: Customer) -> Authority | None:
    """Return by what right the actor may withdraw or narrow: any member but an agent who may not, or the desk."""
    return _authority(by, customer, Act.WITHDRAW)


def can_grant_consent(by: Actor, customer: Customer) -> bool:
    """Say whether the actor may record a consent of this customer (see `authority_to_grant`)."""
    return authority_to_grant(by, customer) is not None


def can_withdraw_consent(by: Actor, customer: Customer) -> bool:
    """Say whether the actor may withdraw or narrow (see `authority_to_withdraw`)."""
    return authority_to_withdraw(by, customer) is not None


def can_expire_consent(by: Actor) -> bool:
    """Say whether the actor may record that a consent ended by itself: the portal's own jobs only."""
    return by.kind == "system"


def can_choose_contact(by: Actor, customer: Customer) -> bool:
    """Say whether the actor may record a choice of messages: a member, no agent, or staff who opened the customer."""
    authority = authority_to_withdraw(by, customer)
    return by.kind != "client" and authority is not None and authority.part != Member.Part.AGENT


def can_widen_contact(by: Actor, customer: Customer) -> bool:
    """Say whether the actor may also approve more than before: not a mere member of the household."""
    authority = authority_to_grant(by, customer)
    return authority is not None and authority.part != Member.Part.AGENT


def can_manage_notices(by: Actor) -> bool:
    """Say whether the actor may write and approve notices and purposes: administrators, named operators."""
    return is_bound(by, frozenset({Role.ADMINISTRATOR}))


def can_file_requests(by: Actor, recipient: Recipient) -> bool:
    """Say whether the actor may file requests for an organization: its own user, while it may receive data.

    It must not be stopped, and a confidentiality agreement with it must be in force.
    """
    user = active_user(by) if by.kind == Role.RECIPIENT else None
    if user is None or user.recipient_id != recipient.pk:
        return False
    is_bound_today = RecipientAgreement.objects.in_force(provider_today()).filter(recipient=recipient).exists()
    return is_bound_today and Recipient.objects.receiving().filter(pk=recipient.pk).exists()


def can_send_at_desk(by: Actor) -> bool:
    """Say whether the actor may print letters, make calls and try failed messages again."""
    return is_bound(by, DESK_ROLES)


def _authority(by: Actor, customer: Customer, act: Act) -> Authority | None:
    standing = _standing(by, customer)
    if standing is None:
        return None
    if standing.role == Role.CUSTOMER:
        return standing.authority_to(act)
    return AT_THE_DESK if _acts_at_the_desk(by, standing) else None


def _standing(by: Actor, customer: Customer) -> _Standing | None:
    """Return what the user who acts is to the customer; None behind a command line or job, or once shut out."""
    if by.user_id is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, {"user": by.user_id, "customer": customer.pk})
        row = cursor.fetchone()
    if row is None:
        return None
    role, memberships, *desk = row
    return _Standing(role, json.loads(memberships), *desk)


def _acts_at_the_desk(by: Actor, standing: _Standing) -> bool:
    if standing.role not in DESK_ROLES or not standing.is_bound:
        return False
    return by.kind == "client" or standing.has_opened
