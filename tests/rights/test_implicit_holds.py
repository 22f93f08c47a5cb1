"""An open correction or request holds what it is about: it survives a purge, and goes with the next one after."""

from collections.abc import Callable
from datetime import date

import pytest

from accounts.models import User
from energy.models import DayReading
from ledger.actor import Actor
from protection.rowsecurity import provider_rows, subject_rows
from retention.models import HeldBill, HeldDayReading, LegalHold
from retention.services import begin_purge, run_purge
from rights.holds import REQUEST_CLASSES, origin_of
from rights.models import Correction, RightsRequest
from rights.services import (
    answer_request,
    close_request,
    correct_field,
    decide_correction,
    file_request,
    withdraw_correction,
)
from tests.conftest import ActAs
from tests.energy.factories import UsagePointFactory, make_bill, make_day
from tests.retention.factories import AS_OF, OPERATOR
from tests.rights.factories import REASON, a_member, a_pending_correction, an_open_request, correct, staff_who_opened

OLD = date(2019, 1, 15)
ANSWER = "We looked into it and found nothing wrong"


def staff_for(case: Correction | RightsRequest) -> Actor:
    return Actor.of(staff_who_opened(case.customer))


def asker(case: Correction | RightsRequest) -> User:
    assert case.requested_by is not None
    return case.requested_by


def accept(case: Correction) -> None:
    decide_correction(correction=case, accept=True, by=staff_for(case))


def refuse(case: Correction) -> None:
    decide_correction(correction=case, accept=False, reason=REASON, by=staff_for(case))


def take_back(case: Correction) -> None:
    withdraw_correction(correction=case, by=Actor.of(asker(case)))


def answer(case: RightsRequest) -> None:
    answer_request(request=case, answer=ANSWER, by=staff_for(case))


def close(case: RightsRequest) -> None:
    close_request(request=case, by=Actor.of(asker(case)))


WAYS: dict[str, tuple[Callable[[], Correction | RightsRequest], Callable[..., None]]] = {
    "accepted": (a_pending_correction, accept),
    "refused": (a_pending_correction, refuse),
    "withdrawn": (a_pending_correction, take_back),
    "answered": (an_open_request, answer),
    "closed": (an_open_request, close),
}


def purge() -> None:
    run_purge(run=begin_purge(by=OPERATOR, as_of=AS_OF))


def held() -> tuple[int, int]:
    with provider_rows():
        assert not DayReading.objects.exists()
        return HeldDayReading.objects.count(), HeldBill.objects.count()


@pytest.mark.parametrize("way", WAYS)
def test_what_an_open_case_is_about_survives_a_purge_and_goes_after(
    committed_database: str, acting_as: ActAs, way: str
) -> None:
    begin, end = WAYS[way]
    with provider_rows():
        case = begin()
        account = case.customer.accounts.get()
        make_day(UsagePointFactory.create(account=account), OLD)
        make_bill(account, OLD)
        make_day(UsagePointFactory.create(), OLD)
    with acting_as("purge"):
        purge()
    assert held() == (1, 1)
    with provider_rows():
        end(case)
    with acting_as("purge"):
        purge()
    assert held() == (0, 0)
    with provider_rows():
        hold = LegalHold.objects.get()
        assert (hold.origin, hold.is_in_force) == (origin_of(case), False)


@pytest.mark.django_db
def test_a_correction_holds_usage_bills_and_the_class_of_its_row() -> None:
    case = a_pending_correction()
    hold = LegalHold.objects.get()
    assert set(hold.retention_classes) == {"readings", "bills", "identity"}
    assert (hold.customer, hold.owner_user, hold.review_on) == (case.customer, None, None)


@pytest.mark.django_db
def test_a_request_holds_all_that_its_answer_may_speak_of() -> None:
    an_open_request()
    assert set(LegalHold.objects.get().retention_classes) == set(REQUEST_CLASSES)


@pytest.mark.django_db
def test_a_correction_made_at_once_holds_nothing() -> None:
    user, account = a_member()
    correct(user, account.customer, "customer.phone", "+1 555 010 0199")
    assert not LegalHold.objects.exists()


@pytest.mark.django_db
def test_asking_twice_holds_once() -> None:
    user, account = a_member()
    for _number in range(2):
        correct(user, account.customer, "customer.name", "Alexandra Sample")
        file_request(customer=account.customer, kind="inquiry", text="Who reads it?", by=Actor.of(user))
    assert LegalHold.objects.in_force().count() == 2


@pytest.mark.django_db
@pytest.mark.rowscope("none")
def test_customers_place_and_end_these_holds_within_their_own_rows() -> None:
    with provider_rows():
        user, account = a_member()
    with subject_rows(user_id=user.pk, customers=[account.customer_id], accounts=[account.pk]):
        by = Actor.of(user)
        case = correct_field(
            customer=account.customer, row=account.customer, field_id="customer.name", value="Alex Sample", by=by
        )
        assert LegalHold.objects.in_force().get().origin == origin_of(case)
        withdraw_correction(correction=case, by=by)
        assert not LegalHold.objects.in_force().exists()
