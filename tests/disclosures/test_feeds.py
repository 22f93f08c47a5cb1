"""Standing feeds: a file every night; customers' lines open on joining and close on leaving."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from accounts.models import Account, Recipient
from accounts.services import stop_recipient
from consent.services import withdraw_consent
from disclosures.cohorts import Cohort
from disclosures.errors import DecisionReasonMissingError, FeedError, NotAllowedError
from disclosures.gate import ReleaseRequest
from disclosures.models import FeedLine, FeedStep, Package, Release, ReleaseDenial, ReleaseProposal, StandingFeed
from disclosures.services import (
    approve_disclosure,
    build_package,
    carry_out_proposal,
    claim_proposals,
    deliver_feed,
    end_feed,
    feeds_due,
    pause_feed,
    propose_disclosure,
    resume_feed,
    stop_feed_line,
)
from ledger.actor import Actor
from protection.clock import provider_today
from protection.rowsecurity import recipient_rows, subject_rows
from retention.errors import SecondPersonError
from tests.consent.factories import granted
from tests.disclosures.factories import FIELDS, WHY, basis, clerk_for, purpose
from tests.factories import AccountFactory, RecipientFactory, UserFactory

pytestmark = pytest.mark.django_db


def clerk() -> Actor:
    return Actor.of(UserFactory.create(staff=True, bound=True))


def contractor() -> Recipient:
    return RecipientFactory.create(under_agreement=True)


def asked(recipient: Recipient, code: str = "contractor_primary_purpose", **changes: Any) -> ReleaseRequest:
    """Return what goes out every night: of all customers, the day before."""
    today = provider_today()
    is_consent = code == "written_consent"
    terms: dict[str, Any] = {
        "cohort": Cohort(),
        "recipient": recipient,
        "basis": basis(code),
        "purpose": purpose("energy_analysis" if is_consent else "grid_operations"),
        "field_ids": FIELDS if is_consent else ("account.number", "usage.readings"),
        "data_from": today - timedelta(days=1),
        "data_to": today,
        "reason": WHY,
        **changes,
    }
    return ReleaseRequest(**terms)


def started(request: ReleaseRequest) -> StandingFeed:
    proposal = propose_disclosure(request=request, by=clerk(), is_nightly=True)
    return approve_disclosure(proposal=proposal, by=clerk()).feed


def delivered(feed: StandingFeed, *, days_ago: int = 0) -> Release:
    release = deliver_feed(feed=feed, night=provider_today() - timedelta(days=days_ago))
    assert isinstance(release, Release)
    return release


def close_account(account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(closed_on=provider_today() - timedelta(days=1))


def lines(feed: StandingFeed) -> set[tuple[int, str]]:
    return set(feed.lines.values_list("customer", "closed_code"))


def test_a_feed_takes_two_persons_and_is_not_released_as_a_proposal() -> None:
    AccountFactory.create()
    proposer = clerk()
    proposal = propose_disclosure(request=asked(contractor()), by=proposer, is_nightly=True)
    with pytest.raises(SecondPersonError):
        approve_disclosure(proposal=proposal, by=proposer)
    assert not StandingFeed.objects.exists()
    feed = approve_disclosure(proposal=proposal, by=clerk()).feed
    assert (feed.period_days, feeds_due()) == (1, [feed.pk])
    assert carry_out_proposal(proposal=proposal) is None
    assert claim_proposals() == []


@pytest.mark.parametrize("change", [{"basis": "emergency"}, {"cohort": None}])
def test_only_consent_or_contract_and_a_rule_make_a_feed(change: dict[str, Any]) -> None:
    account = AccountFactory.create()
    if "basis" in change:
        request = asked(contractor(), basis=basis("emergency"))
    else:
        request = asked(contractor(), cohort=None, customers=(account.customer,) * 101)
    with pytest.raises(FeedError):
        propose_disclosure(request=request, by=clerk(), is_nightly=True)


def test_a_night_is_one_release_with_the_cohorts_hash_and_a_package() -> None:
    accounts = AccountFactory.create_batch(3)
    feed = started(asked(contractor()))
    release = delivered(feed)
    today = provider_today()
    assert (release.feed, release.line_count, release.data_to) == (feed, 3, today)
    tags = sorted(bytes(account.customer.tag) for account in accounts)
    assert release.cohort_sha256 == sha256(b"".join(tags)).hexdigest()
    assert build_package(release=release).status == Package.Status.READY
    assert lines(feed) == {(account.customer_id, "") for account in accounts}
    assert set(feed.lines.values_list("opened_on", flat=True)) == {today}


def test_a_feed_rung_twice_on_a_night_delivers_once() -> None:
    AccountFactory.create()
    feed = started(asked(contractor()))
    assert delivered(feed) == delivered(feed)
    assert (Release.objects.count(), feed.lines.count()) == (1, 1)


def test_a_missed_night_is_made_up_for_but_none_to_come_or_before_the_last() -> None:
    AccountFactory.create()
    feed = started(asked(contractor()))
    delivered(feed, days_ago=1)
    for days in (-1, 2):
        with pytest.raises(FeedError):
            delivered(feed, days_ago=days)


def test_who_joins_gets_a_line_and_whose_account_is_closed_loses_it() -> None:
    stays, leaves = AccountFactory.create(), AccountFactory.create()
    feed = started(asked(contractor()))
    delivered(feed, days_ago=1)
    close_account(leaves)
    joins = AccountFactory.create()
    delivered(feed)
    assert lines(feed) == {(stays.customer_id, ""), (leaves.customer_id, "left"), (joins.customer_id, "")}


def test_a_withdrawn_consent_closes_the_line_and_a_new_one_opens_another() -> None:
    recipient, account, other = contractor(), AccountFactory.create(), AccountFactory.create()
    by = Actor.of(clerk_for(account.customer, other.customer))

    def agree(given: Account) -> Any:
        start = provider_today() - timedelta(days=365)
        return granted(customer=given.customer, recipient=recipient, by=by, field_ids=FIELDS, data_from=start)

    consent = agree(account)
    agree(other)
    feed = started(asked(recipient, "written_consent"))
    assert delivered(feed, days_ago=2).line_count == 2
    withdraw_consent(consent=consent, by=by)
    delivered(feed, days_ago=1)
    assert lines(feed) == {(account.customer_id, "lacks"), (other.customer_id, "")}
    agree(account)
    delivered(feed)
    assert list(
        feed.lines.filter(customer=account.customer_id).order_by("pk").values_list("closed_code", flat=True)
    ) == [
        "lacks",
        "",
    ]


def test_a_stopped_recipient_gets_nothing_and_the_refusal_is_kept() -> None:
    AccountFactory.create()
    recipient = contractor()
    feed = started(asked(recipient))
    delivered(feed, days_ago=1)
    stop_recipient(recipient=recipient, reason="Data was passed on", by=clerk())
    denial = deliver_feed(feed=feed)
    assert isinstance(denial, ReleaseDenial)
    assert (denial.feed, [each["code"] for each in denial.conditions]) == (feed, ["recipient_stopped"])
    assert deliver_feed(feed=feed) == denial
    assert {code for _customer, code in lines(feed)} == {"refused"}


def test_a_paused_feed_rests_with_every_line_closed_until_it_is_resumed() -> None:
    AccountFactory.create()
    feed = started(asked(contractor()))
    delivered(feed, days_ago=1)
    pause_feed(feed=feed, reason="The contractor moves its systems", by=clerk())
    assert (deliver_feed(feed=feed), feeds_due()) == (None, [])
    assert {code for _customer, code in lines(feed)} == {"paused"}
    with pytest.raises(FeedError):
        pause_feed(feed=feed, reason="The contractor moves its systems", by=clerk())
    resume_feed(feed=feed, reason="The new systems are ready", by=clerk())
    delivered(feed)
    assert {code for _customer, code in lines(feed)} == {"paused", ""}


def test_an_ended_feed_never_runs_again() -> None:
    AccountFactory.create()
    feed = started(asked(contractor()))
    delivered(feed)
    end_feed(feed=feed, reason="The contract is over", by=clerk())
    feed.refresh_from_db()
    assert feed.ended_at is not None
    assert (deliver_feed(feed=feed), feeds_due()) == (None, [])
    assert {code for _customer, code in lines(feed)} == {"ended"}
    with pytest.raises(FeedError):
        resume_feed(feed=feed, reason="Perhaps after all", by=clerk())


@pytest.mark.parametrize("is_paused", [False, True])
def test_a_stop_for_one_customer_holds_for_good_and_for_nobody_else(is_paused: bool) -> None:
    objects, other = AccountFactory.create(), AccountFactory.create()
    feed = started(asked(contractor()))
    delivered(feed, days_ago=1)
    if is_paused:
        pause_feed(feed=feed, reason="The contractor moves its systems", by=clerk())
    stop_feed_line(customer=objects.customer, feed=feed, reason="The customer complained of it", by=clerk())
    if is_paused:
        resume_feed(feed=feed, reason="The new systems are ready", by=clerk())
    release = delivered(feed)
    assert list(release.lines.values_list("customer", flat=True)) == [other.customer_id]
    assert not feed.lines.filter(customer=objects.customer, closed_on=None).exists()
    with pytest.raises(FeedError):
        stop_feed_line(customer=objects.customer, feed=feed, reason="The customer complained of it", by=clerk())


def test_steps_take_the_desk_and_a_reason() -> None:
    AccountFactory.create()
    feed = started(asked(contractor()))
    for trait in ("auditor", "of_recipient"):
        with pytest.raises(NotAllowedError):
            end_feed(
                feed=feed, reason="The contract is over", by=Actor.of(UserFactory.create(bound=True, **{trait: True}))
            )
    with pytest.raises(DecisionReasonMissingError):
        pause_feed(feed=feed, reason="no", by=clerk())


def refused_by_database(sql: str, *values: object) -> str:
    with (
        pytest.raises((IntegrityError, ProgrammingError)) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql, values)
    return str(refused.value)


def test_the_database_refuses_a_feed_that_two_persons_did_not_agree_to() -> None:
    AccountFactory.create()
    waiting = propose_disclosure(request=asked(contractor()), by=clerk(), is_nightly=True)
    once = approve_disclosure(proposal=propose_disclosure(request=asked(contractor()), by=clerk()), by=clerk())
    for proposal in (waiting, once):
        with pytest.raises(IntegrityError, match="two persons agreed"), transaction.atomic():
            copy_of(proposal).save()


def copy_of(proposal: ReleaseProposal, **changes: Any) -> StandingFeed:
    same = ("recipient", "purpose", "basis", "field_ids", "format", "reason")
    terms = {name: getattr(proposal, name) for name in same}
    return StandingFeed(proposal=proposal, **{**terms, "period_days": 1, **changes})


def test_the_database_refuses_a_feed_with_other_terms() -> None:
    AccountFactory.create()
    feed = started(asked(contractor()))
    with pytest.raises(IntegrityError, match="two persons agreed"), transaction.atomic():
        copy_of(feed.proposal, recipient=contractor()).save()
    assert "written once" in refused_by_database("UPDATE disclosures_standingfeed SET period_days = 99")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("data_from = data_from - 1", "what the feed was agreed"),
        ('cohort = \'{"customer_class": "commercial"}\'::jsonb', "what the feed was agreed"),
        ("cohort_sha256 = ''", "what the feed was agreed"),
        ("field_ids = field_ids || '{customer.name}'::varchar[]", "what the feed was agreed"),
        ("format = 'jsonl'", "what the feed was agreed"),
    ],
)
def test_the_database_refuses_a_delivery_that_was_not_agreed_to(change: str, words: str) -> None:
    AccountFactory.create()
    feed = started(asked(contractor()))
    release = delivered(feed)
    assert words in again(release, change)


def test_the_database_refuses_a_delivery_of_a_paused_or_ended_feed() -> None:
    AccountFactory.create()
    feed = started(asked(contractor()))
    release = delivered(feed)
    pause_feed(feed=feed, reason="The contractor moves its systems", by=clerk())
    assert "paused or has ended" in again(release, "reason = reason")
    end_feed(feed=feed, reason="The contract is over", by=clerk())
    assert "paused or has ended" in again(release, "reason = reason")


def again(release: Release, change: str) -> str:
    """Insert a changed copy of a release by raw SQL; return why it is refused."""
    column, value = change.split(" = ", 1)
    return refused_by_database(
        f"""
        WITH entry AS (INSERT INTO ledger_entry (kind, subject_tag, commitment)
            SELECT kind, subject_tag, commitment FROM ledger_entry WHERE id = %s RETURNING id),
        changed AS (SELECT release.*, {value} AS new_value FROM disclosures_release release WHERE id = %s)
        INSERT INTO disclosures_release
        SELECT (jsonb_populate_record(NULL::disclosures_release, to_jsonb(changed)
            || jsonb_build_object('id', nextval('disclosures_release_id_seq'), 'uuid', gen_random_uuid(),
                                  'request_uuid', gen_random_uuid(), 'entry_id', entry.id,
                                  '{column}', new_value))).* FROM changed, entry
        """,  # noqa: S608
        release.entry_id,
        release.pk,
    )


def test_the_database_refuses_steps_without_proof_and_lines_changed_afterwards() -> None:
    account = AccountFactory.create()
    feed = started(asked(contractor()))
    delivered(feed)
    with pytest.raises(IntegrityError, match="ledger entry"), transaction.atomic():
        FeedStep.objects.create(
            feed=feed, what="pause", reason=WHY, actor_name="Nobody", entry_id=1, salt=bytes(32), evidence=b"{}"
        )
    assert "written once" in refused_by_database("UPDATE disclosures_feedline SET opened_on = opened_on - 1")
    assert "feedline_open_once" in refused_by_database(
        "INSERT INTO disclosures_feedline (feed_id, customer_id, opened_on, closed_code) VALUES (%s, %s, now(), '')",
        feed.pk,
        account.customer_id,
    )
    refused_by_database("DELETE FROM disclosures_feedline")


def test_customers_see_their_own_lines_and_feeds_and_recipients_their_feeds_alone() -> None:
    own, other = AccountFactory.create(), AccountFactory.create()
    recipient = contractor()
    feed = started(asked(recipient))
    unseen = started(asked(contractor(), cohort=Cohort(account_ids=(other.pk,))))
    delivered(feed)
    delivered(unseen)
    stop_feed_line(customer=other.customer, feed=unseen, reason="The customer complained of it", by=clerk())
    user = UserFactory.create()
    with subject_rows(user_id=user.pk, customers=[own.customer_id]):
        assert [line.customer_id for line in FeedLine.objects.all()] == [own.customer_id]
        assert list(StandingFeed.objects.all()) == [feed]
        assert not FeedStep.objects.exists()
    with recipient_rows(recipient.pk):
        assert list(StandingFeed.objects.all()) == [feed]
        assert not FeedLine.objects.exists()
