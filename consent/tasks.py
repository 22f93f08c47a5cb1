from celery import shared_task

from consent import sender, visits
from consent.services import (
    announce_receipts,
    begin_rounds,
    claim_bulk_entries,
    deliver_to_new_accounts,
    discard_forgotten_entries,
    expire_consents,
    go_on_with_round,
    match_requests,
    put_announced_changes_in_force,
    remind_of_consents,
    tell_of_majority,
    work_bulk_entry,
)
from consent.webhooks import sending
from ledger.actor import Actor
from protection.rowsecurity import provider_rows

BATCHES_AT_ONCE = 100
"""Of 5,000 customers each: the schedule rings again before long, and a task must end well before its time limit."""


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


@shared_task(name="consent.announce_changes")
def announce_changes() -> int:
    """Put in force what the privacy notice in force says by now; return how many changes."""
    with provider_rows():
        return put_announced_changes_in_force(by=Actor.system("consent.announce_changes"))


@shared_task(name="consent.deliver_notices")
def deliver_notices() -> int:
    """Go on sending customers the privacy notice, for some minutes at most; return how many batches were asked for."""
    by = Actor.system("consent.deliver_notices")
    deliver_to_new_accounts(by=by)
    batches = 0
    for run in begin_rounds():
        while batches < BATCHES_AT_ONCE and go_on_with_round(run=run, by=by):
            batches += 1
    return batches


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


@shared_task(name="consent.tell_of_majority")
def pass_accounts_to_their_owners() -> int:
    """Tell of customers with a guardian who come of age, and ask them anew; return how many came of age."""
    return tell_of_majority(by=Actor.system("consent.tell_of_majority"))
