import json
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Account
from ledger.sealing import seal_entries
from portal import environment
from portal.demo.seeding import seed
from portal.demo.sign_ins import demo_sign_ins
from protection.rowsecurity import provider_rows

_BAR = 30


class Command(BaseCommand):
    """Load plausible, deterministic, plainly fictitious customers with usage, bills, consents and disclosures.

    Where the demo data is there already, nothing changes. With --json the last line is one object:
    {"accounts": [NUMBER...], "sign_ins": [{"role", "email", "password", "totp_secret"}]}.
    """

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customers", type=_between(1, 2000), default=26, help="how many customers (26)")
        parser.add_argument("--years", type=_between(1, 10), default=6, help="years of usage and bills (6)")
        parser.add_argument("--seed", type=_between(0, 999), default=1, help="another number, other people (1)")
        parser.add_argument("--json", action="store_true", help="end with one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if environment.is_production():
            raise CommandError("This is a production installation; demo data belongs into none.")
        if demo_sign_ins():
            self.stderr.write("The demo data is there already. `make reset` starts over.")
        else:
            seed(
                customers=options["customers"],
                years=options["years"],
                seed_number=options["seed"],
                progress=self._show,
            )
            self.stderr.write("")
            with provider_rows():
                seal_entries()
        if options["json"]:
            self.stdout.write(json.dumps(_summary()))

    def _show(self, done: int, steps: int, doing: str) -> None:
        filled = _BAR * done // steps
        start, end = ("\r", "") if sys.stderr.isatty() else ("", "\n")
        bar = "#" * filled + "." * (_BAR - filled)
        self.stderr.write(f"{start}Demo data [{bar}] {done}/{steps} {doing:34.34}", ending=end)
        self.stderr.flush()


def _summary() -> dict[str, Any]:
    with provider_rows():
        numbers = list(Account.objects.order_by("pk").values_list("number", flat=True))
    names = ("role", "email", "password", "totp_secret")
    return {
        "accounts": numbers,
        "sign_ins": [{name: getattr(entry, name) for name in names} for entry in demo_sign_ins()],
    }


def _between(least: int, most: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not text.isdigit() or not least <= int(text) <= most:
            raise ArgumentTypeError(f"give a whole number from {least} to {most}")
        return int(text)

    return whole
