"""The commands that give other systems access to the API and take it away."""

import io
import json
from typing import Any

import pytest
from allauth.idp.oidc.models import Client as Registration
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.errors import NotAllowedError
from accounts.models import User
from accounts.services import register_api_client, revoke_api_client
from ledger.actor import Actor
from ledger.models import Entry
from tests.factories import UserFactory
from tests.machines import machine
from tests.portal.test_command_line import manage


def create(owner: str, *scopes: str) -> dict[str, Any]:
    """Run the command; return what it prints as JSON."""
    output = io.StringIO()
    options = [part for scope in scopes for part in ("--scope", scope)]
    call_command("create_api_client", "Billing system", "--owner", owner, *options, "--json", stdout=output)
    answer: dict[str, Any] = json.loads(output.getvalue())
    return answer


def listing() -> str:
    output = io.StringIO()
    call_command("list_api_clients", stdout=output)
    return output.getvalue()


@pytest.fixture
def owner(db: None) -> User:
    """Somebody who may own a client that writes."""
    user: User = UserFactory.create(staff=True, bound=True)
    return user


def test_created_client_gets_into_the_api_with_exactly_its_scopes(owner: User) -> None:
    made = create(owner.email.upper(), "consents:write", "consents:read")
    assert made["scopes"] == ["consents:read", "consents:write"]
    assert made["token_endpoint"].endswith("/identity/o/api/token")

    credentials = {"client_id": made["client_id"], "client_secret": made["client_secret"]}
    answer = Client().post("/identity/o/api/token", {"grant_type": "client_credentials", **credentials}).json()

    assert set(answer["scope"].split()) == {"consents:read", "consents:write"}
    token = {"Authorization": f"Bearer {answer['access_token']}"}
    assert Client(headers=token).get("/api/v1/consents").status_code == 200


def test_secret_is_kept_as_its_hash_alone(owner: User) -> None:
    made = create(owner.email, "consents:read")

    client = Registration.objects.get()
    assert made["client_secret"] not in json.dumps(listing()) + client.secret
    assert client.check_secret(made["client_secret"])


@pytest.mark.parametrize(
    ("traits", "scope"),
    [
        ({}, "consents:read"),
        ({"of_recipient": True}, "consents:read"),
        ({"staff": True}, "consents:read"),
        ({"staff": True, "bound": True, "is_active": False}, "consents:read"),
        ({"auditor": True, "bound": True}, "consents:write"),
        ({"auditor": True, "bound": True}, "releases:write"),
    ],
)
def test_owner_who_could_not_do_it_is_refused(db: None, traits: dict[str, bool], scope: str) -> None:
    owner = UserFactory.create(**traits)

    with pytest.raises(CommandError, match="cannot own this client"):
        create(owner.email, scope)

    assert not Registration.objects.exists()


def test_auditor_may_own_a_client_that_reads(db: None) -> None:
    create(UserFactory.create(auditor=True, bound=True).email, "disclosures:read")

    assert "disclosures:read" in listing()


def test_unknown_owner_and_unknown_scope_are_named(owner: User) -> None:
    with pytest.raises(CommandError, match=r"nobody with the address nobody@people\.example"):
        create("nobody@people.example", "consents:read")
    with pytest.raises(CommandError, match=r"consents:read, consents:write.*Not among them: everything"):
        create(owner.email, "everything")


def test_revoked_client_is_out_at_once(owner: User) -> None:
    client = machine("consents:read", owner=owner)
    assert client.get("/api/v1/consents").status_code == 200

    call_command("revoke_api_client", Registration.objects.get().pk, stdout=io.StringIO())

    assert client.get("/api/v1/consents").status_code == 401
    assert "No system has access" in listing()
    with pytest.raises(CommandError, match="no such client"):
        call_command("revoke_api_client", "nothing")


def test_ledger_has_both_acts(owner: User) -> None:
    call_command("revoke_api_client", create(owner.email, "consents:read")["client_id"], stdout=io.StringIO())

    kinds = Entry.objects.filter(kind__startswith="client.").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["client.registered", "client.revoked"]


@pytest.mark.parametrize("kind", ["customer", "recipient", "staff", "auditor", "client", "system"])
def test_only_administrators_and_operators_manage_clients(owner: User, kind: str) -> None:
    by = Actor(kind=kind, name="Somebody", user_id=owner.pk)

    with pytest.raises(NotAllowedError):
        register_api_client(name="Mine", owner=owner, scopes=["consents:read"], by=by)
    with pytest.raises(NotAllowedError):
        revoke_api_client(client=Registration(name="Theirs"), by=by)


def test_commands_work_under_the_role_that_they_run_as(committed_database: str) -> None:
    owner = UserFactory.create(staff=True, bound=True)

    made = manage("create_api_client", "Billing system", "--owner", owner.email, "--scope", "consents:read")

    assert made.returncode == 0, made.stderr
    client = Registration.objects.get()
    assert client.pk in made.stdout
    assert manage("revoke_api_client", client.pk).stdout == "Billing system has no access any more.\n"
    assert not Registration.objects.exists()
