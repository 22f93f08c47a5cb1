"""`manage.py load_bases`: have the legal bases of the provider's jurisdictions count."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from disclosures.errors import BasisPackError
from disclosures.services import load_bases
from ledger.actor import Actor


class Command(BaseCommand):
    """Load packs of legal bases; repeating it is harmless."""

    help = "Load the legal bases of RESGUARDO_JURISDICTIONS, or of the packs named. Run it after migrate."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("packs", nargs="*", help="packs to load instead of those of RESGUARDO_JURISDICTIONS")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and say what changed."""
        packs = options["packs"] or settings.JURISDICTIONS
        by = Actor.operator(settings.OPERATOR, f"Loaded at a command line by {settings.OPERATOR}")
        try:
            loaded = load_bases(packs=packs, by=by)
        except BasisPackError as error:
            raise CommandError(str(error)) from error
        if loaded.is_nothing:
            self.stdout.write("The legal bases are as the packs have them.")
            return
        for word in ("added", "reworded", "revived", "retired"):
            if codes := getattr(loaded, word):
                self.stdout.write(f"{word:9} {', '.join(codes)}")
