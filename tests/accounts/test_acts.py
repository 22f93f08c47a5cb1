"""What the accounts package enters in the ledger can be opened later: some row keeps the salt and the evidence."""

import ast
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from accounts.models import AccountAct, FieldConflict, FieldSource, Recipient
from accounts.services import (
    add_agreement,
    add_member,
    add_recipient_agreement,
    create_account,
    create_customer,
    deactivate_user,
    open_customer,
    reactivate_user,
    register_api_client,
    register_recipient,
    resolve_conflict,
    resume_recipient,
    reveal_value,
    revoke_api_client,
    set_field,
    stop_recipient,
)
from ledger.actor import Actor
from ledger.models import Entry, Witnessed
from ledger.services import commitment_of
from portal import databases
from portal.migration_state import PROJECT
from protection.rowsecurity import no_rows, subject_rows
from tests.factories import CustomerFactory, RecipientFactory, UserFactory

DAY = date(2026, 1, 1)
WHY = "A reason that is long enough"
PERIOD = {"title": "An agreement", "signed_on": DAY, "valid_from": DAY}
PACKAGES = ("accounts", "consent", "disclosures", "energy", "portal", "retention", "rights")


def unopened() -> set[str]:
    """Return the kinds of entries to which no row holds the salt and the evidence."""
    opened = {
        row.entry_id: commitment_of(bytes(row.salt), bytes(row.evidence))
        for model in apps.get_models()
        if issubclass(model, Witnessed)
        for row in model._default_manager.all()
    }
    return {entry.kind for entry in Entry.objects.all() if opened.get(entry.pk) != bytes(entry.commitment)}


@pytest.mark.django_db
def test_every_act_of_the_package_can_be_opened() -> None:
    head = UserFactory.create(administrator=True, bound=True)
    by = Actor.of(head)
    customer = create_customer(name="Ada Example", tax_id="000-12-3456", by=by)
    account = create_account(customer=customer, number="A-1", opened_on=DAY, by=by)
    add_member(account=account, user=UserFactory.create(), part="holder", valid_from=DAY, by=by)
    open_customer(customer=customer, reason=WHY, by=by)
    set_field(row=customer, field="phone", value="555-0100", source=FieldSource.Source.CUSTOMER, by=by)
    set_field(row=customer, field="phone", value="555-0199", source=FieldSource.Source.FEED, by=by)
    resolve_conflict(conflict=FieldConflict.objects.get(), resolution=FieldConflict.Resolution.TAKE, by=by)
    reveal_value(row=customer, field_id="customer.tax_id", by=by, reason=WHY)
    recipient = register_recipient(legal_name="Example Billing LLC", kind=Recipient.Kind.CONTRACTOR, by=by)
    add_recipient_agreement(recipient=recipient, by=by, **PERIOD)
    stop_recipient(recipient=recipient, reason=WHY, by=by)
    resume_recipient(recipient=recipient, reason=WHY, by=Actor.of(UserFactory.create(administrator=True)))
    clerk = UserFactory.create(staff=True)
    add_agreement(user=clerk, by=by, **PERIOD)
    deactivate_user(user=clerk, reason=WHY, by=by)
    reactivate_user(user=clerk, reason=WHY, by=by)
    client, _secret = register_api_client(name="Meter system", owner=head, scopes=["disclosures:read"], by=by)
    revoke_api_client(client=client, by=by)

    assert unopened() == set()
    assert set(Entry.objects.values_list("kind", flat=True)) == {
        "account.opened",
        "agreement.added",
        "client.registered",
        "client.revoked",
        "conflict.resolved",
        "customer.opened",
        "customer.registered",
        "field.changed",
        "member.added",
        "recipient.registered",
        "recipient.resumed",
        "recipient.stopped",
        "user.deactivated",
        "user.reactivated",
        "value.revealed",
    }


@pytest.mark.django_db
def test_an_administrator_without_an_agreement_adds_the_first_one() -> None:
    head = UserFactory.create(administrator=True)
    with no_rows():
        add_agreement(user=head, by=Actor.of(head), **PERIOD)
        assert not AccountAct.objects.exists()
    assert AccountAct.objects.get().row_uuid == head.uuid


@pytest.mark.django_db
def test_a_customer_sees_own_acts_only() -> None:
    by = Actor.operator("Test Operator", "a test")
    own, other = (create_customer(name=name, by=by) for name in ("Ada Example", "Ben Example"))
    stop_recipient(recipient=RecipientFactory.create(), reason=WHY, by=Actor.of(UserFactory.create(staff=True)))
    assert AccountAct.objects.count() == 3
    with subject_rows(user_id=1, customers=[own.pk]):
        assert [act.customer_id for act in AccountAct.objects.all()] == [own.pk]
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            AccountAct.objects.create(customer=other, kind="field.changed", entry_id=-1, salt=b"s", evidence=b"{}")


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["web", "worker", "purge"])
def test_nobody_rewrites_an_act(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_any_column_privilege(rolname, 'accounts_accountact', 'UPDATE') FROM pg_roles"
            " WHERE rolname = %s",
            [databases.role(role)],
        )
        assert cursor.fetchall() == [(False,)]


@pytest.mark.django_db
def test_an_act_of_a_customer_is_under_the_customers_tag() -> None:
    customer = CustomerFactory.create()
    set_field(
        row=customer,
        field="phone",
        value="555-0177",
        source=FieldSource.Source.STAFF,
        by=Actor.operator("Test Operator", "a test"),
    )
    act = AccountAct.objects.get(kind="field.changed")
    assert bytes(Entry.objects.get(pk=act.entry_id).subject_tag) == bytes(customer.tag)
    assert act.evidence_json["ledger"] == {"kind": "field.changed", "subject": bytes(customer.tag).hex()}


def dropped_witnesses(source: str) -> Iterator[int]:
    """Yield the lines on which `record(...)` is called and what it returns is thrown away."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = node.value.func
            if (called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")) == "record":
                yield node.lineno


def test_no_service_throws_a_witness_away() -> None:
    files = [file for package in PACKAGES for file in Path(PROJECT, package).rglob("*.py")]
    assert [f"{file}:{line}" for file in files for line in dropped_witnesses(file.read_text())] == []


def test_a_witness_thrown_away_is_noticed() -> None:
    assert list(dropped_witnesses("record(kind='a.b')\nwitness = record(kind='a.b')\nservices.record()")) == [1, 3]
