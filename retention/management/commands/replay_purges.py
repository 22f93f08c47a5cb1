"""`manage.py replay_purges`: after a restore, purge again what the backup brought back."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger.actor import Actor
from protection.clock import provider_today
from retention.certificates import path_of
from retention.errors import RetentionError
from retention.models import PurgeRun
from retention.services import replay_purges


class Command(BaseCommand):
    """Compare the purge journal with the data and purge again."""

    help = "After a restore: purge again what the journal says was purged before. Run it before the portal opens."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--reason", default="After a restore", help="kept in the run and the certificate")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay, and say what came of it."""
        try:
            by = Actor.operator(settings.OPERATOR, options["reason"])
            certificate = replay_purges(by=by, as_of=provider_today())
        except RetentionError as error:
            raise CommandError(str(error)) from error
        if certificate is None:
            self.stdout.write("Data and journal agree: nothing that was purged is there.")
            return
        self.stdout.write(f"Purged again. Certificate: {path_of(certificate)}")
        if certificate.run.status != PurgeRun.Status.FINISHED:
            raise CommandError("Not everything could be purged again; see the certificate, and give the command again.")
