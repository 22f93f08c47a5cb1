from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any, BinaryIO

from django.core.management.base import CommandError

from accounts.models import Account
from energy.errors import ImportRefused
from energy.management.taking_in import TakingInCommand, readings_summary
from energy.models import ImportRun
from energy.services import import_greenbutton, record_refusal

_HELP = """
Take Green Button (ESPI) feeds in for one account: usage and bills. Importing a file again changes nothing; a corrected
file updates. Each file is taken in whole or not at all; one that fails leaves nothing, and the others still go in.

Readings are counted thus, and readings = inserted + updated + unchanged + skipped: inserted were not stored before;
updated were stored with another value, length, quality or cost; unchanged were stored alike; skipped were left out,
since they could not be read, repeat another of the file, are past the period for which usage is kept, or contradict a
value that the customer had corrected. days counts civil days with readings in the provider's time zone; first and last
are the starts of the first and last reading; bills counts usage summaries.
"""


class Command(TakingInCommand):
    """Import Green Button files for an account."""

    help = _HELP
    file_kind = "Green Button XML"
    account: Account

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the account beside the options of every import."""
        super().add_arguments(parser)
        parser.add_argument("--account", required=True, metavar="NUMBER", help="account number")

    def prepare(self, options: Mapping[str, Any]) -> None:
        """Find the account."""
        account = Account.objects.filter(number=options["account"]).select_related("customer").first()
        if account is None:
            raise CommandError(f"There is no account {options['account']}. Give the number as on the bill.")
        self.account = account

    def take_in(self, stream: BinaryIO, name: str) -> ImportRun:
        """Take in one feed."""
        return import_greenbutton(stream=stream, name=name, account=self.account, as_of=self.as_of, by=self.by)

    def record_refusal(self, error: ImportRefused) -> None:
        """Record that a feed was refused."""
        kind = ImportRun.Kind.GREENBUTTON
        record_refusal(kind=kind, account=self.account, as_of=self.as_of, by=self.by, error=error)

    def summary(self, counters: Mapping[str, Any]) -> str:
        """Return what became of a feed."""
        return readings_summary(counters)
