"""`manage.py rotate_keys`: wrap every data key with the key-encryption key of today."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from protection.errors import TamperedError
from protection.keystore import key_store


class Command(BaseCommand):
    """Rewrap what former key-encryption keys wrapped; safe to stop and to repeat."""

    help = "Wrap every data key with RESGUARDO_KEY_ENCRYPTION_KEY, so that the former ones can be taken away."

    def handle(self, *args: Any, **options: Any) -> None:
        """Rewrap key by key, and end with an error naming those that do not open."""
        store = key_store()
        rewrapped, total, closed = 0, 0, []
        for key_id in store.key_ids():
            total += 1
            try:
                rewrapped += store.rewrap(key_id)
            except TamperedError:
                closed.append(str(key_id))
        self.stdout.write(f"{rewrapped} of {total} keys were wrapped anew.")
        if closed:
            raise CommandError(
                f"{len(closed)} keys do not open; keep the former key-encryption keys and look for the one that is"
                f" missing among RESGUARDO_FORMER_KEY_ENCRYPTION_KEYS:\n" + "\n".join(closed)
            )
