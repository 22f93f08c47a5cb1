"""`manage.py plan_purge`: say what a purge would do, and change nothing."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger.actor import Actor
from protection.arguments import day
from protection.rowsecurity import provider_rows
from retention.errors import RetentionError
from retention.models import PurgePlan
from retention.plans import Plan
from retention.schedule import label_of
from retention.services import make_purge_plan, plan_purge


class Command(BaseCommand):
    """Rehearse the purge as of a day."""

    help = "Say what is past its time, what of it is held, and what a purge would drop. Changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--as-of", type=day, help="the day by which periods are counted; today by default")
        parser.add_argument(
            "--keep", action="store_true", help="keep the plan, to be approved and carried out by run_purge --plan"
        )
        parser.add_argument("--reason", default="", help="why the plan is kept")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the plan."""
        try:
            with provider_rows():
                plan = plan_purge(as_of=options["as_of"])
            kept = self._keep(plan, options["reason"]) if options["keep"] else None
        except RetentionError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(plan.as_json() | ({"plan": str(kept.uuid)} if kept else {})))
            return
        self.stdout.write(f"Plan as of {plan.as_of}, digest {plan.digest}")
        for entry in plan.classes():
            self.stdout.write(
                f"  {label_of(entry['retention_class'])}: {entry['total']} past their time,"
                f" {entry['held']} held, {entry['to_drop']} to drop"
            )
        if kept:
            verdict = "is within the limits" if kept.is_within_limits else "needs another person's approval"
            self.stdout.write(f"Kept as {kept.uuid}; it {verdict}.")

    def _keep(self, plan: Plan, reason: str) -> PurgePlan:
        by = Actor.operator(settings.OPERATOR, reason or f"Planned at a command line by {settings.OPERATOR}")
        return make_purge_plan(as_of=plan.as_of, by=by)
