from celery import shared_task

from consent import sender, visits
from consent.services import (
    announce_receipts,
    claim_bulk_entries,
    discard_forgotten_entries,
    expire_consents,
    match_requests,
    remind_of_consents,
    work_bulk_entry,
)
from consent.webhooks import sending
from ledger.actor import Actor


@shared_task(name="consent.expire")
def expire() -> int:
    """Record the end of the consents that ended by themselves; return how many."""
    return expire_consents(by=Actor.system("consent.expire"))


@shared_task(name="consent.announce_receipts")
def tell_of_receipts() -> int:
    """Have customers and organizations told of the receipts they were not told of; return how many."""
    return announce_receipts(by=Actor.system("consent.announce_receipts"))


@shared_task(name="consent.remind")
def remind() -> int:
    """Remind customers of what they agreed to a year ago and that still runs; return how many were reminded."""
    return remind_of_consents(by=Actor.system("consent.remind"))


@shared_task(name="consent.send_messages")
def send_messages() -> int:
    """Send the messages that are due; return how many were dealt with."""
    return sender.send_messages()


@shared_task(name="consent.fold_visits")
def fold_visits() -> int:
    """Take over into rows what has been counted of visits; return how many rows that concerned."""
    return visits.fold_visits()


@shared_task(name="consent.work_bulk_entry")
def run_bulk_entry(entry_id: int) -> None:
    """Check or record one table of consents that waits."""
    work_bulk_entry(entry_id=entry_id)


@shared_task(name="consent.sweep_bulk_entries")
def sweep_bulk_entries() -> int:
    """Ring again for tables whose message was lost or whose worker was killed; return how many."""
    discard_forgotten_entries()
    left = claim_bulk_entries()
    for entry_id in left:
        run_bulk_entry.delay(entry_id)
    return len(left)


@shared_task(name="consent.match_requests")
def find_whom_requests_mean() -> int:
    """Put new requests from outside before the customers whom they mean; return how many were looked at."""
    return match_requests(by=Actor.system("consent.match_requests"))


@shared_task(name="consent.send_webhooks")
def send_webhooks() -> int:
    """Tell organizations' systems what is due; return how many messages were tried."""
    return sending.send_webhooks()
