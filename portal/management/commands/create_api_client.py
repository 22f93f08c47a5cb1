"""`manage.py create_api_client`: give another system access to the API."""

import json
from typing import Any

from allauth.idp.oidc.models import Client
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from accounts.errors import AccountsError
from accounts.models import User
from accounts.services import register_api_client
from ledger.actor import Actor


class Command(BaseCommand):
    """Register a client and print its secret, once."""

    help = "Register another system as a client of the API and print its secret, which is shown only now."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("name", help="what the system is called; shown in histories as who acted")
        parser.add_argument("--owner", required=True, metavar="EMAIL", help="the person of the provider who answers")
        parser.add_argument(
            "--scope",
            dest="scopes",
            action="append",
            required=True,
            metavar="SCOPE",
            help="what it may do, once for each: "
            "consents:read, consents:write, releases:write, disclosures:read, ledger:read",
        )
        parser.add_argument("--reason", default="", help="why it gets access; kept in the ledger")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Register the client, and say how it signs in."""
        operator = settings.OPERATOR
        by = Actor.operator(operator, options["reason"] or f"Registered at a command line by {operator}")
        try:
            client, secret = register_api_client(
                name=options["name"], owner=_owner(options["owner"]), scopes=options["scopes"], by=by
            )
        except AccountsError as error:
            raise CommandError(str(error)) from error
        facts = _facts(client, secret)
        if options["json"]:
            self.stdout.write(json.dumps(facts))
            return
        for name, value in facts.items():
            self.stdout.write(f"{name:15} {' '.join(value) if isinstance(value, list) else value}")
        self.stdout.write("The secret is shown only now: put it into the other system's safe.")


def _owner(email: str) -> User:
    try:
        return User.objects.get(email__iexact=email)
    except User.DoesNotExist:
        raise CommandError(f"There is nobody with the address {email}. Check it under People and agreements.") from None


def _facts(client: Client, secret: str) -> dict[str, str | list[str]]:
    return {
        "client_id": client.pk,
        "client_secret": secret,
        "name": client.name,
        "owner": client.owner.email,
        "scopes": client.get_scopes(),
        "token_endpoint": f"{settings.PUBLIC_ADDRESS}{reverse('idp:oidc:token')}",
    }
