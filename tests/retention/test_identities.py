"""Customers whose accounts were closed long enough ago are forgotten; others, and those who are needed, are not."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Account, AccountAct, Customer, FieldSource, Member
from accounts.services import set_field
from ledger.actor import Actor
from protection import datamap
from protection.keystore import key_store
from protection.rowsecurity import provider_rows
from retention.disposal.customers import IDENTITIES, KEPT
from retention.models import Tombstone
from retention.services import place_hold
from rights.services import file_request
from tests.conftest import ActAs
from tests.consent.factories import granted
from tests.energy.factories import make_bill
from tests.factories import AccountFactory, CustomerFactory, MemberFactory
from tests.retention.disposals import dispose_of, left_of
from tests.retention.factories import OPERATOR
from tests.rights.factories import staff_who_opened

CLOSED_ON = date(2021, 3, 14)
DAY_AFTER = date(2021, 3, 15)
NEUTRAL = {None, "", b"", "en", "Former customer"}


def a_former_customer(**details: Any) -> Account:
    """Return the closed account of a customer with a user of their own."""
    account = AccountFactory.create(
        customer=CustomerFactory.create(**details), closed_on=CLOSED_ON, opened_on=date(2015, 1, 1)
    )
    MemberFactory.create(account=account, valid_from=date(2015, 1, 1))
    return account


def personal_values(row: Any) -> dict[str, Any]:
    """Return what the data map calls personal of a row, by field id, sealed values as stored."""
    stored = type(row)._base_manager.filter(pk=row.pk).values().get()
    fields = datamap.fields(model=type(row))
    return {field.id: stored[field.attribute] for field in fields}


@pytest.mark.usefixtures("committed_database")
def test_a_former_customer_is_blank_and_the_key_is_gone(acting_as: ActAs) -> None:
    with provider_rows():
        account = a_former_customer(
            tax_id="123-45-6789", phone="555-010-1234", birth_date=date(1970, 1, 1), mailing_street="1 Sample Street"
        )
        user = account.members.get().user
        staff = Actor.of(staff_who_opened(account.customer))
        set_field(row=account.customer, field="phone", value="555-010-9999", source="staff", by=staff)
    with acting_as("purge"):
        assert dispose_of("identity", CLOSED_ON) == {}
        assert dispose_of("identity", DAY_AFTER) == {"accounts_customer": 1, "accounts_customer:keys": 1}
        assert dispose_of("identity", DAY_AFTER) == {}
    with provider_rows():
        customer = Customer.objects.get()
        assert set(personal_values(customer).values()) <= NEUTRAL
        left = personal_values(Account.objects.get())
        assert {id for id, value in left.items() if value not in NEUTRAL} == KEPT | {"account.number"}
        assert left["account.number"] == f"former {account.pk}"
        user.refresh_from_db()
        assert (user.name, user.is_active, user.email) == ("Former user", False, f"former-{user.uuid}@portal.invalid")
        assert customer.key_id not in set(key_store().key_ids())
        assert customer.tax_id == ""
    for model in (Member, FieldSource, AccountAct):
        assert left_of(model) == 0
    assert left_of(Tombstone, table_name="accounts_accountact") == 1


def _with_open_account(account: Account) -> None:
    AccountFactory.create(customer=account.customer)


def _with_bill(account: Account) -> None:
    make_bill(account, date(2021, 3, 1))


def _with_hold(account: Account) -> None:
    place_hold(account=account, retention_classes=["readings"], reason="A lawsuit", citation="Case 1", by=OPERATOR)


def _with_hold_on_everybody(account: Account) -> None:
    place_hold(all_subjects=True, retention_classes=["bills"], reason="An inquiry", citation="Case 2", by=OPERATOR)


def _with_request(account: Account) -> None:
    by = Actor.of(staff_who_opened(account.customer))
    file_request(customer=account.customer, kind="inquiry", text="Who can read my meter?", by=by)


def _with_consent(account: Account) -> None:
    granted(customer=account.customer)


@pytest.mark.usefixtures("committed_database")
@pytest.mark.parametrize(
    "with_what", [_with_open_account, _with_bill, _with_hold, _with_hold_on_everybody, _with_request, _with_consent]
)
def test_who_is_still_needed_keeps_a_name(acting_as: ActAs, with_what: Callable[[Account], None]) -> None:
    with provider_rows():
        account = a_former_customer()
        with_what(account)
    with acting_as("purge"):
        assert dispose_of("identity", date(2150, 1, 1)) == {}
    with provider_rows():
        assert Customer.objects.get(pk=account.customer.pk).forgotten_at is None


@pytest.mark.usefixtures("committed_database")
def test_a_user_who_belongs_to_another_customer_too_may_still_sign_in(acting_as: ActAs) -> None:
    with provider_rows():
        user = a_former_customer().members.get().user
        MemberFactory.create(user=user)
    with acting_as("purge"):
        assert dispose_of("identity", DAY_AFTER)["accounts_customer"] == 1
    with provider_rows():
        user.refresh_from_db()
        assert user.is_active
        assert Member.objects.get(user=user)


@pytest.mark.usefixtures("committed_database")
def test_an_account_opened_while_the_purge_looks_keeps_the_name(acting_as: ActAs) -> None:
    with provider_rows():
        customer = a_former_customer().customer
        AccountFactory.create(customer=customer)
    with acting_as("purge"), transaction.atomic():
        assert IDENTITIES.dispose([customer.pk], None).count == 0  # type: ignore[arg-type]


@pytest.mark.django_db
def test_no_forgotten_customer_gets_a_name_again() -> None:
    customer = CustomerFactory.create()
    with pytest.raises(IntegrityError, match="customer_forgotten_is_blank"), transaction.atomic():
        Customer.objects.filter(pk=customer.pk).update(forgotten_at="2026-01-01T00:00Z")
    with pytest.raises(IntegrityError, match="customer_key_destroyed_last"), transaction.atomic():
        Customer.objects.filter(pk=customer.pk).update(key_destroyed_at="2026-01-01T00:00Z")


@pytest.mark.django_db
@pytest.mark.database_role("purge")
def test_the_purge_deletes_no_customer_and_changes_no_role() -> None:
    for statement in ("DELETE FROM accounts_customer", "UPDATE accounts_user SET role = 'administrator'"):
        with pytest.raises(Exception, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
