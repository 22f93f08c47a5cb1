from celery import shared_task

from consent.services import expire_consents
from ledger.actor import Actor


@shared_task(name="consent.expire")
def expire() -> int:
    """Record the end of the consents that ended by themselves; return how many."""
    return expire_consents(by=Actor.system("consent.expire"))
