from typing import Any

from django.core.management.base import BaseCommand

from energy.services import ensure_window


class Command(BaseCommand):
    """Make the monthly partitions; beat does the same every day."""

    help = "Make the months of usage and bills that imports may need, up to two years ahead; repeating it is safe."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing and say how many, if any."""
        made = ensure_window()
        if made:
            self.stdout.write(f"{made} months were missing and have been made.")
