"""`manage.py repair_journal`: write the purge journal again from the database, where its folder was lost or damaged."""

from typing import Any

from django.core.management.base import BaseCommand

from retention.services import repair_journal


class Command(BaseCommand):
    """Write again what the journal lacks."""

    help = "Write again, from the database, what a lost or damaged purge journal lacks. Not after a restore of both."

    def handle(self, *args: Any, **options: Any) -> None:
        """Repair, and say what was done."""
        repair = repair_journal()
        if repair.damaged:
            self.stdout.write(f"The damaged journal is kept as {repair.damaged}; find out who changed it.")
        self.stdout.write(f"{repair.written} lines written again.")
