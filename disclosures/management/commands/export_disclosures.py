"""`manage.py export_disclosures`: the disclosure history as files with a signed manifest."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from disclosures.errors import DisclosureError
from disclosures.packaging.history import MANIFEST
from disclosures.services import export_history
from ledger.actor import Actor
from protection.arguments import day


class Command(BaseCommand):
    """Export the history as an operator; the export itself is entered in the ledger."""

    help = "Write the disclosure history of a period into a folder: CSV, JSON Lines and a signed manifest."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--from", dest="from_", type=day, required=True, metavar="DATE", help="the first day")
        parser.add_argument("--to", type=day, required=True, metavar="DATE", help="the last day, included")
        parser.add_argument("--account", default="", metavar="NUMBER", help="only this account's disclosures")
        parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new or empty folder")
        parser.add_argument("--xlsx", action="store_true", help="also as a workbook")
        parser.add_argument("--reason", default="", help="what the export is for; kept in the ledger")

    def handle(self, *args: Any, **options: Any) -> None:
        """Export, and say what was written and how it is checked."""
        operator = settings.OPERATOR
        by = Actor.operator(operator, options["reason"] or f"Exported at a command line by {operator}")
        try:
            export = export_history(
                folder=options["out"],
                from_=options["from_"],
                to=options["to"],
                account=options["account"],
                by=by,
                has_workbook=options["xlsx"],
            )
        except (DisclosureError, OSError) as error:
            raise CommandError(str(error)) from error
        manifest = options["out"] / MANIFEST
        self.stdout.write(f"{export.built.record_count} disclosures and refusals are in {options['out']}.")
        self.stdout.write(f"Check them with: python -m ledger.verify {manifest}")
