from datetime import date
from typing import Any

from django.db import transaction

from accounts.models import Account, Customer, Member, User
from ledger.actor import Actor
from ledger.services import record
from protection.blindindex import blind_index


@transaction.atomic
def create_customer(*, name: str, by: Actor, tax_id: str = "", bank_account: str = "", **details: Any) -> Customer:
    """Register a data subject with a data key of its own. `details` are further fields of Customer."""
    customer = Customer(name=name, **details)
    customer.tax_id = tax_id
    customer.bank_account = bank_account
    customer.tax_id_index = blind_index("customer.tax_id", tax_id) if tax_id else None
    customer.save()
    record(
        kind="customer.registered",
        subject_tag=bytes(customer.tag),
        evidence={"by": by.evidence(), "customer": customer.uuid},
    )
    return customer


@transaction.atomic
def create_account(*, customer: Customer, number: str, opened_on: date, by: Actor, **details: Any) -> Account:
    """Open an account (one tenancy) for a customer. Raises IntegrityError when the number is taken."""
    account = Account.objects.create(customer=customer, number=number, opened_on=opened_on, **details)
    record(
        kind="account.opened",
        subject_tag=bytes(customer.tag),
        evidence={"by": by.evidence(), "account": account.uuid, "opened_on": opened_on},
    )
    return account


@transaction.atomic
def add_member(*, account: Account, user: User, part: str, valid_from: date, by: Actor) -> Member:
    """Give a user a part in an account from a day on."""
    member = Member.objects.create(account=account, user=user, part=part, valid_from=valid_from)
    record(
        kind="member.added",
        subject_tag=bytes(account.customer.tag),
        evidence={"by": by.evidence(), "account": account.uuid, "user": user.uuid, "part": part},
    )
    return member
