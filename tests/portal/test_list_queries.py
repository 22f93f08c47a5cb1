"""A list asks the database no more often for many rows than for a few."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from disclosures.services import release_disclosure
from ledger.actor import Actor
from protection.clock import provider_today
from retention.models import PurgeRun
from retention.services import begin_purge, place_hold
from tests.consent.factories import granted
from tests.disclosures.factories import Case
from tests.factories import AccountFactory, RecipientFactory, UserFactory
from tests.rights.factories import a_pending_correction, an_open_request
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db

FEW, MANY = 2, 6


def a_case() -> None:
    a_pending_correction()
    an_open_request()


def a_person() -> None:
    UserFactory.create(staff=True, bound=True)
    RecipientFactory.create(under_agreement=True)


def a_hold() -> None:
    place_hold(
        account=AccountFactory.create(),
        retention_classes=["readings"],
        reason="A case before the court",
        citation="Case 26-1",
        by=Actor.of(UserFactory.create(staff=True, bound=True)),
    )


def a_purge() -> None:
    """Plan a purge that is carried out, as of a day of its own, since there is one a day."""
    day = provider_today() - timedelta(days=1 + PurgeRun.objects.count())
    begin_purge(by=Actor.operator("Test Operator", "a list of purges"), as_of=day)


def a_release() -> None:
    case = Case()
    case.consented()
    release_disclosure(request=case.request(data_to=provider_today()), by=case.by)


LISTS: dict[str, Callable[[], object]] = {
    "/queue/": a_case,
    "/people/": a_person,
    "/recipients/": a_person,
    "/consents/": granted,
    "/disclosures/": a_release,
    "/retention/holds/": a_hold,
    "/retention/plans/": a_purge,
    "/retention/runs/": a_purge,
}


@pytest.mark.parametrize("address", LISTS)
def test_a_list_asks_no_more_for_many_rows_than_for_few(address: str) -> None:
    make = LISTS[address]
    for _ in range(FEW):
        make()
    client = signed_in(UserFactory.create(administrator=True, bound=True))
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        short = client.get(address)
    for _ in range(MANY - FEW):
        make()
    with CaptureQueriesContext(connection) as many:
        long = client.get(address)
    assert long.content.count(b"<tr") >= short.content.count(b"<tr") + MANY - FEW
    assert len(many) <= len(few), [query["sql"] for query in many.captured_queries]
