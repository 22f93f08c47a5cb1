"""What each role's requests see when a view forgets every filter of its own."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client, override_settings
from django.urls import path

from accounts.models import Account, Customer, CustomerOpening, FieldSource, Member, User
from accounts.services import open_customer, set_field
from ledger.actor import Actor
from protection.clock import provider_today
from protection.rowsecurity import no_rows, subject_rows
from rights.models import CaseEvent, Correction, RightsRequest
from tests.factories import (
    AccountFactory,
    ConfidentialityAgreementFactory,
    MemberFactory,
    UserFactory,
)
from tests.rights.factories import a_pending_correction, an_open_request, correct
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db

MODELS = (Customer, Account, Member, CustomerOpening, FieldSource, Correction, RightsRequest, CaseEvent)


def everything(request: HttpRequest) -> HttpResponse:
    """Answer with the ids of every row, as a view would that forgot whose page it is."""
    return JsonResponse({model.__name__: sorted(model.objects.values_list("pk", flat=True)) for model in MODELS})


urlpatterns = [path("everything/", everything)]


@pytest.fixture
def seen() -> Callable[[Client], dict[str, list[int]]]:
    """Return what a client sees on the page without filters."""

    def ask(client: Client) -> dict[str, list[int]]:
        with override_settings(ROOT_URLCONF=__name__):
            answer: dict[str, list[int]] = client.get("/everything/").json()
        return answer

    return ask


@pytest.fixture
def neighbours() -> Account:
    """Another customer with rows in every table."""
    correction, request = a_pending_correction(), an_open_request()
    staff = UserFactory(staff=True, bound=True)
    for customer in (correction.customer, request.customer):
        open_customer(customer=customer, reason="Looking for something", by=Actor.of(staff))
        set_field(row=customer, field="phone", value="555-010-3333", source="feed", by=Actor.system("import"))
    account: Account = correction.customer.accounts.get()
    return account


Seen = Callable[[Client], dict[str, list[int]]]


def test_customer_sees_only_their_own_rows(seen: Seen, neighbours: Account) -> None:
    member = MemberFactory()
    mine = correct(member.user, member.account.customer, "customer.name", "Alexandra Sample")

    rows = seen(signed_in(member.user))

    assert rows == {
        "Customer": [member.account.customer_id],
        "Account": [member.account_id],
        "Member": [member.pk],
        "CustomerOpening": [],
        "FieldSource": [],
        "Correction": [mine.pk],
        "RightsRequest": [],
        "CaseEvent": [mine.events.get().pk],
    }


@pytest.mark.parametrize("shift", [("valid_from", 1), ("valid_to", 0), ("valid_to", -1)])
def test_membership_that_has_not_begun_or_has_ended_shows_nothing(seen: Seen, shift: tuple[str, int]) -> None:
    bound, days = shift
    member = MemberFactory(**{bound: provider_today() + timedelta(days=days)})

    rows = seen(signed_in(member.user))

    assert (rows["Customer"], rows["Account"]) == ([], [])


def test_membership_shows_its_last_day(seen: Seen) -> None:
    member = MemberFactory(valid_to=provider_today() + timedelta(days=1))

    assert seen(signed_in(member.user))["Account"] == [member.account_id]


def test_new_occupant_never_sees_the_former_ones_account(seen: Seen) -> None:
    former = MemberFactory()
    new = MemberFactory(account=AccountFactory(service_street=former.account.service_street))

    assert seen(signed_in(new.user))["Account"] == [new.account_id]


@pytest.mark.parametrize("make", ["staff", "auditor", "administrator"])
def test_the_providers_people_see_everything_under_an_agreement_and_nothing_without(
    seen: Seen, neighbours: Account, make: str
) -> None:
    bound = UserFactory(**{make: True}, bound=True)
    unbound = UserFactory(**{make: True})
    expired = UserFactory(**{make: True})
    ConfidentialityAgreementFactory(user=expired, valid_to=provider_today())

    assert all(seen(signed_in(bound)).values())
    for user in (unbound, expired):
        assert not any(seen(signed_in(user)).values())


def test_recipients_user_sees_no_customer(seen: Seen, neighbours: Account) -> None:
    rows = seen(signed_in(UserFactory(of_recipient=True)))

    assert not any(rows.values())


def test_anonymous_visitor_sees_no_customer(seen: Seen, neighbours: Account) -> None:
    assert not any(seen(Client()).values())


def test_scope_of_one_request_does_not_reach_the_next(seen: Seen, neighbours: Account) -> None:
    staff, member = signed_in(UserFactory(staff=True, bound=True)), MemberFactory()

    assert len(seen(staff)["Customer"]) > 1
    assert seen(signed_in(member.user))["Customer"] == [member.account.customer_id]
    assert seen(Client())["Customer"] == []


def test_view_that_fails_leaves_no_scope_behind(neighbours: Account) -> None:
    with no_rows():
        try:
            with subject_rows(user_id=1, customers=[neighbours.customer_id]):
                raise RuntimeError
        except RuntimeError:
            pass
        assert not Customer.objects.exists()


def test_customer_writes_no_row_of_another(neighbours: Account) -> None:
    member = MemberFactory()

    with subject_rows(user_id=member.user_id, customers=[member.account.customer_id], accounts=[member.account_id]):
        assert Customer.objects.filter(pk=neighbours.customer_id).update(phone="555-010-0000") == 0
        assert Account.objects.all().update(climate_zone="3") == 1


def test_every_table_that_names_a_customer_or_an_account_has_row_security_forced() -> None:
    tables = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if {"customer_id", "account_id"} & {field.column for field in model._meta.concrete_fields}
    }

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname = ANY (%s) AND relkind IN ('r', 'p')"
            " AND NOT (relrowsecurity AND relforcerowsecurity)",
            [sorted(tables)],
        )
        assert [name for (name,) in cursor.fetchall()] == []


def test_no_process_role_passes_by_row_security() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname FROM pg_roles WHERE rolname LIKE 'resguardo_test_%' AND (rolbypassrls OR rolsuper)"
        )
        assert cursor.fetchall() == []


def test_one_query_tells_what_a_customer_reaches(seen: Seen) -> None:
    member = MemberFactory()
    user: User = member.user
    client = signed_in(user)
    seen(client)

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_reach(%s, 'UTC')", [user.pk])
        assert cursor.fetchall() == [([member.account.customer_id], [member.account_id])]
