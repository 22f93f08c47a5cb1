from celery import shared_task

from accounts.services import ask_for_certificates, remind_of_agreements
from ledger.actor import Actor
from protection.rowsecurity import provider_rows


@shared_task(name="accounts.remind_of_agreements")
def remind() -> int:
    """Remind of agreements that end, and ask for certificates where one ended; return how many reminders stand."""
    by = Actor.system("agreements")
    with provider_rows():
        return remind_of_agreements(by=by) + ask_for_certificates(by=by)
