"""A customer with an account, a contractor under agreement and a clerk who opened the customer."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from accounts.models import Account, Customer, Recipient, User
from accounts.services import open_customer
from consent.models import Consent, Purpose
from consent.services import withdraw_consent
from disclosures.gate import ReleaseRequest
from disclosures.models import LegalBasis, Release
from disclosures.requesters import Requester
from disclosures.services import release_disclosure
from ledger.actor import Actor
from tests.consent.factories import granted
from tests.factories import AccountFactory, RecipientFactory, UserFactory

FIELDS = ("customer.name", "account.number", "usage.readings")
FROM, TO = date(2025, 3, 1), date(2025, 4, 1)
REQUESTER = Requester(
    name="Sergeant R. Sample, Valle Claro Police",
    authority="Example Code 12.3",
    delivery_address="1 Example Plaza, Valle Claro",
)
WHY = "The customer asked for an energy audit."


def basis(code: str) -> LegalBasis:
    """Return a legal basis by its code."""
    return LegalBasis.objects.get(code=code)


def purpose(code: str) -> Purpose:
    """Return a purpose by its code."""
    return Purpose.objects.get(code=code)


def clerk_for(*customers: Customer) -> User:
    """Return a bound clerk who opened these customers."""
    user = UserFactory.create(staff=True, bound=True)
    for customer in customers:
        open_customer(customer=customer, reason="The customer sent us a form.", by=Actor.of(user))
    return user


@dataclass
class Case:
    """Who takes part in a release."""

    account: Account = field(default_factory=AccountFactory.create)
    recipient: Recipient = field(default_factory=lambda: RecipientFactory.create(under_agreement=True))
    clerk: User = field(init=False)

    def __post_init__(self) -> None:
        self.clerk = clerk_for(self.customer)

    @property
    def customer(self) -> Customer:
        return self.account.customer

    @property
    def by(self) -> Actor:
        return Actor.of(self.clerk)

    def consented(self, **changes: Any) -> Consent:
        """Record the customer's consent to the default fields."""
        terms = {"field_ids": FIELDS, "data_from": date(2024, 1, 1), **changes}
        return granted(customer=self.customer, recipient=self.recipient, by=self.by, **terms)

    def withdraw(self, consent: Consent) -> None:
        """Withdraw a consent on the customer's behalf."""
        withdraw_consent(consent=consent, by=self.by)

    def request(self, **changes: Any) -> ReleaseRequest:
        """Return a request for the default fields of March 2025, on written consent, with changes."""
        asked = ReleaseRequest(
            customers=(self.customer,),
            basis=basis("written_consent"),
            recipient=self.recipient,
            purpose=purpose("energy_analysis"),
            field_ids=FIELDS,
            data_from=FROM,
            data_to=TO,
            reason=WHY,
        )
        return replace(asked, **changes)

    def released(self, **changes: Any) -> Release:
        """Return a release that the gate allowed."""
        return release_disclosure(request=self.request(**changes), by=self.by)
