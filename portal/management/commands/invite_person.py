"""`manage.py invite_person`: give somebody a sign-in; the way to the first administrator."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.errors import AccountsError
from accounts.models import Recipient
from accounts.services import invite_person
from accounts.services.people import INVITED_ROLES
from ledger.actor import Actor
from protection.rowsecurity import provider_rows


class Command(BaseCommand):
    """Add a person and have the link to choose a password mailed to them."""

    help = "Give one of the provider's people, or a recipient's user, a sign-in; the link to it goes to their mailbox."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("email", help="where the link goes, and what they sign in with")
        parser.add_argument("--name", required=True, help="the name that others see")
        parser.add_argument("--role", required=True, choices=sorted(map(str, INVITED_ROLES)))
        parser.add_argument("--recipient", default="", metavar="LEGAL NAME", help="only for a recipient's user")
        parser.add_argument("--language", default="en", choices=[code for code, _name in settings.LANGUAGES])
        parser.add_argument("--reason", default="", help="why; kept in the ledger")

    def handle(self, *args: Any, **options: Any) -> None:
        """Invite, and say where the link goes."""
        operator = settings.OPERATOR
        by = Actor.operator(operator, options["reason"] or f"Invited at a command line by {operator}")
        try:
            with provider_rows():
                user = invite_person(
                    email=options["email"],
                    name=options["name"],
                    role=options["role"],
                    recipient=_recipient(options["recipient"]),
                    language=options["language"],
                    by=by,
                )
        except AccountsError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{user.name} is added; the link to choose a password goes to {user.email}.")


def _recipient(name: str) -> Recipient | None:
    if not name:
        return None
    try:
        return Recipient.objects.get(legal_name=name)
    except Recipient.DoesNotExist:
        raise CommandError(
            f"There is no recipient with the legal name {name}. Look at the list of recipients."
        ) from None
