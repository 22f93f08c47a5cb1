import pytest

from accounts.models import FieldSource
from ledger.actor import Actor
from ledger.models import Entry
from rights.errors import AlreadyDecidedError, NotAllowedError, OwnCaseError, ReasonMissingError
from rights.services import decide_correction, withdraw_correction
from tests.factories import UserFactory
from tests.rights.factories import a_member, a_pending_correction, correct, staff_who_opened

pytestmark = pytest.mark.django_db


def test_accepted_correction_writes_the_customers_value() -> None:
    correction = a_pending_correction(name="Alexandra Sample")
    staff = staff_who_opened(correction.customer)

    decide_correction(correction=correction, accept=True, by=Actor.of(staff))

    assert correction.row().name == "Alexandra Sample"  # type: ignore[union-attr]
    assert FieldSource.objects.get(field_id="customer.name").is_override
    assert Entry.objects.filter(kind="correction.accepted").count() == 1


def test_accepted_tax_number_can_be_found_by_its_index() -> None:
    user, account = a_member()
    correction = correct(user, account.customer, "customer.tax_id", "12-3456789")

    decide_correction(correction=correction, accept=True, by=Actor.of(staff_who_opened(account.customer)))

    account.customer.refresh_from_db()
    assert account.customer.tax_id == "12-3456789"
    assert account.customer.tax_id_index is not None


def test_refused_correction_leaves_the_value_and_says_why() -> None:
    correction = a_pending_correction()
    staff = staff_who_opened(correction.customer)
    held = correction.customer.name

    decided = decide_correction(correction=correction, accept=False, reason="No proof was given.", by=Actor.of(staff))

    assert correction.row().name == held  # type: ignore[union-attr]
    assert (decided.status, decided.decision_reason, decided.decided_by) == ("refused", "No proof was given.", staff)


@pytest.mark.parametrize("reason", ["", "   ", "no"])
def test_refusal_needs_words(reason: str) -> None:
    correction = a_pending_correction()

    with pytest.raises(ReasonMissingError):
        decide_correction(
            correction=correction, accept=False, reason=reason, by=Actor.of(staff_who_opened(correction.customer))
        )


def test_decision_needs_an_opened_customer() -> None:
    correction = a_pending_correction()

    with pytest.raises(NotAllowedError):
        decide_correction(correction=correction, accept=True, by=Actor.of(UserFactory(staff=True, bound=True)))


def test_customer_cannot_decide_their_own_correction() -> None:
    correction = a_pending_correction()
    assert correction.requested_by is not None

    with pytest.raises(NotAllowedError):
        decide_correction(correction=correction, accept=True, by=Actor.of(correction.requested_by))


def test_staff_cannot_decide_what_they_asked_for_themselves() -> None:
    _, account = a_member()
    staff = staff_who_opened(account.customer)
    correction = correct(staff, account.customer, "customer.name", "Alexandra Sample")

    with pytest.raises(OwnCaseError):
        decide_correction(correction=correction, accept=True, by=Actor.of(staff))


def test_decision_is_made_once() -> None:
    correction = a_pending_correction()
    staff = Actor.of(staff_who_opened(correction.customer))
    decide_correction(correction=correction, accept=True, by=staff)

    with pytest.raises(AlreadyDecidedError):
        decide_correction(correction=correction, accept=False, reason="Second thoughts", by=staff)


def test_withdrawn_correction_is_not_decided() -> None:
    correction = a_pending_correction()
    assert correction.requested_by is not None
    withdraw_correction(correction=correction, by=Actor.of(correction.requested_by))

    with pytest.raises(AlreadyDecidedError):
        decide_correction(correction=correction, accept=True, by=Actor.of(staff_who_opened(correction.customer)))
