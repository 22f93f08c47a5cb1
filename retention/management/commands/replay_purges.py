"""`manage.py replay_purges`: after a restore, purge again what the backup brought back."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger.actor import Actor
from protection.clock import provider_today
from retention.certificates import path_of, run_totals
from retention.errors import RetentionError
from retention.models import Certificate, PurgeRun
from retention.services import replay_purges


class Command(BaseCommand):
    """Compare the purge journal with the data and purge again."""

    help = "After a restore: purge again what the journal says was purged before. The portal opens when that is done."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--reason", default="After a restore", help="kept in the run and the certificate")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--despite-lost-holds",
            action="store_true",
            help="go on although the backup lacks holds: they were placed again, or are not needed any more",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay, and say what came of it."""
        try:
            by = Actor.operator(settings.OPERATOR, options["reason"])
            certificate = replay_purges(by=by, as_of=provider_today(), despite_lost_holds=options["despite_lost_holds"])
        except RetentionError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(_described(certificate)) if options["json"] else _told(certificate))
        if certificate and certificate.run.status != PurgeRun.Status.FINISHED:
            raise CommandError("Not everything could be purged again; see the certificate, and give the command again.")


def _described(certificate: Certificate | None) -> dict[str, Any]:
    if certificate is None:
        return {"run": None, "classes": [], "certificate": None}
    run = certificate.run
    return {"run": str(run.uuid), "classes": run_totals(run), "certificate": str(path_of(certificate))}


def _told(certificate: Certificate | None) -> str:
    if certificate is None:
        return "Data and journal agree: nothing that was purged is there."
    return f"Purged again. Certificate: {path_of(certificate)}"
