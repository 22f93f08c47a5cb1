import pytest
from django.db import connection

from accounts.models import Customer
from protection.errors import KeyDestroyedError, SealedLookupError, TamperedError
from protection.keystore import key_store
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db


def a_customer(tax_id: str = "12-3456789") -> Customer:
    customer: Customer = CustomerFactory(tax_id=tax_id)
    return customer


def test_attribute_reads_in_clear_what_the_column_holds_sealed() -> None:
    customer = a_customer()

    with connection.cursor() as cursor:
        cursor.execute("SELECT tax_id FROM accounts_customer")
        (stored,) = cursor.fetchone()

    assert Customer.objects.get(pk=customer.pk).tax_id == "12-3456789"
    assert b"3456789" not in bytes(stored)


def test_empty_value_stays_empty() -> None:
    assert Customer.objects.get(pk=a_customer("").pk).tax_id == ""


def test_value_copied_to_another_row_in_sql_raises() -> None:
    victim, thief = a_customer("12-3456789"), a_customer("98-7654321")

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_customer SET tax_id = (SELECT tax_id FROM accounts_customer WHERE id = %s) WHERE id = %s",
            [victim.pk, thief.pk],
        )

    with pytest.raises(TamperedError):
        _ = Customer.objects.get(pk=thief.pk).tax_id


def test_value_copied_to_another_column_in_sql_raises() -> None:
    customer = a_customer()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_customer SET bank_account = tax_id")

    with pytest.raises(TamperedError):
        _ = Customer.objects.get(pk=customer.pk).bank_account


def test_destroyed_key_of_a_customer_makes_the_sealed_values_unreadable_and_nothing_else() -> None:
    customer, other = a_customer(), a_customer("98-7654321")

    key_store().destroy(customer.key_id)

    with pytest.raises(KeyDestroyedError):
        _ = Customer.objects.get(pk=customer.pk).tax_id
    assert Customer.objects.get(pk=other.pk).tax_id == "98-7654321"


def test_sealed_field_can_be_neither_searched_nor_updated_in_bulk() -> None:
    a_customer()

    with pytest.raises(SealedLookupError):
        Customer.objects.filter(tax_id="12-3456789")
    with pytest.raises(SealedLookupError):
        Customer.objects.update(tax_id="12-3456789")
