import json
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Account
from energy.errors import ImportRefused
from energy.models import ImportRun
from energy.services import import_greenbutton, record_refusal
from energy.services.counting import Counters
from ledger.actor import Actor
from protection.clock import provider_today
from protection.rowsecurity import provider_rows

_HELP = """
Take Green Button (ESPI) feeds in for one account: usage and bills. Importing a file again changes nothing; a corrected
file updates. Each file is taken in whole or not at all; one that fails leaves nothing, and the others still go in.

Readings are counted thus, and readings = inserted + updated + unchanged + skipped: inserted were not stored before;
updated were stored with another value, length, quality or cost; unchanged were stored alike; skipped were left out,
since they could not be read, repeat another of the file, are past the period for which usage is kept, or contradict a
value that the customer had corrected. days counts civil days with readings in the provider's time zone; first and last
are the starts of the first and last reading; bills counts usage summaries.
"""


class Command(BaseCommand):
    """Import Green Button files for an account."""

    help = _HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare files, account, day and form of the output."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="Green Button XML")
        parser.add_argument("--account", required=True, metavar="NUMBER", help="account number")
        parser.add_argument(
            "--as-of",
            type=date.fromisoformat,
            metavar="DATE",
            help="day (YYYY-MM-DD) by which retention judges the files; today without it",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object a file")
        parser.add_argument("--reason", default="Import at the command line", help="why, for the ledger")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import each file in a transaction of its own; fail at the end if one was refused."""
        with provider_rows():
            account = Account.objects.filter(number=options["account"]).select_related("customer").first()
            as_of = options["as_of"] or provider_today()
        if account is None:
            raise CommandError(f"There is no account {options['account']}. Give the number as on the bill.")
        by = Actor.operator(settings.OPERATOR, options["reason"])
        refused = 0
        for path in options["files"]:
            run, told = self._take_in(path, account, as_of, by)
            refused += run is None or run.status == ImportRun.Status.FAILED
            self._tell(path, run, told, as_json=options["json"])
        if refused:
            raise CommandError(f"{refused} of {len(options['files'])} files were refused; nothing of them is stored.")

    def _take_in(self, path: Path, account: Account, as_of: date, by: Actor) -> tuple[ImportRun | None, list[Any]]:
        """Import a file; return the run and its findings, or what refuses it."""
        try:
            with path.open("rb") as stream, provider_rows():
                run = import_greenbutton(stream=stream, name=path.name, account=account, as_of=as_of, by=by)
                return run, list(run.findings.order_by("pk").values("line", "code", "message", "action"))
        except OSError as error:
            self.stderr.write(f"{path}: {error.strerror}. Give a file that can be read.")
            return None, [_refusal(1, str(error.strerror), "Give a file that can be read.")]
        except ImportRefused as error:
            self.stderr.write(f"{path}: {error}")
            with provider_rows():
                record_refusal(kind=ImportRun.Kind.GREENBUTTON, account=account, as_of=as_of, by=by, error=error)
            return None, [_refusal(error.line, error.message, error.remedy)]

    def _tell(self, path: Path, run: ImportRun | None, told: list[Any], *, as_json: bool) -> None:
        counters = run.counters if run else Counters().as_json()
        if as_json:
            self.stdout.write(json.dumps({"file": str(path), **counters, "findings": told}, ensure_ascii=False))
        elif run:
            self.stdout.write(_summary(path, counters))
            for finding in told:
                self.stdout.write("  line {line}: {message}. {action}. ({code})".format(**finding))


def _refusal(line: int, message: str, action: str) -> dict[str, Any]:
    return {"line": line, "code": "refused", "message": message, "action": action}


def _summary(path: Path, counters: dict[str, Any]) -> str:
    became = ", ".join(f"{counters[name]:,} {name}" for name in ("inserted", "updated", "unchanged", "skipped"))
    period = f" from {counters['first']} to {counters['last']}" if counters["first"] else ""
    return f"{path}: {counters['readings']:,} readings{period} ({became}), {counters['bills']} bills."
