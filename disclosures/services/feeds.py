"""Standing feeds: what two persons agreed to goes out every night, until it is paused, ended or stopped for one."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import Customer
from accounts.permissions import DESK_ROLES, is_bound
from accounts.reasons import is_reason
from disclosures.cohorts import Cohort
from disclosures.errors import DecisionReasonMissingError, FeedError, NotAllowedError, ReleaseDenied
from disclosures.gate import ReleaseRequest
from disclosures.models import FeedLine, FeedStep, LegalBasis, Release, ReleaseDenial, ReleaseProposal, StandingFeed
from disclosures.services.releases import release_disclosure
from ledger.actor import Actor
from ledger.services import PROVIDER_TAG, record
from protection.clock import provider_today
from protection.rowsecurity import provider_rows

FIT_KINDS = frozenset({LegalBasis.Kind.CONSENT, LegalBasis.Kind.CONTRACT})
"""The kinds of legal basis on which data may go out night after night."""

_NIGHTS = UUID("a3d5a1f6-3c0c-4a55-8d5c-2c7be3b1f6d4")
"""The namespace in which a feed and a day become a request id, so that a night's delivery is made once."""

Closed = FeedLine.Closed
What = FeedStep.What

# Who is in the delivery and has no open line joins; who has one and is not in it leaves. Set by set.
_CLOSE_LEFT = """
UPDATE disclosures_feedline line SET closed_on = %(day)s, closed_code = CASE WHEN EXISTS (
    SELECT FROM disclosures_releaseexclusion lacking
    WHERE lacking.release_id = %(release)s AND lacking.customer_id = line.customer_id) THEN 'lacks' ELSE 'left' END
WHERE line.feed_id = %(feed)s AND line.closed_on IS NULL AND NOT EXISTS (
    SELECT FROM disclosures_releaseline sent
    WHERE sent.release_id = %(release)s AND sent.created_at = %(at)s AND sent.customer_id = line.customer_id)
"""
_OPEN_JOINED = """
INSERT INTO disclosures_feedline (feed_id, customer_id, opened_on, closed_code)
SELECT %(feed)s, sent.customer_id, %(day)s, '' FROM disclosures_releaseline sent
WHERE sent.release_id = %(release)s AND sent.created_at = %(at)s
ON CONFLICT DO NOTHING
"""


def refuse_unfit(request: ReleaseRequest) -> None:
    """Raise FeedError for a request that cannot be made every night: not on consent or contract, or of named ones."""
    if request.cohort is None or request.basis.kind not in FIT_KINDS:
        raise FeedError(
            _("Only data on consent or under contract, of customers chosen by a rule or a list, goes out every night.")
        )


def start_feed(proposal: ReleaseProposal) -> StandingFeed:
    """Start the feed that two persons agreed to; the approval's ledger entry is its proof."""
    return StandingFeed.objects.create(
        proposal=proposal,
        recipient=proposal.recipient,
        purpose=proposal.purpose,
        basis=proposal.basis,
        field_ids=proposal.field_ids,
        format=proposal.format,
        period_days=(proposal.data_to - proposal.data_from).days,
        reason=proposal.reason,
    )


