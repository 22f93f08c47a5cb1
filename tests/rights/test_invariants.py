"""The rules of cases that the database holds, broken on purpose in raw SQL."""

import pytest
from django.db import connection, transaction
from django.db.utils import Error, IntegrityError, ProgrammingError

from ledger.actor import Actor
from protection.rowsecurity import subject_rows
from rights.models import CaseEvent, Correction, RightsRequest
from rights.services import decide_correction
from tests.factories import AccountFactory, UserFactory
from tests.rights.factories import a_member, a_pending_correction, an_open_request, correct, staff_who_opened

pytestmark = pytest.mark.django_db


def refused(error: type[Error], statement: str, parameters: list[object] | None = None) -> bool:
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
        "decided_at = now()",
        "status = 'accepted'",
        "status = 'refused', decided_at = now(), decided_by_id = requested_by_id",
        "status = 'accepted', decided_at = now(), decided_by_id = requested_by_id",
        "status = 'refused', decided_at = now(), decided_by_id = {other}, decision_reason = ''",
        "status = 'forgotten'",
    ],
)
def test_correction_in_an_impossible_state_is_refused(change: str) -> None:
    a_pending_correction()
    other = UserFactory(staff=True)

    assert refused(IntegrityError, f"UPDATE rights_correction SET {change.format(other=other.pk)}")  # noqa: S608


def test_second_pending_correction_of_a_field_is_refused() -> None:
    correction = a_pending_correction()

    with pytest.raises(IntegrityError), transaction.atomic():
        Correction.objects.bulk_create(
            [
                Correction(
                    customer=correction.customer,
                    row_uuid=correction.row_uuid,
                    field_id=correction.field_id,
                    status=Correction.Status.PENDING,
                    due_on=correction.due_on,
                )
            ]
        )


@pytest.mark.parametrize(
    "change",
    [
        "status = 'answered'",
        "answered_at = now()",
        "status = 'answered', answered_at = now(), answered_by_id = requested_by_id, answer = ''",
        "confirmed_at = now()",
        "kind = 'wish'",
        "text = ''",
    ],
)
def test_request_in_an_impossible_state_is_refused(change: str) -> None:
    an_open_request()

    assert refused(IntegrityError, f"UPDATE rights_rightsrequest SET {change}")  # noqa: S608


@pytest.mark.parametrize("statement", ["UPDATE rights_caseevent SET actor_name = 'x'", "DELETE FROM rights_caseevent"])
def test_steps_of_a_case_are_neither_changed_nor_deleted(statement: str) -> None:
    a_pending_correction()

    assert refused(ProgrammingError, statement)


def test_values_of_a_correction_are_not_in_the_table_in_clear() -> None:
    user, account = a_member()
    correct(user, account.customer, "customer.tax_id", "12-3456789")

    with connection.cursor() as cursor:
        cursor.execute("SELECT new_value FROM rights_correction")
        (stored,) = cursor.fetchone()
        cursor.execute("SELECT string_agg(encode(evidence, 'escape'), '') FROM rights_caseevent")
        (evidence,) = cursor.fetchone()

    assert b"3456789" not in bytes(stored)
    assert "3456789" not in evidence


def test_under_a_customers_scope_only_their_own_cases_exist() -> None:
    a_pending_correction()
    an_open_request()
    user, account = a_member()
    mine = correct(user, account.customer, "customer.name", "Alexandra Sample")

    with subject_rows(user_id=user.pk, customers=[account.customer_id], accounts=[account.pk]):
        assert list(Correction.objects.all()) == [mine]
        assert not RightsRequest.objects.exists()
        assert CaseEvent.objects.count() == 1


def test_customers_scope_cannot_accept_its_own_correction() -> None:
    user, account = a_member()
    correct(user, account.customer, "customer.name", "Alexandra Sample")
    staff = UserFactory(staff=True)

    with subject_rows(user_id=user.pk, customers=[account.customer_id]):
        assert refused(
            ProgrammingError,
            "UPDATE rights_correction SET status = 'accepted', decided_at = now(), decided_by_id = %s",
            [staff.pk],
        )


def test_customers_scope_cannot_file_for_another_customer() -> None:
    user, account = a_member()
    other = AccountFactory().customer

    with subject_rows(user_id=user.pk, customers=[account.customer_id]):
        assert refused(
            ProgrammingError,
            "INSERT INTO rights_rightsrequest (uuid, customer_id, kind, text, status, confirm_due_on, due_on, answer)"
            " VALUES (gen_random_uuid(), %s, 'inquiry', 'x', 'open', now(), now(), '')",
            [other.pk],
        )


def test_each_step_opens_its_ledger_entry() -> None:
    correction = a_pending_correction()
    decide_correction(correction=correction, accept=True, by=Actor.of(staff_who_opened(correction.customer)))

    steps = list(CaseEvent.objects.order_by("pk"))

    assert [step.evidence_json["ledger"]["kind"] for step in steps] == ["correction.filed", "correction.accepted"]
