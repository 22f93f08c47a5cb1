"""The rules about people and agreements that the database holds, broken on purpose in raw SQL."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import Error, IntegrityError, ProgrammingError

from accounts.models import Account, Customer, FieldConflict, FieldSource, Member, User
from accounts.services import open_customer, set_field
from ledger.actor import Actor
from protection.rowsecurity import no_rows, subject_rows
from tests.factories import (
    AccountFactory,
    ConfidentialityAgreementFactory,
    MemberFactory,
    RecipientAgreementFactory,
    RecipientFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def refused(error: type[Error], statement: str, parameters: list[Any] | None = None) -> bool:
    """Say whether the database refuses a statement with this error."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, parameters)
    except error:
        return True
    return False


@pytest.mark.parametrize(
    "change",
    [
        "role = 'superuser'",
        "role = 'recipient'",
        "email = (SELECT upper(email) FROM accounts_user WHERE id <> {pk} LIMIT 1)",
    ],
)
def test_user_in_an_impossible_state_is_refused(change: str) -> None:
    user = UserFactory()
    UserFactory()

    assert refused(IntegrityError, f"UPDATE accounts_user SET {change.format(pk=user.pk)} WHERE id = {user.pk}")  # noqa: S608


def test_only_recipients_users_belong_to_a_recipient() -> None:
    user, recipient = UserFactory(staff=True), RecipientFactory()

    assert refused(IntegrityError, "UPDATE accounts_user SET recipient_id = %s WHERE id = %s", [recipient.pk, user.pk])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_customer SET kind = 'robot'",
        "UPDATE accounts_customer SET name = NULL",
        "UPDATE accounts_account SET customer_class = 'royal'",
        "UPDATE accounts_account SET closed_on = opened_on - 1",
        "UPDATE accounts_member SET part = 'friend'",
        "UPDATE accounts_member SET valid_to = valid_from",
        "UPDATE accounts_member SET verified_at = now()",
        "UPDATE accounts_recipient SET stopped_at = now()",
        "UPDATE accounts_recipient SET kind = 'broker'",
        "UPDATE accounts_confidentialityagreement SET valid_to = valid_from",
        "UPDATE accounts_recipientagreement SET valid_to = valid_from - 1",
        "UPDATE accounts_fieldsource SET source = 'rumour'",
        "UPDATE accounts_fieldsource SET source = 'feed'",
        "UPDATE accounts_fieldconflict SET resolved_at = now()",
        "UPDATE accounts_fieldconflict SET resolution = 'keep'",
        (
            "INSERT INTO accounts_account (uuid, number, customer_id, service_street, service_city, service_region,"
            " service_postal_code, customer_class, climate_zone, opened_on) SELECT gen_random_uuid(), number,"
            " customer_id, 'x', 'x', 'x', 'x', 'residential', '', now() FROM accounts_account"
        ),
        (
            "INSERT INTO accounts_member (account_id, user_id, part, valid_from)"
            " SELECT account_id, user_id, 'adult_member', now() FROM accounts_member"
        ),
    ],
)
def test_impossible_state_is_refused(statement: str) -> None:
    member = MemberFactory()
    customer = member.account.customer
    ConfidentialityAgreementFactory()
    RecipientAgreementFactory()
    set_field(row=customer, field="phone", value="555-010-1111", source="customer", by=Actor.of(member.user))
    set_field(row=customer, field="phone", value="555-010-2222", source="feed", by=Actor.system("import"))
    assert FieldSource.objects.get().is_override

    assert refused(IntegrityError, statement)


def test_conflict_of_a_field_is_open_once() -> None:
    account: Account = AccountFactory()
    rows = [
        FieldConflict(customer=account.customer, row_uuid=account.uuid, field_id="account.service_city")
        for _ in range(2)
    ]

    with pytest.raises(IntegrityError), transaction.atomic():
        FieldConflict.objects.bulk_create(rows)


def test_customer_with_accounts_cannot_be_deleted() -> None:
    AccountFactory()

    assert refused(IntegrityError, "SET CONSTRAINTS ALL IMMEDIATE; DELETE FROM accounts_customer")


@pytest.mark.parametrize(
    "statement",
    ["UPDATE accounts_customeropening SET reason = 'other'", "DELETE FROM accounts_customeropening"],
)
def test_access_log_is_neither_changed_nor_deleted(statement: str) -> None:
    account = AccountFactory()
    staff = UserFactory(staff=True, bound=True)
    open_customer(customer=account.customer, reason="Call about a bill", by=Actor.of(staff))

    assert refused(ProgrammingError, statement)


@pytest.mark.parametrize("change", ["reason, ''", "expires_at, now() - interval '1 day'"])
def test_look_without_a_reason_or_an_end_is_refused(change: str) -> None:
    column, value = change.split(", ", 1)
    account = AccountFactory()
    staff = UserFactory(staff=True)
    columns = {"reason": "'Because I can'", "expires_at": "now() + interval '1 hour'", column: value}

    assert refused(
        IntegrityError,
        "INSERT INTO accounts_customeropening (uuid, entry_id, salt, evidence, user_id, customer_id, reason,"  # noqa: S608
        f" expires_at) VALUES (gen_random_uuid(), 1, '', '', %s, %s, {columns['reason']}, {columns['expires_at']})",
        [staff.pk, account.customer_id],
    )


def test_customer_cannot_make_themselves_a_member_of_a_neighbours_account() -> None:
    member, neighbour = MemberFactory(), AccountFactory()
    scope = {"customers": [member.account.customer_id], "accounts": [member.account_id]}

    with subject_rows(user_id=member.user_id, **scope):
        for account in (neighbour.pk, member.account_id):
            assert refused(
                ProgrammingError,
                "INSERT INTO accounts_member (account_id, user_id, part, valid_from) VALUES (%s, %s, 'agent', now())",
                [account, member.user_id],
            )
        assert refused(ProgrammingError, "UPDATE accounts_member SET part = 'guardian', valid_to = NULL")


def test_customer_cannot_log_looks_in_a_clerks_name() -> None:
    member = MemberFactory()
    staff = UserFactory(staff=True)

    with subject_rows(user_id=member.user_id, customers=[member.account.customer_id]):
        assert refused(
            ProgrammingError,
            "INSERT INTO accounts_customeropening (uuid, entry_id, salt, evidence, user_id, customer_id, reason,"
            " expires_at) VALUES (gen_random_uuid(), 1, '', '', %s, %s, 'Because', now() + interval '1 hour')",
            [staff.pk, member.account.customer_id],
        )


def test_without_a_scope_there_is_no_row() -> None:
    MemberFactory()

    with no_rows():
        assert not Customer.objects.exists()
        assert not Member.objects.exists()
        assert User.objects.exists()
