"""No confidentiality agreement in force, no personal data (promise W5): tried on every page of the provider."""

import pytest
from django.http import HttpResponse

from accounts.models import PROVIDER_ROLES, Customer, User
from accounts.services import open_customer
from ledger.actor import Actor
from protection.clock import provider_today
from tests.factories import ConfidentialityAgreementFactory, MemberFactory, UserFactory
from tests.portal.addresses import SAMPLES, Address, addresses
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db
PAGES = [address for address in addresses() if not address.is_api and address.roles]


def path_about(address: Address, customer: Customer) -> str:
    """Return the page's path with the customer's uuid in the place of the sample."""
    return address.path.replace(SAMPLES["uuid"], str(customer.uuid))


def body_of(response: HttpResponse) -> str:
    return "" if response.streaming else response.content.decode()


@pytest.fixture(params=sorted(PROVIDER_ROLES))
def lapsed(request: pytest.FixtureRequest) -> User:
    """One of the provider's people whose agreement ended today, and who had opened a customer before."""
    user: User = UserFactory(role=request.param)
    ConfidentialityAgreementFactory(user=user, valid_to=provider_today())
    return user


def test_no_page_shows_a_customer_to_who_is_not_bound_today(lapsed: User) -> None:
    member = MemberFactory(
        account__customer__name="Zenobia Unseen",
        account__customer__email="zenobia@home.example",
        account__customer__phone="555-010-9876",
    )
    customer = member.account.customer
    open_customer(customer=customer, reason="Call about a bill", by=Actor.of(UserFactory(staff=True, bound=True)))
    client = signed_in(lapsed, lately=True)
    pages = [page for page in PAGES if page.roles and lapsed.role in page.roles]
    assert len(pages) > 10

    shown = {
        page.name
        for page in pages
        if any(
            secret in body_of(client.get(path_about(page, customer)))
            for secret in ("Zenobia Unseen", "zenobia@home.example", member.account.number, customer.phone)
        )
    }

    assert shown == set()


def test_the_same_pages_do_show_the_customer_to_who_is_bound() -> None:
    member = MemberFactory(account__customer__name="Zenobia Unseen")
    clerk = UserFactory(staff=True, bound=True)
    open_customer(customer=member.account.customer, reason="Call about a bill", by=Actor.of(clerk))
    client = signed_in(clerk)

    assert "Zenobia Unseen" in body_of(client.get(f"/customers/{member.account.customer.uuid}/"))
