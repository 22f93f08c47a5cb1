"""What the services of holds allow and refuse, with words that say what to do."""

from datetime import date, timedelta
from typing import Any

import pytest

from accounts.models import Channel, OutboxMessage
from consent.mail import write
from ledger.actor import Actor
from ledger.models import Entry
from protection.clock import provider_today
from retention.errors import DecidedError, HoldError, NotAllowedError, ProposalError, SecondPersonError
from retention.extents import extent_of
from retention.models import LegalHold
from retention.selectors import search_holds
from retention.services import (
    approve_release,
    place_hold,
    propose_release,
    refuse_release,
    release_holds_of,
    remind_of_holds,
    review_hold,
)
from retention.services.reminders import stage_of
from tests.energy.factories import UsagePointFactory, make_bill, make_day
from tests.factories import MemberFactory, UserFactory
from tests.retention.factories import OPERATOR, administrator, clerk, household, release_hold

pytestmark = pytest.mark.django_db

GIVEN = {"reason": "A lawsuit", "citation": "Case 1"}
SYSTEM = Actor.system("test")


def a_hold(**changes: Any) -> LegalHold:
    return place_hold(**{"all_subjects": True, "by": OPERATOR, **GIVEN, **changes})


def soon(days: int) -> date:
    return provider_today() + timedelta(days=days)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reason": "r" * 501}, "reason: Ensure this value has at most 500"),
        ({"citation": "c" * 301}, "citation: Ensure this value has at most 300"),
        ({"reason": "  "}, "State the reason"),
        ({"review_on": date(2020, 1, 1)}, "must be to come"),
        ({"retention_classes": ["ledger"]}, "Nothing called ledger can be held"),
        ({"all_subjects": False}, "Name one customer"),
        ({"data_from": date(2020, 1, 2), "data_to": date(2020, 1, 1)}, "must come after"),
    ],
)
def test_a_hold_that_cannot_be_says_what_to_do(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(HoldError, match=words):
        a_hold(**changes)
    assert not LegalHold.objects.exists()


def test_a_review_must_come_after_today() -> None:
    with pytest.raises(HoldError):
        a_hold(review_on=soon(0))
    assert a_hold(review_on=soon(1)).review_on == soon(1)


def test_a_customer_or_a_stranger_owns_no_hold() -> None:
    with pytest.raises(HoldError, match="staff or an administrator"):
        a_hold(owner=MemberFactory.create().user)
    with pytest.raises(HoldError, match="staff or an administrator"):
        a_hold(owner=UserFactory.create(staff=True, is_active=False))
    with pytest.raises(HoldError, match="staff or an administrator"):
        a_hold(owner=UserFactory.create(auditor=True))


def test_who_places_a_hold_owns_it_unless_another_is_named() -> None:
    by, other = clerk(), UserFactory.create(staff=True)
    assert a_hold(by=by).owner_user_id == by.user_id
    named = a_hold(by=by, owner=other)
    assert (named.owner_user, named.owner) == (other, other.get_full_name())


def test_a_meter_of_another_account_is_refused() -> None:
    mine, theirs = household(), household()
    with pytest.raises(HoldError, match="does not belong"):
        a_hold(all_subjects=False, account=mine.account, usage_point=theirs.meter)


def test_a_hold_on_a_meter_names_its_account() -> None:
    home = household()
    assert a_hold(all_subjects=False, usage_point=home.meter).account == home.account


def test_customers_and_auditors_neither_place_nor_release() -> None:
    hold = a_hold()
    for by in (Actor.of(MemberFactory.create().user), Actor.of(UserFactory.create(auditor=True, bound=True))):
        with pytest.raises(NotAllowedError):
            a_hold(by=by)
        with pytest.raises(NotAllowedError):
            propose_release(hold=hold, reason="The case is closed", by=by)
        with pytest.raises(NotAllowedError):
            review_hold(hold=hold, next_review_on=soon(9), reason="Still needed", by=by)


def test_who_proposed_a_release_can_take_it_back_but_not_approve() -> None:
    by, hold = administrator(), a_hold()
    release = propose_release(hold=hold, reason="The case is closed", by=by)
    with pytest.raises(SecondPersonError):
        approve_release(release=release, by=by)
    assert refuse_release(release=release, by=by).is_approved is False
    hold.refresh_from_db()
    assert hold.is_in_force
    with pytest.raises(DecidedError):
        approve_release(release=release, by=administrator())


def test_who_placed_a_hold_may_be_the_second_person() -> None:
    by = administrator()
    release = propose_release(hold=a_hold(by=by), reason="The case is closed", by=administrator())
    assert not approve_release(release=release, by=by).is_in_force


def test_after_a_refusal_the_release_can_be_proposed_again() -> None:
    hold = a_hold()
    refuse_release(release=propose_release(hold=hold, reason="The case is closed", by=clerk()), by=clerk())
    again = propose_release(hold=hold, reason="It is really closed", by=clerk())
    assert not approve_release(release=again, by=clerk()).is_in_force
    with pytest.raises(HoldError, match="released before"):
        propose_release(hold=LegalHold.objects.get(pk=hold.pk), reason="Once more", by=clerk())


def test_a_second_proposal_waits_for_the_first() -> None:
    hold = a_hold()
    propose_release(hold=hold, reason="The case is closed", by=clerk())
    with pytest.raises(ProposalError, match="already waits"):
        propose_release(hold=hold, reason="The case is closed", by=clerk())


def test_each_of_two_overlapping_holds_is_released_on_its_own() -> None:
    first, second = a_hold(), a_hold(citation="Case 2")
    release_hold(hold=first)
    assert list(LegalHold.objects.in_force()) == [second]


def test_an_implicit_hold_is_neither_reviewed_nor_proposed_for_release() -> None:
    hold = a_hold(origin="rights.Correction:1", by=Actor.of(MemberFactory.create().user))
    with pytest.raises(HoldError, match="ends by itself"):
        propose_release(hold=hold, reason="The case is closed", by=clerk())
    with pytest.raises(HoldError, match="ends by itself"):
        review_hold(hold=hold, next_review_on=soon(9), reason="Still needed", by=clerk())
    assert release_holds_of(origin=hold.origin, reason="Decided", by=SYSTEM) == 1
    assert release_holds_of(origin="", reason="Decided", by=SYSTEM) == 0


def test_every_act_on_a_hold_is_in_the_ledger() -> None:
    hold = a_hold()
    review_hold(hold=hold, next_review_on=soon(9), reason="Still needed", by=clerk())
    refuse_release(release=propose_release(hold=hold, reason="The case is closed", by=clerk()), by=clerk())
    release_hold(hold=hold)
    kinds = list(Entry.objects.filter(kind__startswith="hold.").order_by("pk").values_list("kind", flat=True))
    assert kinds == [
        "hold.placed",
        "hold.reviewed",
        "hold.release_proposed",
        "hold.release_refused",
        "hold.release_proposed",
        "hold.release_approved",
        "hold.released",
    ]


def test_the_extent_counts_a_meter_and_the_bills_of_its_whole_account() -> None:
    home = household([date(2025, 3, 1), date(2025, 3, 2)], [date(2025, 3, 31)])
    make_day(UsagePointFactory.create(account=home.account), date(2025, 3, 1))
    make_bill(home.account, date(2025, 3, 30), usage_point_id=home.meter.pk + 1000)
    hold = a_hold(all_subjects=False, usage_point=home.meter, data_from=date(2025, 3, 2))
    assert [(one.retention_class, one.moved, one.stored) for one in extent_of(hold)] == [
        ("bills", 0, 1),
        ("readings", 0, 1),
    ]


@pytest.mark.parametrize(
    ("left", "stage"),
    [
        (31, ""),
        (30, "before-30"),
        (8, "before-30"),
        (7, "before-7"),
        (1, "before-7"),
        (0, "overdue-0"),
        (-7, "overdue-1"),
    ],
)
def test_reminders_come_a_month_and_a_week_before_and_weekly_after(left: int, stage: str) -> None:
    today = date(2026, 11, 21)
    assert stage_of(today + timedelta(days=left), today) == stage


def test_owner_and_administrators_are_reminded_once_a_stage() -> None:
    owner, boss = UserFactory.create(staff=True), UserFactory.create(administrator=True)
    UserFactory.create(administrator=True, is_active=False)
    a_hold(owner=owner, review_on=soon(5))
    a_hold(owner=owner, review_on=soon(50))
    a_hold(origin="rights.Correction:1")
    for _number in range(2):
        assert remind_of_holds(by=SYSTEM) == 2
    assert {message.user for message in OutboxMessage.objects.all()} == {owner, boss}
    (message, _other) = OutboxMessage.objects.order_by("pk")
    written = write(message, "en", Channel.EMAIL)
    assert written.subject == "A legal hold is to be reviewed: Case 1"
    assert "/retention/holds/" in written.text


def test_a_review_moves_the_reminder_to_its_own_day_and_owner() -> None:
    hold = a_hold(owner=UserFactory.create(staff=True), review_on=soon(5))
    heir = UserFactory.create(staff=True)
    review_hold(hold=hold, next_review_on=soon(50), reason="Still needed", by=clerk(), owner=heir)
    assert remind_of_holds(by=SYSTEM) == 0
    review_hold(hold=hold, next_review_on=soon(6), reason="Sooner after all", by=clerk(), owner=heir)
    assert remind_of_holds(by=SYSTEM) == 1
    assert OutboxMessage.objects.get().user == heir


def test_lists_find_holds_by_state_and_word() -> None:
    held = a_hold(citation="Case Alpha")
    over = a_hold(citation="Case Beta")
    implied = a_hold(citation="Open case", origin="rights.Correction:1")
    waiting = a_hold(citation="Case Gamma")
    release_hold(hold=over)
    propose_release(hold=waiting, reason="The case is closed", by=clerk())
    late = provider_today() + timedelta(days=400)

    def found(**filters: Any) -> set[LegalHold]:
        return set(search_holds(**filters))

    assert found(state="released") == {over}
    assert found(state="implicit") == {implied}
    assert found(state="waiting") == {waiting}
    assert found(state="in_force") == {held, implied, waiting}
    assert found(state="overdue", day=late) == {held, waiting}
    assert found(state="overdue", day=provider_today()) == set()
    assert found(text="case alpha") == {held}
