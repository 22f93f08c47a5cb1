import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal import environment
from portal.demo.sign_ins import demo_sign_ins


class Command(BaseCommand):
    """Print how to sign in to the demo as each role, with the one-time code that is valid now."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", nargs="?", default="", help="only this role")

    def handle(self, *args: Any, **options: Any) -> None:
        if environment.is_production():
            raise CommandError("This is a production installation; it has no demo sign-ins.")
        found = [entry for entry in demo_sign_ins() if options["role"] in {"", entry.role}]
        if not found:
            raise CommandError("There is no such demo sign-in. `python manage.py seed_demo` makes them.")
        rows = [("role", "who", "e-mail", "password", "one-time code")]
        rows += [(entry.role, entry.who, entry.email, entry.password, entry.code()) for entry in found]
        widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
        for row in rows:
            self.stdout.write("  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
        left = settings.MFA_TOTP_PERIOD - int(time.time()) % settings.MFA_TOTP_PERIOD
        self.stdout.write(
            f"\nThe codes change in {left} s; `python manage.py sign_ins` prints the next ones. Each code works once."
        )
