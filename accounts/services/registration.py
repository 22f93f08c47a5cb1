from datetime import date
from typing import Any

from django.db import transaction

from accounts.models import Account, AgentAuthorization, Customer, Guardianship, Member, User
from accounts.services.acts import record_act
from accounts.services.agents import add_agent_to
from accounts.services.guardians import add_guardian_to
from ledger.actor import Actor
from protection.blindindex import blind_index
from protection.clock import provider_today


@transaction.atomic
def create_customer(*, name: str, by: Actor, tax_id: str = "", bank_account: str = "", **details: Any) -> Customer:
    """Register a data subject with a data key of its own. `details` are further fields of Customer."""
    customer = Customer(name=name, **details)
    customer.tax_id = tax_id
    customer.bank_account = bank_account
    customer.tax_id_index = blind_index("customer.tax_id", tax_id) if tax_id else None
    customer.save()
    facts = {"customer": customer.uuid}
    record_act(kind="customer.registered", by=by, facts=facts, row_uuid=customer.uuid, customer=customer)
    return customer


@transaction.atomic
def create_account(*, customer: Customer, number: str, opened_on: date, by: Actor, **details: Any) -> Account:
    """Open an account (one tenancy) for a customer; who acts on all of the customer's accounts acts on this too.

    Raises IntegrityError when the number is taken.
    """
    account = Account.objects.create(customer=customer, number=number, opened_on=opened_on, **details)
    facts = {"account": account.uuid, "opened_on": opened_on}
    record_act(kind="account.opened", by=by, facts=facts, row_uuid=account.uuid, customer=customer)
    _extend_delegates(account, provider_today())
    return account


@transaction.atomic
def add_member(*, account: Account, user: User, part: str, valid_from: date, by: Actor) -> Member:
    """Give a user a part of their own (holder, adult member) in an account from a day on.

    Guardians and agents need proof: `link_guardian`, `authorise_agent`.
    """
    member = Member.objects.create(account=account, user=user, part=part, valid_from=valid_from)
    facts = {"account": account.uuid, "user": user.uuid, "part": part}
    record_act(kind="member.added", by=by, facts=facts, row_uuid=account.uuid, customer=account.customer)
    return member


def _extend_delegates(account: Account, day: date) -> None:
    for guardianship in Guardianship.objects.in_force(day).filter(customer=account.customer_id):
        add_guardian_to(account=account, guardianship=guardianship, day=day)
    running = AgentAuthorization.objects.filter(
        customer=account.customer_id, all_accounts=True, revoked_at__isnull=True, valid_to__gt=day
    )
    for authorization in running:
        add_agent_to(account=account, authorization=authorization)
