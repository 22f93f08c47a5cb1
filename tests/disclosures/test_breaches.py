"""The breach desk: whose data, the clocks, the letters in both languages, the log."""

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.urls import reverse

from accounts.models import Customer, OutboxMessage
from consent.mail import write
from disclosures.errors import BreachError, NotAllowedError
from disclosures.models import Breach, BreachCustomer, BreachStep
from disclosures.services.breaches import (
    add_breach_customers,
    clocks_of,
    close_breach,
    note_breach_step,
    record_breach,
    write_to_breach_customers,
)
from ledger.actor import Actor
from ledger.models import Entry
from protection.clock import provider_today
from tests.disclosures.test_invariants import run
from tests.factories import AccountFactory, UserFactory
from tests.portal.test_yearly_report import a_breach
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def by() -> Actor:
    return Actor.of(UserFactory.create(staff=True, bound=True))


@pytest.fixture
def breach(by: Actor) -> Breach:
    AccountFactory.create_batch(3)
    found = record_breach(breach=a_breach(), by=by)
    add_breach_customers(breach=found, customers=Customer.objects.all(), by=by)
    return found


def test_customers_are_added_once_in_one_statement(breach: Breach, by: Actor) -> None:
    assert breach.customers.count() == Customer.objects.count()
    assert add_breach_customers(breach=breach, customers=Customer.objects.all(), by=by) == 0
    AccountFactory.create()
    assert add_breach_customers(breach=breach, customers=Customer.objects.all(), by=by) == 1


def test_the_clocks_run_from_detection_and_by_the_number_of_customers(breach: Breach) -> None:
    clocks = {clock.duty.whom: clock for clock in clocks_of(breach)}
    assert clocks["residents"].due_on == provider_today() + timedelta(days=30)
    assert (clocks["residents"].applies, clocks["regulator"].applies) == (True, False)
    assert all(clock.duty.citation for clock in clocks.values())


def test_each_customer_gets_one_letter_in_both_languages(breach: Breach, by: Actor) -> None:
    assert write_to_breach_customers(breach=breach, by=by) == breach.customers.count()
    assert not breach.customers.filter(message__isnull=True).exists()
    message = OutboxMessage.objects.filter(template="breach_letter").first()
    assert message is not None
    assert (message.topic, message.context) == ("breaches", {"breach": str(breach.uuid)})
    written = write(message, "en", "email")
    assert written.text.count(breach.description) == 2
    with pytest.raises(BreachError):
        write_to_breach_customers(breach=breach, by=by)


def test_it_closes_only_when_everybody_is_told(breach: Breach, by: Actor) -> None:
    with pytest.raises(BreachError, match="must still be told"):
        close_breach(breach=breach, note="Done with it.", by=by)
    write_to_breach_customers(breach=breach, by=by)
    note_breach_step(breach=breach, what="noted", note="Police report 7", by=by)
    close_breach(breach=breach, note="All were told.", by=by)
    with pytest.raises(BreachError, match="closed"):
        note_breach_step(breach=breach, what="noted", note="One more thing", by=by)
    kinds = Entry.objects.filter(kind__startswith="breach.").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == [
        "breach.recorded",
        "breach.customers_added",
        "breach.residents_told",
        "breach.noted",
        "breach.closed",
    ]


def test_only_bound_people_of_the_desk_record_one() -> None:
    for user in (UserFactory.create(staff=True), UserFactory.create(auditor=True, bound=True)):
        with pytest.raises(NotAllowedError):
            record_breach(breach=a_breach(), by=Actor.of(user))


@pytest.mark.parametrize("table", [Breach, BreachCustomer, BreachStep])
def test_nothing_of_it_is_changed_or_deleted(breach: Breach, table: type) -> None:
    name = table._meta.db_table  # type: ignore[attr-defined]
    for statement in (f"UPDATE {name} SET id = id + 1000", f"DELETE FROM {name}"):  # noqa: S608
        with pytest.raises(DatabaseError):
            run(statement)


def test_the_desk_goes_the_whole_way() -> None:
    account = AccountFactory.create()
    client = signed_in(UserFactory.create(staff=True, bound=True))
    given = {
        "title": "A lost laptop",
        "description": "A laptop was lost.",
        "data_classes": ["identity"],
        "detected_on": provider_today().isoformat(),
        "containment": "It was wiped.",
        "jurisdictions": ["US-CA"],
    }
    assert client.get(reverse("disclosures:breach_create")).status_code == 200
    client.post(reverse("disclosures:breach_create"), given)
    found = Breach.objects.get()
    url = {name: reverse(f"disclosures:breach_{name}", args=[found.uuid]) for name in
           ("detail", "customers", "step", "write", "letter")}  # fmt: skip
    unknown = client.post(url["customers"], {"account_numbers": "4711"})
    assert "There is no account 4711" in unknown.content.decode()
    client.post(url["customers"], {"account_numbers": account.number})
    client.post(url["write"])
    assert "1 written to" in client.get(url["detail"]).content.decode()
    assert client.get(url["letter"]).content.startswith(b"%PDF")
    client.post(url["step"], {"what": "closed", "note": "All were told."})
    found.refresh_from_db()
    assert found.is_closed
    assert found.title in client.get(reverse("disclosures:breach_list")).content.decode()
