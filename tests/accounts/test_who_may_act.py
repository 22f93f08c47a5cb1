"""Who may act for whom, said in Python and in SQL: the same answers over all parts, periods, permissions and ages."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from accounts.ages import is_minor, latest_birth_of_age, of_age_on
from accounts.models import Account, Act, Customer, Member
from accounts.permissions import can_consent_for, can_correct_customer, can_see_customer, can_withdraw_for
from accounts.selectors import reach_of
from consent.permissions import can_grant_consent, can_withdraw_consent
from ledger.actor import Actor
from protection.clock import provider_today
from protection.rowsecurity import subject_rows
from tests.factories import (
    AccountFactory,
    AgentAuthorizationFactory,
    CustomerFactory,
    GuardianshipFactory,
    MemberFactory,
    UserFactory,
)

Part = Member.Part
DAY = timedelta(days=1)
PERIODS = {"past": (-10, -1), "ended today": (-10, 0), "from today": (0, None), "to come": (1, None)}
ACTS = (["see"], ["see", "consent"], ["see", "correct", "withdraw"], list(Act.values))


def ages(today: date) -> tuple[date | None, ...]:
    """Return dates of birth: unknown, of age tomorrow, of age today, of age long since."""
    return (None, latest_birth_of_age(today) + DAY, latest_birth_of_age(today), date(1970, 2, 3))


def members(today: date) -> Iterator[Member]:
    """Make a membership of a customer of its own for every combination."""
    for (start, end), birth in product(PERIODS.values(), ages(today)):
        period = {"valid_from": today + start * DAY, "valid_to": None if end is None else today + end * DAY}
        for part in (Part.HOLDER, Part.ADULT_MEMBER):
            yield MemberFactory.create(account=account_of(birth), part=part, **period)
        for proof in ({}, {"ended": True}, {"valid_from": today + DAY}):
            yield guardian(birth, period, **proof)
        for acts, proof in product(ACTS, ({}, {"revoked": True}, {"valid_to": today}, {"valid_from": today + DAY})):
            yield agent(birth, period, acts, today, **proof)


def account_of(birth: date | None) -> Account:
    return AccountFactory.create(customer=CustomerFactory.create(birth_date=birth))


def guardian(birth: date | None, period: dict[str, date | None], *, ended: bool = False, **proof: date) -> Member:
    """Make a guardian whose ward then turns out to be as old as asked for."""
    account, user = account_of(None), UserFactory.create()
    row = GuardianshipFactory.create(customer=account.customer, guardian=user, **proof)
    if ended:
        row.ended_at, row.end_cause, row.end_reason = row.created_at, "ended", "It was a mistake"
        row.save(update_fields=["ended_at", "end_cause", "end_reason"])
    Customer.objects.filter(pk=account.customer_id).update(birth_date=birth)
    return MemberFactory.create(account=account, user=user, part=Part.GUARDIAN, guardianship=row, **period)


def agent(
    birth: date | None,
    period: dict[str, date | None],
    acts: list[str],
    today: date,
    *,
    revoked: bool = False,
    **proof: date,
) -> Member:
    account, user = account_of(birth), UserFactory.create()
    runs = {"valid_from": today - 5 * DAY, "valid_to": today + 5 * DAY, **proof}
    row = AgentAuthorizationFactory.create(customer=account.customer, agent=user, acts=acts, **runs)
    if revoked:
        row.revoked_at, row.revoked_by = row.created_at, user
        row.save(update_fields=["revoked_at", "revoked_by"])
    return MemberFactory.create(account=account, user=user, part=Part.AGENT, authorization=row, **period)


@pytest.mark.django_db
def test_sql_and_python_give_the_same_answers() -> None:
    answered = set()
    for member in members(provider_today()):
        user, customer, by = member.user, member.account.customer, Actor.of(member.user)
        with connection.cursor() as cursor:
            cursor.execute("SELECT acts FROM accounts_memberships(consent_today()) WHERE member_id = %s", [member.pk])
            (acts,) = cursor.fetchone() or ([],)
        python = (
            can_see_customer(user, customer),
            can_correct_customer(user, customer),
            can_consent_for(user, customer),
            can_withdraw_for(user, customer),
        )
        assert python == tuple(act in acts for act in Act.values), member
        assert (can_grant_consent(by, customer), can_withdraw_consent(by, customer)) == python[2:], member
        reach = reach_of(user)
        assert (customer.pk in reach.customers, member.account_id in reach.accounts) == (python[0], python[0]), member
        answered.add((member.part, *python))
    may = {part: {answer[1:] for answer in answered if answer[0] == part} for part in Part.values}
    nothing, everything = (False,) * 4, (True,) * 4
    assert may[Part.HOLDER] == {nothing, everything, (True, True, False, True)}
    assert may[Part.ADULT_MEMBER] == {nothing, (True, True, False, True)}
    assert may[Part.GUARDIAN] == {nothing, everything}
    assert len(may[Part.AGENT]) == 5


@pytest.mark.django_db
def test_a_birthday_is_the_same_in_sql_and_python() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT day::date, accounts_of_age_on(day::date)"
            " FROM generate_series('1896-02-27'::date, '2101-03-02'::date, interval '1 day') day"
        )
        differing = [(birth, day) for birth, day in cursor.fetchall() if of_age_on(birth) != day]
    assert differing == []


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_minors_are_born_after_the_latest_birth_of_who_is_of_age(birth: date, day: date) -> None:
    assert is_minor(birth, day) == (birth > latest_birth_of_age(day))


def test_who_is_born_on_29_february_comes_of_age_on_1_march() -> None:
    assert of_age_on(date(2008, 2, 29)) == date(2026, 3, 1)
    assert is_minor(date(2008, 2, 29), date(2026, 2, 28))


@pytest.mark.django_db
def test_an_agent_sees_the_accounts_of_the_permission_alone() -> None:
    first = AccountFactory.create()
    second = AccountFactory.create(customer=first.customer)
    permission = AgentAuthorizationFactory.create(customer=first.customer, all_accounts=False)
    MemberFactory.create(account=first, user=permission.agent, part=Part.AGENT, authorization=permission)
    reach = reach_of(permission.agent)
    with subject_rows(user_id=permission.agent_id, customers=reach.customers, accounts=reach.accounts):
        assert list(Account.objects.all()) == [first]
    assert second.pk not in reach.accounts
