"""The pages of standing feeds: proposed and approved at the desk, changed there, read by the customers concerned."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from accounts.models import User
from disclosures.models import Release, ReleaseProposal, StandingFeed
from disclosures.services import deliver_feed
from disclosures.tasks import deliver_feeds
from protection.clock import provider_today
from tests.disclosures.factories import basis, purpose
from tests.factories import AccountFactory, MemberFactory, RecipientFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db
NEW = "/disclosures/proposals/new/"


def text_of(response: Any) -> str:
    return " ".join(unescape(response.content.decode()).split())


def clerk() -> User:
    return UserFactory.create(staff=True, bound=True)


def started() -> StandingFeed:
    """Have two clerks start a feed through the pages."""
    yesterday = provider_today() - timedelta(days=1)
    entered = {
        "recipient": RecipientFactory.create(under_agreement=True).pk,
        "purpose": purpose("grid_operations").pk,
        "basis": basis("contractor_primary_purpose").pk,
        "field_ids": ["account.number", "usage.readings"],
        "data_from": yesterday.isoformat(),
        "data_last": yesterday.isoformat(),
        "format": "csv",
        "reason": "Billing of the district, every night",
        "request_uuid": "0d8f3a52-54c5-4f0e-8f4c-2b7d1c0a9e62",
        "is_nightly": "on",
    }
    page = signed_in(clerk()).post(NEW, entered, follow=True)
    assert "Every night, as many days up to the day before" in text_of(page)
    proposal = ReleaseProposal.objects.get()
    page = signed_in(clerk()).post(
        f"/disclosures/proposals/{proposal.uuid}/decide/", {"decision": "approve"}, follow=True
    )
    assert "It goes out every night" in text_of(page)
    return StandingFeed.objects.get()


def test_a_feed_is_started_by_two_delivered_and_shown_with_its_nights() -> None:
    AccountFactory.create_batch(2)
    feed = started()
    assert not Release.objects.exists()
    assert deliver_feeds() == 1
    release = deliver_feed(feed=feed)
    assert isinstance(release, Release)
    desk = signed_in(clerk())
    assert feed.recipient.legal_name in text_of(desk.get("/disclosures/feeds/"))
    assert release.cohort_sha256 in text_of(desk.get(f"/disclosures/feeds/{feed.uuid}/"))


def test_a_feed_is_paused_resumed_stopped_for_one_and_ended_at_the_desk() -> None:
    account = AccountFactory.create()
    AccountFactory.create()
    feed = started()
    deliver_feed(feed=feed)
    desk, address = signed_in(clerk()), f"/disclosures/feeds/{feed.uuid}/step/"
    page = desk.post(address, {"step": "pause", "reason": "no"}, follow=True)
    assert not feed.steps.exists()
    for step in ("pause", "resume"):
        page = desk.post(address, {"step": step, "reason": "The contractor moves its systems"}, follow=True)
        assert "The feed is changed." in text_of(page)
    stop = {"step": "stop", "stop-account": "0", "stop-reason": "The customer complained"}
    assert "There is no account of this number" in text_of(desk.post(address, stop, follow=True))
    desk.post(address, {**stop, "stop-account": account.number})
    assert feed.steps.filter(customer=account.customer).exists()
    page = desk.post(address, {"step": "end", "reason": "The contract is over"}, follow=True)
    assert "Ended" in text_of(page)
    assert "End it for good" not in text_of(page)
    assert desk.post(address, {"step": "burn", "reason": "The contract is over"}).status_code == 400


def test_a_customer_reads_nightly_since_when_to_whom_what_and_why_instead_of_every_night() -> None:
    member = MemberFactory.create()
    feed = started()
    deliver_feed(feed=feed)
    customer = signed_in(member.user)
    text = text_of(customer.get("/who-has-my-data/"))
    assert "Nightly since" in text
    assert feed.recipient.legal_name in text
    assert "Billing of the district, every night" in text
    assert "Your data was given out once" not in text
    line = Release.objects.get().lines.get()
    assert f"/{line.entry_id}/" in customer.get("/who-has-my-data/").content.decode()
    desk = signed_in(clerk())
    desk.post(f"/disclosures/feeds/{feed.uuid}/step/", {"step": "end", "reason": "The contract is over"})
    assert "The feed has ended" in text_of(customer.get("/who-has-my-data/"))


def test_a_recipient_finds_each_night_in_its_inbox() -> None:
    AccountFactory.create()
    feed = started()
    deliver_feed(feed=feed)
    user = UserFactory.create(of_recipient=True, recipient=feed.recipient)
    package = Release.objects.get().package
    assert f"/deliveries/{package.uuid}/download/" in signed_in(user).get("/deliveries/").content.decode()
