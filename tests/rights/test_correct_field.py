import pytest

from accounts.errors import FieldValueError
from accounts.models import FieldSource
from accounts.services import set_field
from ledger.actor import Actor
from ledger.models import Entry
from protection import datamap
from protection.datamap import CorrectionRule
from rights.errors import (
    AlreadyDecidedError,
    CorrectionNotNeededError,
    CorrectionNotOfferedError,
    CorrectionPendingError,
    NotAllowedError,
)
from rights.models import Correction
from rights.services import correct_field, undo_correction, withdraw_correction
from tests.factories import AccountFactory, MemberFactory, UserFactory
from tests.rights.factories import a_member, correct, staff_who_opened

pytestmark = pytest.mark.django_db


def test_phone_is_corrected_at_once() -> None:
    user, account = a_member()

    correction = correct(user, account.customer, "customer.phone", "555-010-9999")

    account.customer.refresh_from_db()
    assert account.customer.phone == "555-010-9999"
    assert correction.status == Correction.Status.APPLIED
    assert FieldSource.objects.get(field_id="customer.phone").source == FieldSource.Source.CUSTOMER


def test_corrected_phone_outlives_the_next_feed() -> None:
    user, account = a_member()
    correct(user, account.customer, "customer.phone", "555-010-9999")

    change = set_field(
        row=account.customer, field="phone", value="555-010-0000", source="feed", by=Actor.system("import")
    )

    account.customer.refresh_from_db()
    assert (change.outcome, account.customer.phone) == ("conflict", "555-010-9999")


def test_name_waits_for_review() -> None:
    user, account = a_member()
    name = account.customer.name

    correction = correct(user, account.customer, "customer.name", "Alexandra Sample")

    account.customer.refresh_from_db()
    assert account.customer.name == name
    assert (correction.status, correction.old_value, correction.new_value) == ("pending", name, "Alexandra Sample")


def test_service_address_of_an_account_waits_for_review() -> None:
    user, account = a_member()

    correction = correct(user, account, "account.service_street", "7 Example Avenue")

    assert correction.is_pending
    assert correction.row() == account


def test_field_that_is_never_corrected_is_refused() -> None:
    user, account = a_member()

    with pytest.raises(CorrectionNotOfferedError, match="Send us a request"):
        correct(user, account, "account.number", "1")


def test_value_already_held_is_no_correction() -> None:
    user, account = a_member()

    with pytest.raises(CorrectionNotNeededError):
        correct(user, account.customer, "customer.phone", f" {account.customer.phone} ")


def test_form_sent_twice_is_one_correction() -> None:
    user, account = a_member()

    first = correct(user, account.customer, "customer.phone", "555-010-9999")
    second = correct(user, account.customer, "customer.phone", "555-010-9999")

    assert first == second
    assert Entry.objects.filter(kind="correction.applied").count() == 1


def test_review_asked_for_twice_is_one_correction() -> None:
    user, account = a_member()

    first = correct(user, account.customer, "customer.name", "Alexandra Sample")

    assert correct(user, account.customer, "customer.name", "Alexandra Sample") == first


def test_second_value_waits_until_the_first_is_decided_or_withdrawn() -> None:
    user, account = a_member()
    first = correct(user, account.customer, "customer.name", "Alexandra Sample")

    with pytest.raises(CorrectionPendingError, match="Withdraw it first"):
        correct(user, account.customer, "customer.name", "Alexandrina Sample")

    withdraw_correction(correction=first, by=Actor.of(user))
    assert correct(user, account.customer, "customer.name", "Alexandrina Sample").is_pending


@pytest.mark.parametrize(
    ("field_id", "value"),
    [
        ("customer.phone", "call me"),
        ("customer.email", "nobody"),
        ("customer.name", "   "),
        ("customer.birth_date", "31 February 1990"),
        ("customer.tax_id", "12345"),
        ("customer.language", "tlh"),
    ],
)
def test_value_that_the_field_does_not_take_is_refused(field_id: str, value: str) -> None:
    user, account = a_member()

    with pytest.raises(FieldValueError):
        correct(user, account.customer, field_id, value)

    assert not Correction.objects.exists()


def test_stranger_corrects_nothing() -> None:
    user, _ = a_member()
    other = AccountFactory()

    with pytest.raises(NotAllowedError):
        correct(user, other.customer, "customer.phone", "555-010-9999")


def test_former_member_corrects_nothing() -> None:
    member = MemberFactory(valid_from="2020-01-01", valid_to="2021-01-01")

    with pytest.raises(NotAllowedError):
        correct(member.user, member.account.customer, "customer.phone", "555-010-9999")


def test_staff_correct_only_a_customer_they_opened() -> None:
    _, account = a_member()
    unopened = UserFactory(staff=True, bound=True)

    with pytest.raises(NotAllowedError):
        correct(unopened, account.customer, "customer.phone", "555-010-9999")

    correct(staff_who_opened(account.customer), account.customer, "customer.phone", "555-010-9999")
    assert FieldSource.objects.get(field_id="customer.phone").source == FieldSource.Source.STAFF


def test_row_of_another_customer_is_refused() -> None:
    user, account = a_member()
    other = AccountFactory()

    with pytest.raises(NotAllowedError):
        correct_field(
            customer=account.customer,
            row=other,
            field_id="account.service_street",
            value="1 Foreign Street",
            by=Actor.of(user),
        )


def test_correction_made_at_once_is_undone_by_its_customer() -> None:
    user, account = a_member()
    held = account.customer.phone
    correction = correct(user, account.customer, "customer.phone", "555-010-9999")

    undo_correction(correction=correction, by=Actor.of(user))

    account.customer.refresh_from_db()
    assert account.customer.phone == held


def test_undo_is_refused_once_the_value_has_moved_on() -> None:
    user, account = a_member()
    correction = correct(user, account.customer, "customer.phone", "555-010-9999")
    correct(user, account.customer, "customer.phone", "555-010-8888")

    with pytest.raises(AlreadyDecidedError):
        undo_correction(correction=correction, by=Actor.of(user))


@pytest.mark.parametrize(
    "declaration",
    [
        field
        for rule in (CorrectionRule.AT_ONCE, CorrectionRule.AFTER_REVIEW)
        for field in datamap.fields(correction=rule)
        if field.model._meta.app_label == "accounts"
    ],
    ids=lambda declaration: declaration.id,
)
def test_every_correctable_field_takes_a_correction(declaration: datamap.FieldDeclaration) -> None:
    user, account = a_member()
    row = account if declaration.id.startswith("account.") else account.customer
    values = {
        "customer.email": "new@home.example",
        "customer.phone": "555-010-9999",
        "customer.birth_date": "1990-02-03",
        "customer.language": "es",
        "customer.tax_id": "12-3456789",
        "account.customer_class": "commercial",
    }

    correction = correct(user, row, declaration.id, values.get(declaration.id, "Somewhere Else 12"))

    assert correction.status == ("applied" if declaration.personal.correction == "at_once" else "pending")
