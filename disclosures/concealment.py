"""Under which tag of the ledger a step of a demand is recorded, so that nobody is told of it too early."""

from collections.abc import Iterable

from accounts.models import Concealment
from disclosures.models import LegalDemand
from ledger.services import PROVIDER_TAG


def concealments_of(demand: LegalDemand | None) -> list[Concealment]:
    """Return what an order not to tell hides of a demand now, one a customer; nothing without a demand or an order."""
    if demand is None:
        return []
    return list(Concealment.objects.running().filter(origin=demand.origin).order_by("pk"))


def tag_of(demand: LegalDemand) -> bytes:
    """Return the ledger's tag for a step of a demand.

    That of the one customer whom it names, or of what hides it from them; of a demand that names several, the
    provider's: an entry stands under one tag.
    """
    named = {subject.customer_id: subject.customer for subject in demand.subjects.select_related("customer")}
    if len(named) != 1:
        return PROVIDER_TAG
    (customer,) = named.values()
    return hidden_tag(concealments_of(demand)) or bytes(customer.tag)


def hidden_tag(concealments: Iterable[Concealment]) -> bytes | None:
    """Return the tag of what hides a demand from the one customer whom it names."""
    return next((bytes(one.tag) for one in concealments), None)
