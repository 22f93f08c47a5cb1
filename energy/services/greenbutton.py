from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO

from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.selectors import lacks_guardian
from energy.days import Calendar
from energy.errors import ImportRefused
from energy.greenbutton import (
    Feed,
    FeedError,
    Finding,
    LocalTimeParameters,
    MeterReading,
    ReadingBatch,
    Resource,
    UsageSummary,
    read_feed,
)
from energy.greenbutton import ReadingType as FeedReadingType
from energy.greenbutton import UsagePoint as FeedUsagePoint
from energy.models import ImportRun, UsagePoint
from energy.selectors import not_before
from energy.services.bills import StoredBills, store_bills
from energy.services.counting import Counters, Loaded, findings_of_bills, findings_of_readings
from energy.services.laying import Place
from energy.services.locking import lock_account
from energy.services.series import columns_of, digest_of, identifier_of, known_reading_types, known_usage_points
from energy.services.staging import Stage
from protection.clock import provider_today

Progress = Callable[[int], None]
"""Is told how many bytes of the file have been read."""


@dataclass(slots=True)
class _Resources:
    """The resources of a feed that are stored, by address; the others are counted by the name of their element."""

    usage_points: dict[str, FeedUsagePoint] = field(default_factory=dict)
    reading_types: dict[str, FeedReadingType] = field(default_factory=dict)
    summaries: list[UsageSummary] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)

    def keep(self, resource: Resource) -> None:
        """Keep a resource, a later one of the same address in place of a former."""
        if isinstance(resource, FeedUsagePoint):
            self.usage_points[resource.href] = resource
        elif isinstance(resource, FeedReadingType):
            self.reading_types[resource.href] = resource
        elif isinstance(resource, UsageSummary):
            self.summaries.append(resource)
        elif not isinstance(resource, MeterReading | LocalTimeParameters):
            self.others[resource.ELEMENT] += 1


def load_greenbutton(
    *, stream: BinaryIO, run: ImportRun, account: Account, calendar: Calendar, last_day: date, progress: Progress
) -> Loaded:
    """Read a Green Button feed from `stream` and lay its usage and bills over the account's.

    In the caller's transaction. Raises ImportRefused where the file as a whole is not to be trusted.
    """
    if lacks_guardian(account.customer, provider_today()):
        raise ImportRefused(
            _("This account is a minor's, and no verified guardian has agreed that we hold its data."),
            remedy=_("Link the guardian on the customer's page, then import the file again."),
        )
    first_day = run.not_before or not_before(run.as_of)
    stage = Stage(calendar=calendar, first_day=first_day, last_day=last_day)
    resources = _Resources()
    feed = read_feed(stream)
    try:
        for item in feed:
            if isinstance(item, ReadingBatch):
                stage.add(item.meter_reading_href, item)
                progress(stream.tell())
            else:
                resources.keep(item)
    except FeedError as error:
        raise ImportRefused(error.message, remedy=error.remedy, line=error.line) from error
    lock_account(account.pk)
    points = _usage_points(feed, resources, account, run)
    stored = stage.store(_places(feed, resources, account, points), run_id=run.pk)
    bills = store_bills(
        account=account,
        summaries=[(summary, _owner(feed, summary, account, points)) for summary in resources.summaries],
        calendar=calendar,
        not_before=not_before(run.as_of, "bills"),
        not_after=last_day,
        import_run_id=run.pk,
    )
    counters = Counters.of(stage, stored, unread=feed.skipped, zone=calendar.zone)
    counters.usage_points, counters.bills = len(points), len(resources.summaries)
    return Loaded(counters, _findings(feed, resources, stage, bills) + findings_of_readings(stage, stored, first_day))


def _usage_points(feed: Feed, resources: _Resources, account: Account, run: ImportRun) -> dict[str, UsagePoint]:
    named: dict[str, FeedUsagePoint | None] = {
        identifier_of(href, account): resource for href, resource in resources.usage_points.items()
    }
    for key, links in feed.links.series.items():
        named.setdefault(identifier_of(links.usage_point or key, account), None)
    return known_usage_points(account=account, feed=named, import_run=run.uuid)


def _places(feed: Feed, resources: _Resources, account: Account, points: dict[str, UsagePoint]) -> dict[str, Place]:
    meanings = {key: resources.reading_types.get(links.reading_type or "") for key, links in feed.links.series.items()}
    types = known_reading_types(meanings.values())
    return {
        key: Place(
            account.pk,
            points[identifier_of(links.usage_point or key, account)].pk,
            types[digest_of(columns_of(meanings[key]))].pk,
        )
        for key, links in feed.links.series.items()
    }


def _owner(feed: Feed, summary: UsageSummary, account: Account, points: dict[str, UsagePoint]) -> UsagePoint | None:
    href = feed.links.owners.get(summary.href)
    return points.get(identifier_of(href, account)) if href else None


def _findings(feed: Feed, resources: _Resources, stage: Stage, bills: StoredBills) -> list[Finding]:
    unread = [
        Finding(1, "resource-not-stored", f"{element} is no usage and no bill", "Left out; the file is kept", count)
        for element, count in sorted(resources.others.items())
    ]
    return [*feed.findings, *unread, *findings_of_bills(bills)]
