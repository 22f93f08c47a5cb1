from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent.services import withdraw_consent
from energy.models import UsagePoint
from ledger.actor import Actor
from protection.clock import provider_today
from tests.consent.factories import granted, staff_with
from tests.factories import AccountFactory
from tests.machines import machine

pytestmark = pytest.mark.django_db

CONSENTS = "/api/v1/consents"


def found(query: str = "") -> list[str]:
    response = machine("consents:read").get(CONSENTS + query)
    assert response.status_code == 200, response.content
    return [consent["uuid"] for consent in response.json()["results"]]


def test_consents_are_listed_and_narrowed() -> None:
    first, second = granted(), granted()
    withdraw_consent(consent=second, by=Actor.of(staff_with(second.customer)))
    assert set(found()) == {str(first.uuid), str(second.uuid)}
    assert found(f"?customer={first.customer.uuid}") == [str(first.uuid)]
    assert found(f"?recipient={second.recipient.uuid}") == [str(second.uuid)]
    assert found("?status=withdrawn") == [str(second.uuid)]
    assert found("?status=expired") == []


@pytest.mark.parametrize("query", ["?status=nonsense", "?customer=nonsense", "?recipient=1"])
def test_a_filter_that_makes_no_sense_is_a_400(query: str) -> None:
    assert machine("consents:read").get(CONSENTS + query).status_code == 400


def test_a_list_costs_the_same_however_long_it_is() -> None:
    client = machine("consents:read")
    costs = []
    for _ in range(3):
        account = AccountFactory.create()
        point = UsagePoint.objects.create(account=account, identifier="UsagePoint/1")
        granted(customer=account.customer, usage_point_ids=[point.pk])
        with CaptureQueriesContext(connection) as queries:
            assert str(point.uuid) in client.get(CONSENTS).content.decode()
        costs.append(len(queries))
    assert costs == [costs[0]] * 3


def test_the_scope_to_write_does_not_read() -> None:
    granted()
    assert machine("consents:write").get(CONSENTS).status_code == 403


def test_without_a_token_nothing_is_read() -> None:
    assert Client().get(CONSENTS).status_code == 401


def test_consents_are_narrowed_by_purpose_method_and_last_day() -> None:
    day = provider_today()
    open_ended = granted()
    ending = granted(method="telephone", evidence=None, permission_to=day + timedelta(days=10))
    assert set(found("?purpose=energy_analysis")) == {str(open_ended.uuid), str(ending.uuid)}
    assert found("?purpose=research") == []
    assert found("?method=telephone") == [str(ending.uuid)]
    last = day + timedelta(days=9)
    assert found(f"?ends_from={last}&ends_before={last + timedelta(days=1)}") == [str(ending.uuid)]
    assert found(f"?ends_before={last}") == found(f"?ends_from={last + timedelta(days=1)}") == []
