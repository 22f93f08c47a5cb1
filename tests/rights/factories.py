"""Cases of customers, made by the services that make them in life."""

from typing import Any

from accounts.models import Account, Customer, User
from accounts.services import open_customer
from ledger.actor import Actor
from rights.models import Correction, RightsRequest
from rights.services import correct_field, decide_correction, file_request
from tests.factories import MemberFactory, UserFactory

REASON = "The customer asked us on the telephone"


def a_member() -> tuple[User, Account]:
    """Return a customer's user and the account that they hold."""
    member = MemberFactory()
    return member.user, member.account


def staff_who_opened(customer: Customer) -> User:
    """Return a member of staff who opened the customer for a reason."""
    user = UserFactory(staff=True, bound=True)
    open_customer(customer=customer, reason=REASON, by=Actor.of(user))
    return user


def a_pending_correction(*, name: str = "Alexandra Sample") -> Correction:
    """Return a customer's correction of the name on the account, which staff have to decide."""
    user, account = a_member()
    return correct(user, account.customer, "customer.name", name)


def correct(user: User, row: Customer | Account, field_id: str, value: str, **more: Any) -> Correction:
    """Correct a field as its customer."""
    customer = row if isinstance(row, Customer) else row.customer
    return correct_field(customer=customer, row=row, field_id=field_id, value=value, by=Actor.of(user), **more)


def an_open_request(**more: Any) -> RightsRequest:
    """Return a request that waits for an answer."""
    user, account = a_member()
    fields = {"kind": RightsRequest.Kind.INQUIRY, "text": "Who can read my meter?", **more}
    return file_request(customer=account.customer, by=Actor.of(user), **fields)


def a_refused_correction() -> Correction:
    """Return a customer's correction of the name on the account, which staff refused."""
    correction = a_pending_correction()
    by = Actor.of(staff_who_opened(correction.customer))
    return decide_correction(correction=correction, accept=False, reason="The register says otherwise.", by=by)
