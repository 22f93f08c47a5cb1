from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Customer, Member, User
from ledger.actor import Actor
from ledger.models import Entry
from protection.clock import provider_today
from rights.deadlines import add_business_days
from rights.errors import AlreadyDecidedError, NotAllowedError, ReasonMissingError, TextMissingError
from rights.models import RightsRequest
from rights.services import answer_request, close_request, confirm_request, file_request, withdraw_correction
from tests.factories import AccountFactory, AgentAuthorizationFactory, MemberFactory, UserFactory
from tests.rights.factories import a_member, a_pending_correction, an_open_request, staff_who_opened


def test_ten_business_days_from_a_friday_are_two_weeks() -> None:
    assert add_business_days(date(2026, 11, 20), 10) == date(2026, 12, 4)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 60))
def test_business_deadline_falls_on_a_weekday_with_that_many_weekdays_before(day: date, count: int) -> None:
    due = add_business_days(day, count)

    passed = [day + timedelta(days=ahead) for ahead in range(1, (due - day).days + 1)]
    assert sum(each.weekday() < 5 for each in passed) == count
    assert due.weekday() < 5


@pytest.mark.django_db
def test_request_is_due_in_45_days() -> None:
    request = an_open_request()

    today = provider_today()
    assert request.due_on == today + timedelta(days=45)
    assert request.confirm_due_on == add_business_days(today, 10)
    assert Entry.objects.filter(kind="request.filed").count() == 1


@pytest.mark.django_db
def test_request_sent_twice_is_one() -> None:
    user, account = a_member()
    fields = {"customer": account.customer, "kind": "inquiry", "text": "Who reads my meter?", "by": Actor.of(user)}

    assert file_request(**fields) == file_request(**fields)
    assert RightsRequest.objects.count() == 1


@pytest.mark.django_db
def test_request_without_words_is_not_taken() -> None:
    with pytest.raises(TextMissingError):
        an_open_request(text="  ")


@pytest.mark.django_db
def test_stranger_files_nothing() -> None:
    with pytest.raises(NotAllowedError):
        file_request(customer=AccountFactory().customer, kind="inquiry", text="Tell me", by=Actor.of(UserFactory()))


@pytest.mark.django_db
def test_answer_closes_the_clock() -> None:
    request = an_open_request()
    staff = Actor.of(staff_who_opened(request.customer))

    answered = answer_request(request=request, answer="Only you and our billing desk.", by=staff)

    assert answered.status == RightsRequest.Status.ANSWERED
    assert not RightsRequest.objects.open().exists()
    with pytest.raises(AlreadyDecidedError):
        answer_request(request=request, answer="Only you and our billing desk.", by=staff)


@pytest.mark.django_db
def test_answer_needs_words() -> None:
    request = an_open_request()

    with pytest.raises(ReasonMissingError):
        answer_request(request=request, answer="ok", by=Actor.of(staff_who_opened(request.customer)))


@pytest.mark.django_db
def test_answer_needs_an_opened_customer() -> None:
    request = an_open_request()

    with pytest.raises(NotAllowedError):
        answer_request(request=request, answer="Long enough.", by=Actor.of(UserFactory(staff=True, bound=True)))


@pytest.mark.django_db
def test_receipt_is_confirmed_once() -> None:
    request = an_open_request()
    staff = Actor.of(staff_who_opened(request.customer))

    first = confirm_request(request=request, by=staff).confirmed_at

    assert first is not None
    assert confirm_request(request=request, by=staff).confirmed_at == first
    assert Entry.objects.filter(kind="request.confirmed").count() == 1


@pytest.mark.django_db
def test_customer_takes_a_request_back() -> None:
    request = an_open_request()
    assert request.requested_by is not None

    close_request(request=request, by=Actor.of(request.requested_by))

    assert not RightsRequest.objects.open().exists()


@pytest.mark.django_db
def test_an_agent_who_may_only_see_takes_no_request_or_correction_back() -> None:
    request, correction = an_open_request(), a_pending_correction()
    with pytest.raises(NotAllowedError):
        close_request(request=request, by=Actor.of(agent_of(request.customer)))
    with pytest.raises(NotAllowedError):
        withdraw_correction(correction=correction, by=Actor.of(agent_of(correction.customer)))


def agent_of(customer: Customer) -> User:
    """Return an agent who may see the customer's data and nothing else."""
    permission = AgentAuthorizationFactory.create(customer=customer, acts=["see"])
    part, account = Member.Part.AGENT, customer.accounts.get()
    return MemberFactory.create(account=account, user=permission.agent, part=part, authorization=permission).user
