"""`manage.py run_purge`: purge what is past its time, and certify it."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger.actor import Actor
from protection.arguments import day
from retention.certificates import path_of, run_totals
from retention.errors import RetentionError
from retention.models import PurgeItem, PurgeRun
from retention.schedule import label_of
from retention.services import begin_purge, run_purge


class Command(BaseCommand):
    """Purge as of a day; killed half-way, the same command goes on where it was."""

    help = "Remove what is past its time and not held, and write a signed certificate of it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--as-of", type=day, help="the day by which periods are counted; today by default")
        parser.add_argument("--reason", default="", help="why it is run by hand; kept in the run and the certificate")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start or resume the run, carry it out, print what became of it."""
        operator = settings.OPERATOR
        reason = options["reason"] or f"Run at a command line by {operator}"
        try:
            run = begin_purge(
                by=Actor.operator(operator, reason), as_of=options["as_of"], trigger=PurgeRun.Trigger.COMMAND
            )
            certificate = run_purge(run=run)
        except RetentionError as error:
            raise CommandError(str(error)) from error
        if certificate is None:
            raise CommandError("Another process works on the last items of this run; give the command again later.")
        run.refresh_from_db()
        path = str(path_of(certificate))
        if options["json"]:
            self.stdout.write(json.dumps({"run": str(run.uuid), "classes": run_totals(run), "certificate": path}))
        else:
            self._tell(run, path)
        self._refuse_faults(run)

    def _tell(self, run: PurgeRun, path: str) -> None:
        self.stdout.write(f"Purge as of {run.as_of}, run {run.uuid}")
        for entry in run_totals(run):
            self.stdout.write(
                f"  {label_of(entry['retention_class'])}: {entry['total']} past their time ="
                f" {entry['held']} held + {entry['dropped']} dropped"
            )
        self.stdout.write(f"Certificate: {path}")

    def _refuse_faults(self, run: PurgeRun) -> None:
        failed = run.items.filter(status=PurgeItem.Status.FAILED).order_by("position")
        if faults := [f"{item.partition}: {item.last_error}" for item in failed]:
            raise CommandError("Not everything could be purged:\n" + "\n".join(faults))
