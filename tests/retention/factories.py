"""Holds, actors and a little world of usage and bills for tests of retention."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from accounts.models import Account
from energy.models import UsagePoint
from ledger.actor import Actor
from protection.rowsecurity import provider_rows
from retention.models import LegalHold
from retention.services import approve_release, propose_release
from tests.energy.factories import UsagePointFactory, make_bill, make_day
from tests.factories import AccountFactory, UserFactory

OPERATOR = Actor.operator("Test Operator", "a test of the purge")
AS_OF = date(2026, 3, 15)
EXPIRED_BEFORE = date(2021, 3, 15)
"""The first day that five years keep as of AS_OF."""


def administrator() -> Actor:
    """Return an administrator bound by a confidentiality agreement."""
    return Actor.of(UserFactory.create(administrator=True, bound=True))


def clerk() -> Actor:
    """Return a member of staff bound by a confidentiality agreement."""
    return Actor.of(UserFactory.create(staff=True, bound=True))


def days(first: date, past: date) -> list[date]:
    """Return every day of [first, past)."""
    return [first + timedelta(days=number) for number in range((past - first).days)]


@dataclass(frozen=True)
class Household:
    """An account with one meter."""

    account: Account
    meter: UsagePoint


def household(reading_days: Iterable[date] = (), bill_dates: Iterable[date] = ()) -> Household:
    """Make an account with a packed day of readings on each of the days and a bill on each of the dates."""
    account = AccountFactory.create()
    meter = UsagePointFactory.create(account=account)
    for day in reading_days:
        make_day(meter, day)
    for bill_date in bill_dates:
        make_bill(account, bill_date)
    return Household(account, meter)


def committed_household(reading_days: Iterable[date] = (), bill_dates: Iterable[date] = ()) -> Household:
    """Make a household and commit it."""
    with provider_rows():
        return household(reading_days, bill_dates)


SECOND_OPERATOR = Actor.operator("Second Operator", "the second person")


def release_hold(*, hold: LegalHold, reason: str = "The case is closed", by: Actor = SECOND_OPERATOR) -> LegalHold:
    """End a hold by two persons: one proposes it, `by` approves."""
    proposer = Actor.operator("Proposing Operator", "the first person")
    return approve_release(release=propose_release(hold=hold, reason=reason, by=proposer), by=by)
