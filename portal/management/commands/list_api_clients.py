"""`manage.py list_api_clients`: which systems have access to the API."""

import json
from typing import Any

from allauth.idp.oidc.models import Client
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    """List the clients of the API, the oldest first."""

    help = "List the systems that have access to the API: who answers for them and what they may do."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--json", action="store_true", help="print one JSON list")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the list."""
        clients = [_facts(client) for client in Client.objects.select_related("owner").order_by("created_at", "pk")]
        if options["json"]:
            self.stdout.write(json.dumps(clients))
            return
        for client in clients:
            self.stdout.write("{client_id}  {name}  ({owner}, since {since}): {scopes}".format(**client))
        if not clients:
            self.stdout.write("No system has access to the API. `manage.py create_api_client` registers one.")


def _facts(client: Client) -> dict[str, str]:
    return {
        "client_id": client.pk,
        "name": client.name,
        "owner": client.owner.email if client.owner else "no owner: refused",
        "since": client.created_at.date().isoformat(),
        "scopes": " ".join(client.get_scopes()),
    }
