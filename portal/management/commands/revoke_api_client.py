"""`manage.py revoke_api_client`: take a system's access to the API away."""

from typing import Any

from allauth.idp.oidc.models import Client
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services import revoke_api_client
from ledger.actor import Actor


class Command(BaseCommand):
    """Revoke a client; its tokens end at once."""

    help = "Take a system's access to the API away; tokens that it holds end at once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("client_id", help="as `manage.py list_api_clients` prints it")
        parser.add_argument("--reason", default="", help="why it loses access; kept in the ledger")

    def handle(self, *args: Any, **options: Any) -> None:
        """Revoke the client."""
        operator = settings.OPERATOR
        client = Client.objects.filter(pk=options["client_id"]).first()
        if client is None:
            raise CommandError("There is no such client. `manage.py list_api_clients` lists them.")
        name = client.name
        reason = options["reason"] or f"Revoked at a command line by {operator}"
        revoke_api_client(client=client, by=Actor.operator(operator, reason))
        self.stdout.write(f"{name} has no access any more.")
