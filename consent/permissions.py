"""Who may give, narrow, withdraw and expire consents. The services ask here."""

from dataclasses import dataclass

from django.db import connection

from accounts.models import Customer, Role
from accounts.permissions import CONSENTING_PARTS, DESK_ROLES, is_bound
from ledger.actor import Actor

# What accounts.permissions answers one by one, in one round trip; tests hold the two to the same answers.
_STANDING = """
SELECT person.role,
    EXISTS (SELECT FROM accounts_member member JOIN accounts_account account ON account.id = member.account_id
            WHERE member.user_id = person.id AND account.customer_id = %(customer)s
              AND member.part = ANY (%(consenting)s)
              AND member.valid_from <= consent_today() AND coalesce(member.valid_to, 'infinity') > consent_today()),
    EXISTS (SELECT FROM accounts_member member JOIN accounts_account account ON account.id = member.account_id
            WHERE member.user_id = person.id AND account.customer_id = %(customer)s
              AND member.valid_from <= consent_today() AND coalesce(member.valid_to, 'infinity') > consent_today()),
    EXISTS (SELECT FROM accounts_confidentialityagreement agreement
            WHERE agreement.user_id = person.id AND agreement.valid_from <= consent_today()
              AND coalesce(agreement.valid_to, 'infinity') > consent_today()),
    EXISTS (SELECT FROM accounts_customeropening opening
            WHERE opening.user_id = person.id AND opening.customer_id = %(customer)s
              AND opening.expires_at > transaction_timestamp())
FROM accounts_user person
WHERE person.id = %(user)s AND person.is_active
"""


@dataclass(frozen=True, slots=True)
class _Standing:
    """What a user is to a customer today."""

    role: str
    may_agree: bool
    is_member: bool
    is_bound: bool
    has_opened: bool


def can_grant_consent(by: Actor, customer: Customer) -> bool:
    """Say whether the actor may record a consent of this customer.

    The holder or a guardian of an account may; staff who opened the customer; another system of the provider's whose
    owner is bound by a confidentiality agreement.
    """
    standing = _standing(by, customer)
    if standing is None:
        return False
    return standing.may_agree if standing.role == Role.CUSTOMER else _acts_at_the_desk(by, standing)


def can_withdraw_consent(by: Actor, customer: Customer) -> bool:
    """Say whether the actor may withdraw or narrow: any member of an account, or whoever may record a consent."""
    standing = _standing(by, customer)
    if standing is None:
        return False
    return standing.is_member if standing.role == Role.CUSTOMER else _acts_at_the_desk(by, standing)


def can_expire_consent(by: Actor) -> bool:
    """Say whether the actor may record that a consent ended by itself: the portal's own jobs only."""
    return by.kind == "system"


def can_choose_contact(by: Actor, customer: Customer) -> bool:
    """Say whether the actor may record a choice of messages: any member, or staff who opened the customer."""
    return by.kind != "client" and can_withdraw_consent(by, customer)


def can_widen_contact(by: Actor, customer: Customer) -> bool:
    """Say whether the actor may also approve more than before: not a mere member of the household."""
    return can_grant_consent(by, customer)


def can_send_at_desk(by: Actor) -> bool:
    """Say whether the actor may print letters, make calls and try failed messages again."""
    return is_bound(by, DESK_ROLES)


def _standing(by: Actor, customer: Customer) -> _Standing | None:
    """Return what the user who acts is to the customer; None behind a command line or job, or once shut out."""
    if by.user_id is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            _STANDING, {"user": by.user_id, "customer": customer.pk, "consenting": [str(p) for p in CONSENTING_PARTS]}
        )
        row = cursor.fetchone()
    return _Standing(*row) if row else None


def _acts_at_the_desk(by: Actor, standing: _Standing) -> bool:
    if standing.role not in DESK_ROLES or not standing.is_bound:
        return False
    return by.kind == "client" or standing.has_opened
