"""`manage.py run_purge`: purge what is past its time, and certify it."""

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger.actor import Actor
from protection.arguments import day
from retention.certificates import path_of, run_totals
from retention.errors import RetentionError
from retention.models import PurgeItem, PurgePlan, PurgeRun
from retention.schedule import label_of
from retention.services import begin_purge, run_purge, start_purge


class Command(BaseCommand):
    """Purge as of a day, or carry out an approved plan; killed half-way, the same command goes on where it was."""

    help = "Remove what is past its time and not held, and write a signed certificate of it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--as-of", type=day, help="the day by which periods are counted; today by default")
        what.add_argument("--plan", type=UUID, help="the approved plan to carry out, by its id")
        parser.add_argument("--reason", default="", help="why it is run by hand; kept in the run and the certificate")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start or resume the run, carry it out, print what became of it."""
        operator = settings.OPERATOR
        by = Actor.operator(operator, options["reason"] or f"Run at a command line by {operator}")
        try:
            run = self._run_of(options["plan"], by) if options["plan"] else begin_purge(by=by, as_of=options["as_of"])
            certificate = run_purge(run=run, tell=self._tell_item)
        except RetentionError as error:
            raise CommandError(str(error)) from error
        run.refresh_from_db()
        if certificate is None:
            raise CommandError(_why_unfinished(run))
        path = str(path_of(certificate))
        if options["json"]:
            self.stdout.write(json.dumps({"run": str(run.uuid), "classes": run_totals(run), "certificate": path}))
        else:
            self._tell(run, path)
        self._refuse_faults(run)

    def _run_of(self, plan_id: UUID, by: Actor) -> PurgeRun:
        plan = PurgePlan.objects.filter(uuid=plan_id).first()
        if plan is None:
            raise CommandError("There is no plan of this id. Copy it from the plan's page or from plan_purge --keep.")
        return start_purge(plan=plan, by=by)

    def _tell_item(self, item: PurgeItem) -> None:
        """Write a line per item to standard error, so that standard output stays clean for --json."""
        progress = f"[{item.position + 1}/{item.run.items.count()}]"
        if item.status == PurgeItem.Status.PENDING:
            self.stderr.write(f"{progress} {item.partition}: will be tried again ({item.last_error or 'paused'})")
        else:
            self.stderr.write(
                f"{progress} {item.partition}: {item.get_status_display()},"
                f" {item.dropped} dropped, {item.held} held of {item.planned_total} planned"
            )

    def _tell(self, run: PurgeRun, path: str) -> None:
        self.stdout.write(f"Purge as of {run.as_of}, run {run.uuid}")
        for entry in run_totals(run):
            self.stdout.write(
                f"  {label_of(entry['retention_class'])}: {entry['total']} past their time ="
                f" {entry['held']} held + {entry['dropped']} dropped"
            )
        self.stdout.write(f"Certificate: {path}")

    def _refuse_faults(self, run: PurgeRun) -> None:
        if run.stopped_because:
            raise CommandError(
                f"The run stopped before it would have dropped more than planned: {run.stopped_because}"
                " What was done is certified; run_purge --as-of makes a new plan for the rest."
            )
        failed = run.items.filter(status=PurgeItem.Status.FAILED).order_by("position")
        if faults := [f"{item.partition}: {item.last_error}" for item in failed]:
            raise CommandError("Not everything could be purged:\n" + "\n".join(faults))


def _why_unfinished(run: PurgeRun) -> str:
    if run.is_paused:
        return f"This run is paused. Have it go on with: manage.py resume_purge --run {run.uuid}"
    return "Another process works on the last items of this run; give the command again later."
