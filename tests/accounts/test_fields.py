import pytest

from accounts.errors import FieldValueError
from accounts.models import Customer, FieldConflict, FieldSource
from accounts.services import clean_value, set_field
from ledger.actor import Actor
from ledger.models import Entry
from tests.factories import AccountFactory, CustomerFactory, UserFactory

pytestmark = pytest.mark.django_db

FEED = Actor.system("import")


def test_feed_fills_and_corrects_a_field_that_nobody_set() -> None:
    customer: Customer = CustomerFactory()

    assert set_field(row=customer, field="phone", value="555-010-1111", source="feed", by=FEED).outcome == "applied"
    assert set_field(row=customer, field="phone", value="555-010-2222", source="feed", by=FEED).outcome == "applied"
    assert set_field(row=customer, field="phone", value="555-010-2222", source="feed", by=FEED).outcome == "unchanged"
    customer.refresh_from_db()
    assert customer.phone == "555-010-2222"


@pytest.mark.parametrize("source", ["customer", "staff"])
def test_feed_never_overwrites_what_people_set(source: str) -> None:
    customer: Customer = CustomerFactory()
    set_field(row=customer, field="phone", value="555-010-1111", source=source, by=Actor.of(UserFactory()))

    change = set_field(row=customer, field="phone", value="555-010-2222", source="feed", by=FEED)

    customer.refresh_from_db()
    assert (change.outcome, customer.phone) == ("conflict", "555-010-1111")
    assert FieldConflict.objects.get().offered_value == "555-010-2222"


def test_feed_that_repeats_itself_files_one_conflict_and_a_newer_one_replaces_its_value() -> None:
    customer: Customer = CustomerFactory()
    set_field(row=customer, field="phone", value="555-010-1111", source="customer", by=FEED)

    for value in ("555-010-2222", "555-010-2222", "555-010-3333"):
        set_field(row=customer, field="phone", value=value, source="feed", by=FEED)

    assert FieldConflict.objects.get().offered_value == "555-010-3333"


def test_feed_that_agrees_with_the_customer_is_no_conflict() -> None:
    customer: Customer = CustomerFactory()
    set_field(row=customer, field="phone", value="555-010-1111", source="customer", by=FEED)

    change = set_field(row=customer, field="phone", value="555-010-1111", source="feed", by=FEED)

    assert change.outcome == "unchanged"
    assert not FieldConflict.objects.exists()


@pytest.mark.parametrize("name", ["Alba \u202eelpmaxE", "Alba\x07", "\u2066Alba\u2069"])
def test_a_name_that_would_not_read_as_it_is_stored_is_refused(name: str) -> None:
    with pytest.raises(FieldValueError, match="cannot be seen"):
        clean_value(Customer, "name", name)


@pytest.mark.parametrize("name", ["علي", "Zoë Ñandú-O'Neill", "Café ☕", "家族 👨‍👩‍👧"])
def test_a_name_in_any_script_is_taken_as_it_is(name: str) -> None:
    assert clean_value(Customer, "name", f" {name} ") == name


def test_fields_of_two_accounts_have_their_own_sources() -> None:
    one, other = AccountFactory(), AccountFactory()
    set_field(row=one, field="service_city", value="Elsewhere", source="customer", by=FEED)

    assert set_field(row=other, field="service_city", value="Nowhere", source="feed", by=FEED).outcome == "applied"
    assert FieldSource.objects.count() == 2


def test_change_is_entered_in_the_ledger_without_its_value() -> None:
    customer: Customer = CustomerFactory()

    set_field(row=customer, field="phone", value="555-010-1111", source="feed", by=FEED)

    entry = Entry.objects.get(kind="field.changed")
    assert bytes(entry.subject_tag) == bytes(customer.tag)


@pytest.mark.parametrize(
    ("field", "value"), [("phone", "call me"), ("email", "nobody"), ("name", ""), ("tax_id", "12")]
)
def test_value_that_the_field_does_not_take_changes_nothing(field: str, value: str) -> None:
    customer: Customer = CustomerFactory()
    before = getattr(customer, field)

    with pytest.raises(FieldValueError):
        set_field(row=customer, field=field, value=value, source="feed", by=FEED)

    customer.refresh_from_db()
    assert getattr(customer, field) == before
    assert not FieldSource.objects.exists()


def test_new_tax_number_moves_its_index_and_an_empty_one_removes_it() -> None:
    customer: Customer = CustomerFactory()
    set_field(row=customer, field="tax_id", value="12-3456789", source="feed", by=FEED)
    customer.refresh_from_db()
    first = bytes(customer.tax_id_index)

    set_field(row=customer, field="tax_id", value="98-7654321", source="feed", by=FEED)
    customer.refresh_from_db()
    assert bytes(customer.tax_id_index) != first

    set_field(row=customer, field="tax_id", value="", source="feed", by=FEED)
    customer.refresh_from_db()
    assert (customer.tax_id, customer.tax_id_index) == ("", None)
