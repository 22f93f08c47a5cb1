"""`manage.py pause_purge`: have a run stop after the step it is at."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger.actor import Actor
from retention.errors import RetentionError
from retention.models import PurgeRun
from retention.services import pause_purge


class Command(BaseCommand):
    """Pause one run, or every run that is not over."""

    help = "Pause a purge: its workers stop after the step they are at, until resume_purge."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--run", type=UUID, help="the run, by its id; every open run by default")
        parser.add_argument("--reason", required=True, help="why; kept with the run and in the ledger")

    def handle(self, *args: Any, **options: Any) -> None:
        """Pause, and say what was paused."""
        by = Actor.operator(settings.OPERATOR, options["reason"])
        runs = PurgeRun.objects.unfinished().order_by("pk")
        if options["run"]:
            runs = PurgeRun.objects.filter(uuid=options["run"])
        if not runs:
            raise CommandError("There is no such run under way.")
        for run in runs:
            try:
                pause_purge(run=run, reason=options["reason"], by=by)
            except RetentionError as error:
                raise CommandError(str(error)) from error
            self.stdout.write(f"Paused: purge as of {run.as_of}, run {run.uuid}")
