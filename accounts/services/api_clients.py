"""Other systems' access to the API: OAuth2 clients with a secret of their own and a responsible person."""

from collections.abc import Iterable

from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.models import Client
from django.db import transaction

from accounts.errors import ClientOwnerError, NotAllowedError, UnknownScopeError
from accounts.models import User
from accounts.permissions import can_manage_api_clients, can_own_api_client, has_confidentiality_agreement
from accounts.services.acts import record_act
from ledger.actor import Actor


@transaction.atomic
def register_api_client(*, name: str, owner: User, scopes: Iterable[str], by: Actor) -> tuple[Client, str]:
    """Register a client of the grant `client_credentials` (RFC 6749 section 4.4); return it and its secret.

    Only the secret's hash is kept: it can be read nowhere again. The client acts within its owner's rights. Raises
    NotAllowedError for all but administrators and operators, UnknownScopeError, and ClientOwnerError for an owner who
    may not do what the scopes permit.
    """
    if not can_manage_api_clients(by):
        raise NotAllowedError
    wanted = sorted(set(scopes))
    known = get_adapter().scope_display
    if not wanted or not set(wanted) <= set(known):
        raise UnknownScopeError(unknown=set(wanted) - set(known), known=known)
    if not can_own_api_client(owner, wanted) or not has_confidentiality_agreement(owner):
        raise ClientOwnerError(owner)
    client = Client(name=name.strip(), owner=owner, type=Client.Type.CONFIDENTIAL)
    client.set_grant_types([Client.GrantType.CLIENT_CREDENTIALS])
    client.set_response_types([])
    client.set_scopes(wanted)
    client.set_default_scopes(wanted)
    secret: str = get_adapter().generate_client_secret()
    client.set_secret(secret)
    client.save()
    _record("client.registered", client, by, owner=owner.uuid, scopes=wanted)
    return client, secret


@transaction.atomic
def revoke_api_client(*, client: Client, by: Actor) -> None:
    """Take a client's access away; its tokens end at once. What it did stays on record under its name.

    Raises NotAllowedError for all but administrators and operators.
    """
    if not can_manage_api_clients(by):
        raise NotAllowedError
    _record("client.revoked", client, by)
    client.delete()


def _record(kind: str, client: Client, by: Actor, **facts: object) -> None:
    owner = client.owner
    record_act(
        kind=kind,
        by=by,
        facts={"client": client.pk, "name": client.name, **facts},
        row_uuid=owner.uuid if isinstance(owner, User) else None,
    )