def feeds_due() -> list[int]:
    """Return the ids of the feeds that run, whether or not tonight's delivery is made already."""
    with provider_rows():
        return list(StandingFeed.objects.running().order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def deliver_feed(*, feed: StandingFeed, night: date | None = None) -> Release | ReleaseDenial | None:
    """Make a night's delivery of a feed: decide as things stand now, write the release, open and close the lines.

    `night` is today, or a day that was missed; each is made once however often it is called. Returns the release, or
    the refusal, which closes every line; None for a feed that does not run. A pause, an end or a stop for one customer
    either precedes or waits. Raises FeedError for a night that is to come, or before one that went out.
    """
    with provider_rows():
        feed = _locked(feed)
        if feed.ended_at is not None or _is_paused(feed):
            return None
        day = night or provider_today()
        request_uuid = uuid5(_NIGHTS, f"{feed.uuid} {day}")
        made = _made(request_uuid)
        if made is not None:
            return made
        if day > provider_today() or feed.releases.filter(data_to__gt=day).exists():
            raise FeedError(_("Only tonight's delivery, or one missed since the last, can be made."))
        try:
            release = release_disclosure(request=_request_of(feed, day), by=_carrier(feed), request_uuid=request_uuid)
        except ReleaseDenied as refused:
            _close(feed, day, Closed.REFUSED)
            return refused.denial
        _follow(feed, release, day)
        return release


@transaction.atomic
def pause_feed(*, feed: StandingFeed, reason: str, by: Actor) -> FeedStep:
    """Let a feed rest; every customer's line closes. Raises NotAllowedError, DecisionReasonMissingError, FeedError."""
    feed = _changeable(feed, reason, by)
    if _is_paused(feed):
        raise FeedError(_("The feed is paused already."))
    _close(feed, provider_today(), Closed.PAUSED)
    return _step(feed, What.PAUSE, reason, by)


@transaction.atomic
def resume_feed(*, feed: StandingFeed, reason: str, by: Actor) -> FeedStep:
    """Let a paused feed run again, as the two persons agreed. Raises as `pause_feed` does."""
    feed = _changeable(feed, reason, by)
    if not _is_paused(feed):
        raise FeedError(_("The feed is not paused."))
    return _step(feed, What.RESUME, reason, by)


@transaction.atomic
def end_feed(*, feed: StandingFeed, reason: str, by: Actor) -> FeedStep:
    """End a feed for good; a new one takes two persons again. Raises as `pause_feed` does."""
    feed = _changeable(feed, reason, by)
    _close(feed, provider_today(), Closed.ENDED)
    return _step(feed, What.END, reason, by)


@transaction.atomic
def stop_feed_line(*, customer: Customer, feed: StandingFeed, reason: str, by: Actor) -> FeedStep:
    """Let nothing of one customer go out by a feed ever again, be it paused or not. Raises as `pause_feed` does."""
    feed = _changeable(feed, reason, by)
    if feed.steps.filter(customer=customer).exists():
        raise FeedError(_("The feed is stopped for this customer already."))
    open_line = feed.lines.filter(customer=customer, closed_on=None)
    open_line.update(closed_on=provider_today(), closed_code=Closed.STOPPED)
    return _step(feed, What.STOP, reason, by, customer=customer)


def _changeable(feed: StandingFeed, reason: str, by: Actor) -> StandingFeed:
    """Lock the feed for a step that the actor may take."""
    if not is_bound(by, DESK_ROLES):
        raise NotAllowedError
    if not is_reason(reason):
        raise DecisionReasonMissingError
    feed = _locked(feed)
    if feed.ended_at is not None:
        raise FeedError(_("The feed has ended. Propose a new one."))
    return feed


def _locked(feed: StandingFeed) -> StandingFeed:
    related = ("proposal", "recipient", "purpose", "basis", "proposal__document")
    return StandingFeed.objects.select_related(*related).select_for_update(of=("self",)).get(pk=feed.pk)


def _is_paused(feed: StandingFeed) -> bool:
    last = feed.steps.filter(customer=None).order_by("-pk").first()
    return last is not None and last.what == What.PAUSE


def _step(feed: StandingFeed, what: What, reason: str, by: Actor, *, customer: Customer | None = None) -> FeedStep:
    evidence: Mapping[str, object] = {
        "by": by.evidence(),
        "feed": feed.uuid,
        "what": what.value,
        "reason": reason.strip(),
        "customer": customer.uuid if customer else None,
    }
    witness = record(kind=f"feed.{what.value}", subject_tag=PROVIDER_TAG, evidence=evidence)
    return FeedStep.objects.create(
        **witness.columns(),
        feed=feed,
        what=what,
        customer=customer,
        reason=reason.strip(),
        user_id=by.user_id,
        actor_name=by.name,
    )


def _made(request_uuid: UUID) -> Release | ReleaseDenial | None:
    release = Release.objects.filter(request_uuid=request_uuid).first()
    return release or ReleaseDenial.objects.filter(request_uuid=request_uuid).first()


def _request_of(feed: StandingFeed, day: date) -> ReleaseRequest:
    """Return what a feed asks of the gate on a day: of accounts open then, for the days before it."""
    proposal = feed.proposal
    assert proposal.cohort is not None
    cohort = Cohort.from_json(proposal.cohort, tuple(proposal.account_ids))
    return ReleaseRequest(
        cohort=replace(cohort, open_on=day, feed_id=feed.pk),
        recipient=feed.recipient,
        purpose=feed.purpose,
        basis=feed.basis,
        field_ids=tuple(feed.field_ids),
        data_from=day - timedelta(days=feed.period_days),
        data_to=day,
        format=feed.format,
        reason=feed.reason,
        document=proposal.document,
        notice_served_on=proposal.notice_served_on,
        feed=feed,
    )


def _carrier(feed: StandingFeed) -> Actor:
    """Return who delivers: the portal, on the word of the two whose names the proposal keeps."""
    words = f"approved by {feed.proposal.decided_by_name}, proposed by {feed.proposal.proposed_by_name}"
    return Actor.system(f"standing feed, {words}"[:200])


def _follow(feed: StandingFeed, release: Release, day: date) -> None:
    values: dict[str, Any] = {"feed": feed.pk, "release": release.pk, "at": release.decided_at, "day": day}
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE_LEFT, values)
        cursor.execute(_OPEN_JOINED, values)


def _close(feed: StandingFeed, day: date, code: Closed) -> None:
    feed.lines.filter(closed_on=None).update(closed_on=day, closed_code=code)
