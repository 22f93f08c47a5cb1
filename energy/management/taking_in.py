"""What the commands that take files in have in common: their options, one transaction a file, and what they say."""

import json
from abc import abstractmethod
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from energy.errors import ImportRefused
from energy.models import ImportRun
from energy.services.counting import Counters
from ledger.actor import Actor
from protection.arguments import day
from protection.clock import provider_today
from protection.rowsecurity import provider_rows


class TakingInCommand(BaseCommand):
    """Take in each file in a transaction of its own; fail at the end if one was refused."""

    file_kind = ""
    as_of: date
    by: Actor

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare files, day and form of the output."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=self.file_kind)
        parser.add_argument(
            "--as-of",
            type=day,
            metavar="DATE",
            help="day (YYYY-MM-DD) by which retention judges the files; today without it",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object a file")
        parser.add_argument("--reason", default="Import at the command line", help="why, for the ledger")

    @abstractmethod
    def prepare(self, options: Mapping[str, Any]) -> None:
        """Look up what the options name. Raises CommandError for what does not exist."""

    @abstractmethod
    def take_in(self, stream: BinaryIO, name: str) -> ImportRun:
        """Take in one file. Raises ImportRefused."""

    @abstractmethod
    def record_refusal(self, error: ImportRefused) -> None:
        """Record that a file was refused."""

    @abstractmethod
    def summary(self, counters: Mapping[str, Any]) -> str:
        """Return in a sentence what became of a file."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Take in each file and tell of it."""
        with provider_rows():
            self.as_of = options["as_of"] or provider_today()
            self.by = Actor.operator(settings.OPERATOR, options["reason"])
            self.prepare(options)
        refused = 0
        for path in options["files"]:
            run, told = self._try(path)
            refused += run is None
            self._tell(path, run, told, as_json=options["json"])
        if refused:
            raise CommandError(f"{refused} of {len(options['files'])} files were refused; nothing of them is stored.")

    def _try(self, path: Path) -> tuple[ImportRun | None, list[Any]]:
        """Take in a file; return the run and its findings, or what refuses it."""
        try:
            with path.open("rb") as stream, provider_rows():
                run = self.take_in(stream, path.name)
                return run, list(run.findings.order_by("pk").values("line", "code", "message", "action"))
        except OSError as error:
            self.stderr.write(f"{path}: {error.strerror}. Give a file that can be read.")
            return None, [_refusal(1, str(error.strerror), "Give a file that can be read.")]
        except ImportRefused as error:
            self.stderr.write(f"{path}: {error}")
            with provider_rows():
                self.record_refusal(error)
            return None, [_refusal(error.line, error.message, error.remedy)]

    def _tell(self, path: Path, run: ImportRun | None, told: list[Any], *, as_json: bool) -> None:
        counters = run.counters if run else Counters().as_json()
        if as_json:
            self.stdout.write(json.dumps({"file": str(path), **counters, "findings": told}, ensure_ascii=False))
        elif run:
            self.stdout.write(f"{path}: {self.summary(counters)}")
            for finding in told:
                self.stdout.write("  line {line}: {message}. {action}. ({code})".format(**finding))


def readings_summary(counters: Mapping[str, Any]) -> str:
    """Return in a sentence what became of a file of readings."""
    period = f" from {counters['first']} to {counters['last']}" if counters["first"] else ""
    return f"{counters['readings']:,} readings{period} ({outcomes(counters)}), {counters['bills']} bills."


def outcomes(counters: Mapping[str, Any]) -> str:
    """Return the four outcomes with their numbers."""
    return ", ".join(f"{counters[name]:,} {name}" for name in ("inserted", "updated", "unchanged", "skipped"))


def _refusal(line: int, message: str, action: str) -> dict[str, Any]:
    return {"line": line, "code": "refused", "message": message, "action": action}
