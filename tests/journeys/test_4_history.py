"""Step 4: the customer reads who has their data: who, what, which period, why, on what basis, and who looked."""

import pytest

from disclosures.services import build_package, deliver_package
from ledger.actor import Actor
from protection.rowsecurity import provider_rows
from tests.disclosures.factories import Case
from tests.journeys.conftest import Visit
from tests.journeys.people import People

pytestmark = pytest.mark.browser


def test_customer_reads_who_has_their_data_and_why(people: People, visit: Visit) -> None:
    with provider_rows():
        case = Case(account=people.account, recipient=people.recipient)
        case.consented()
        release = case.released()
    package = build_package(release=release)
    with provider_rows():
        deliver_package(package=package, by=Actor.of(people.agent))
    customer = visit(people.holder)

    customer.reads("Example Efficiency LLC, Analyze your energy use")
    customer.go("/who-has-my-data/")
    customer.is_on("Who has my data")

    customer.reads(
        "Your data was given out once",
        "Example Efficiency LLC",
        "Usage readings",
        "1 March 2025",
        "31 March 2025",
        "Analyze your energy use: The customer asked for an energy audit.",
        "Prior written consent of the customer",
        case.clerk.name,
        "The customer sent us a form.",
    )
    customer.reads_nowhere("not yet")
    customer.reads_it_all_in_spanish()
