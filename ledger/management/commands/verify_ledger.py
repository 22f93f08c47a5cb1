"""`manage.py verify_ledger`: examine every entry against the database and against what was published outside it."""

import json
from base64 import b64decode
from binascii import Error as Base64Error
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger.examination import examine_ledger
from ledger.publication import folder
from ledger.signing import checkpoint_key


class Command(BaseCommand):
    """Name the first altered, missing, added or reordered entry, or say that there is none."""

    help = "Examine the whole ledger; ends with an error that names the first entry that does not hold."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--key", default="", help="the log's public key in base64; by default this installation's")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Examine, and say what was found."""
        found = examine_ledger(key=_key(options["key"]), progress=lambda done: self.stderr.write(f"{done} entries ..."))
        if options["json"]:
            result = {
                "entries": found.entries,
                "checkpoints": found.checkpoints,
                "unsealed": found.unsealed,
                "fault": found.fault or None,
            }
            self.stdout.write(json.dumps(result))
        if found.fault:
            raise CommandError(found.fault)
        if not options["json"]:
            self.stdout.write(
                f"{found.entries} entries hold, compared with {found.checkpoints} checkpoints in {folder()}; "
                f"{found.unsealed} wait to be sealed."
            )


def _key(given: str) -> Ed25519PublicKey:
    if not given:
        return checkpoint_key().public_key()
    try:
        return Ed25519PublicKey.from_public_bytes(b64decode(given, validate=True))
    except (Base64Error, ValueError) as error:
        raise CommandError("--key is not a public key: give its 32 bytes in base64.") from error
