"""What beat rings for. Each task is idempotent and finds its own work in PostgreSQL; two beats are harmless."""

from celery.schedules import crontab

NIGHTLY = crontab(hour=2, minute=15)
"""When the purge runs, in the provider's time zone."""

SCHEDULE = {
    "say that scheduled work runs": {"task": "portal.sign_of_beat", "schedule": 60.0},
    "seal the ledger": {"task": "ledger.seal", "schedule": 30.0},
    "take the heads of the ledger": {"task": "ledger.take_heads", "schedule": crontab(hour=1, minute=30)},
    "make months ahead": {"task": "energy.ensure_months", "schedule": crontab(hour=1, minute=40)},
    "trim series": {"task": "energy.trim_series", "schedule": crontab(hour=4, minute=20)},
    "take in files that were left": {"task": "energy.sweep_imports", "schedule": 60.0},
    "send messages": {"task": "consent.send_messages", "schedule": 60.0},
    "fold counted visits": {"task": "consent.fold_visits", "schedule": 300.0},
    "tell customers of mergers": {"task": "disclosures.sweep_merger_notices", "schedule": crontab(minute=25)},
    "remind of agreements that end": {"task": "accounts.remind_of_agreements", "schedule": crontab(hour=6, minute=40)},
    "purge what is past its time": {"task": "retention.nightly", "schedule": NIGHTLY},
    "remind of holds to be reviewed": {"task": "retention.remind_of_holds", "schedule": crontab(hour=6, minute=30)},
    "go on with unfinished purges": {"task": "retention.sweep", "schedule": 300.0},
    "remind recipients of corrections": {
        "task": "disclosures.remind_of_corrections",
        "schedule": crontab(hour=7, minute=40),
    },
    "deliver standing feeds": {"task": "disclosures.deliver_feeds", "schedule": crontab(minute=10, hour="1-6")},
    "build packages and exports that were left": {"task": "disclosures.sweep", "schedule": 60.0},
    "record which consents ended": {"task": "consent.expire", "schedule": crontab(hour=0, minute=20)},
    "work on tables of consents that were left": {"task": "consent.sweep_bulk_entries", "schedule": 60.0},
    "tell organizations' systems of consents": {"task": "consent.send_webhooks", "schedule": 15.0},
    "tell of receipts": {"task": "consent.announce_receipts", "schedule": 60.0},
    "run the controls": {"task": "portal.run_controls", "schedule": crontab(hour=5, minute=10)},
    "put requests before customers": {"task": "consent.match_requests", "schedule": 60.0},
    "tell of majority": {"task": "consent.tell_of_majority", "schedule": crontab(hour=0, minute=30)},
    "remind of consents": {"task": "consent.remind", "schedule": crontab(hour=8, minute=10)},
    "end orders not to tell": {"task": "disclosures.end_orders", "schedule": crontab(minute=5)},
    "put in force what the notice says": {"task": "consent.announce_changes", "schedule": crontab(minute="*/5")},
    "send the privacy notice": {"task": "consent.deliver_notices", "schedule": 300.0},
    "make months of disclosures ahead": {"task": "disclosures.ensure_months", "schedule": crontab(hour=1, minute=45)},
}
