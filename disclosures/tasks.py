from datetime import timedelta

from celery import shared_task
from django.db import connection

from disclosures.models import HistoryExport, MergerNotice, Release, ReleaseProposal, StandingFeed
from disclosures.services import (
    build_export,
    build_package,
    carry_out_proposal,
    claim_exports,
    claim_packages,
    claim_proposals,
    deliver_feed,
    end_orders,
    feeds_due,
    remind_of_corrections,
    serve_merger_notice,
)
from ledger.actor import Actor
from protection.clock import transaction_time
from protection.rowsecurity import provider_rows

STILL_SERVED = timedelta(days=90)
"""So long after a merger was announced customers who came since are told of it too."""


@shared_task(name="disclosures.build_package")
def build_release_package(release_id: int) -> None:
    """Build the package of one release."""
    with provider_rows():
        release = Release.objects.get(pk=release_id)
    build_package(release=release)


@shared_task(name="disclosures.carry_out_proposal")
def release_as_proposed(proposal_id: int) -> None:
    """Make a release that two persons agreed to, and ring for its package."""
    with provider_rows():
        proposal = ReleaseProposal.objects.get(pk=proposal_id)
    outcome = carry_out_proposal(proposal=proposal)
    if isinstance(outcome, Release):
        build_release_package.delay(outcome.pk)


@shared_task(name="disclosures.build_export")
def build_history_export(export_id: int) -> None:
    """Build one export of the history."""
    with provider_rows():
        export = HistoryExport.objects.get(pk=export_id)
    build_export(export=export)


@shared_task(name="disclosures.sweep")
def sweep() -> int:
    """Ring again for packages, exports and approved proposals whose message was lost; return how many."""
    releases, exports, proposals = claim_packages(), claim_exports(), claim_proposals()
    for proposal_id in proposals:
        release_as_proposed.delay(proposal_id)
    for release_id in releases:
        build_release_package.delay(release_id)
    for export_id in exports:
        build_history_export.delay(export_id)
    return len(releases) + len(exports) + len(proposals)


@shared_task(name="disclosures.serve_merger_notice")
def serve_notice(notice_id: int) -> int:
    """Write to the customers whom a notice of a merger has not reached yet, a batch a transaction; return how many."""
    count = 0
    while batch := _serve_batch(notice_id):
        count += batch
    return count


def _serve_batch(notice_id: int) -> int:
    with provider_rows():
        notice = MergerNotice.objects.get(pk=notice_id)
        return serve_merger_notice(notice=notice, by=Actor.system("merger notices"))


@shared_task(name="disclosures.sweep_merger_notices")
def sweep_merger_notices() -> int:
    """Go on with the notices of mergers that were lost on the way, and find customers who came since."""
    with provider_rows():
        recent = MergerNotice.objects.filter(created_at__gte=transaction_time() - STILL_SERVED)
        notices = list(recent.order_by("pk").values_list("pk", flat=True))
    return sum(serve_notice(pk) for pk in notices)


@shared_task(name="disclosures.end_orders")
def end_lapsed_orders() -> int:
    """End the orders not to tell whose last day is past; return how many there were."""
    with provider_rows():
        return end_orders()


@shared_task(name="disclosures.ensure_months")
def ensure_months() -> int:
    """Make the months of release lines for two years ahead; return how many were missing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT disclosures_ensure_months()")
        (made,) = cursor.fetchone()
    return int(made)


@shared_task(name="disclosures.remind_of_corrections")
def remind_recipients() -> int:
    """Remind recipients of corrections that nobody acknowledged; return how many wait."""
    return remind_of_corrections()


@shared_task(name="disclosures.deliver_feeds")
def deliver_feeds() -> int:
    """Make tonight's delivery of every standing feed, each in a task of its own; return how many there are."""
    feeds = feeds_due()
    for feed_id in feeds:
        deliver_one_feed.delay(feed_id)
    return len(feeds)


@shared_task(name="disclosures.deliver_feed")
def deliver_one_feed(feed_id: int) -> None:
    """Make tonight's delivery of one standing feed, and ring for its package."""
    with provider_rows():
        feed = StandingFeed.objects.get(pk=feed_id)
    outcome = deliver_feed(feed=feed)
    if isinstance(outcome, Release):
        build_release_package.delay(outcome.pk)
