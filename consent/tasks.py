from celery import shared_task

from consent import sender, visits
from consent.services import expire_consents
from ledger.actor import Actor


@shared_task(name="consent.expire")
def expire() -> int:
    """Record the end of the consents that ended by themselves; return how many."""
    return expire_consents(by=Actor.system("consent.expire"))


@shared_task(name="consent.send_messages")
def send_messages() -> int:
    """Send the messages that are due; return how many were dealt with."""
    return sender.send_messages()


@shared_task(name="consent.fold_visits")
def fold_visits() -> int:
    """Take over into rows what has been counted of visits; return how many rows that concerned."""
    return visits.fold_visits()
