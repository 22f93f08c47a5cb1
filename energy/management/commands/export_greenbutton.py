import tempfile
from argparse import ArgumentParser
from datetime import date, timedelta
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Sum

from accounts.models import Account
from energy.greenbutton import NotWritable
from energy.selectors import days_between
from energy.services import export_greenbutton
from ledger.actor import Actor
from protection.arguments import day
from protection.rowsecurity import provider_rows


class Command(BaseCommand):
    """Export an account's usage and bills as Green Button."""

    help = (
        "Write an account's usage and bills as a valid Green Button (ESPI 4.0) feed; the export goes into the ledger."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare account, period and file."""
        parser.add_argument("--account", required=True, metavar="NUMBER", help="account number")
        parser.add_argument("--from", dest="first", type=day, metavar="DATE", help="first day")
        parser.add_argument("--to", dest="last", type=day, metavar="DATE", help="last day, included")
        parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="file to write, for you alone")
        parser.add_argument("--reason", default="Export at the command line", help="why, for the ledger")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the feed beside its place, record the export, then put it there."""
        out: Path = options["out"]
        try:
            with tempfile.NamedTemporaryFile(dir=out.parent, prefix=f".{out.name}.", delete=False) as target:
                try:
                    count = self._write(target, options)
                    target.flush()
                    Path(target.name).replace(out)
                finally:
                    Path(target.name).unlink(missing_ok=True)
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}.") from error
        except NotWritable as error:
            raise CommandError(f"The account has a value that ESPI 4.0 cannot say: {error}.") from error
        self.stdout.write(f"{out} is written: {count} readings. What a legal hold keeps past its time is not in it.")

    def _write(self, target: IO[bytes], options: dict[str, Any]) -> int:
        """Write the feed and return the number of readings of that period."""
        to = options["last"] + timedelta(days=1) if options["last"] else None
        by = Actor.operator(settings.OPERATOR, options["reason"])
        with provider_rows():
            account = Account.objects.filter(number=options["account"]).select_related("customer").first()
            if account is None:
                raise CommandError(f"There is no account {options['account']}. Give the number as on the bill.")
            export_greenbutton(target=cast(BinaryIO, target), account=account, from_=options["first"], to=to, by=by)
            days = days_between(account_ids=[account.pk], from_=options["first"] or date.min, to=to or date.max)
            return int(days.aggregate(readings=Sum("reading_count"))["readings"] or 0)
