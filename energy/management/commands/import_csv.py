from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError

from energy.errors import ImportRefused
from energy.management.taking_in import TakingInCommand, outcomes, readings_summary
from energy.models import ImportRun
from energy.services import MappingFile, import_csv, record_refusal
from energy.services.csv_mapping import kind_of

_HELP = """
Take the distribution utility's CSV feeds in, as a mapping file says (docs/csv-feeds.md): customers and accounts, or
readings of many accounts in long or wide form. Importing a file again changes nothing; a corrected file updates. Each
file is taken in whole or not at all; one that fails leaves nothing, and the others still go in.

Of readings, readings = inserted + updated + unchanged + skipped, as import_greenbutton counts them; rows of accounts
that do not exist are skipped. Of a customers feed, readings is 0 and inserted, updated, unchanged and skipped count
accounts: new ones, those of which something changed, those of which nothing did, and rows that were left out.
"""


class Command(TakingInCommand):
    """Import CSV files of customers or readings."""

    help = _HELP
    file_kind = "CSV"
    mapping: MappingFile
    kind: ImportRun.Kind

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the mapping beside the options of every import."""
        super().add_arguments(parser)
        parser.add_argument("--mapping", required=True, type=Path, metavar="MAPPING.toml", help="which column is what")

    def prepare(self, options: Mapping[str, Any]) -> None:
        """Read the mapping, so that one that makes no sense is told of before any file."""
        path: Path = options["mapping"]
        try:
            self.mapping = MappingFile(path.name, path.read_text("utf-8-sig"))
            self.kind = kind_of(self.mapping.read())
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}. Give a mapping file that can be read.") from error
        except UnicodeDecodeError as error:
            raise CommandError(f"{path} is no text in UTF-8. Give a mapping file (TOML).") from error
        except ImportRefused as error:
            raise CommandError(f"{path}: {error.message} {error.remedy}") from error

    def take_in(self, stream: BinaryIO, name: str) -> ImportRun:
        """Take in one feed."""
        return import_csv(stream=stream, name=name, mapping=self.mapping, as_of=self.as_of, by=self.by)

    def record_refusal(self, error: ImportRefused) -> None:
        """Record that a feed was refused."""
        record_refusal(kind=self.kind, as_of=self.as_of, by=self.by, error=error)

    def summary(self, counters: Mapping[str, Any]) -> str:
        """Return what became of a feed."""
        if self.kind == ImportRun.Kind.CSV_READINGS:
            return readings_summary(counters)
        return f"accounts: {outcomes(counters)}."
