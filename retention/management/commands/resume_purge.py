"""`manage.py resume_purge`: let a paused run go on."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger.actor import Actor
from retention.errors import RetentionError
from retention.models import PurgeRun
from retention.services import resume_purge


class Command(BaseCommand):
    """Let a paused run go on; a worker takes it up within minutes, `run_purge` at once."""

    help = "Let a paused purge go on. The purge worker takes it up within five minutes."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--run", type=UUID, required=True, help="the run, by its id")
        parser.add_argument("--reason", default="", help="why; kept with the run and in the ledger")

    def handle(self, *args: Any, **options: Any) -> None:
        """Resume, and say so."""
        reason = options["reason"] or f"Resumed at a command line by {settings.OPERATOR}"
        run = PurgeRun.objects.filter(uuid=options["run"]).first()
        if run is None:
            raise CommandError("There is no run of this id.")
        try:
            resume_purge(run=run, reason=reason, by=Actor.operator(settings.OPERATOR, reason))
        except RetentionError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The purge as of {run.as_of} goes on, run {run.uuid}")
