"""Who may see which page, for every address there is: a new one is either on a list here or says its roles."""

import pytest
from django.test import Client

from accounts.models import Role, User
from tests.factories import UserFactory
from tests.portal.addresses import Address, addresses
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db

PUBLIC = {
    "accessibility",
    "account_confirm_email",
    "account_email_verification_sent",
    "account_inactive",
    "account_login",
    "account_logout",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_signup",
    "api_schema",
    "consent:cookies",
    "consent:gpc",
    "consent:notice_archive",
    "consent:notice_current",
    "consent:notice_difference",
    "consent:notice_paper",
    "consent:notice_version",
    "consent:unsubscribe",  # the token in its address is the right to use it
    "disclosures:basis_list",
    "healthz",
    "idp:oidc:configuration",
    "idp:oidc:jwks",
    "idp:oidc:logout",
    "keys",
    "keys_file",
    "verifier_file",
    "checkpoint",
    "checkpoint_of_size",
    "consistency",
    "inclusion",
    "privacy",
    "set_language",
    "signed_out",
}
"""What anybody may fetch. Each entry is a decision."""

MACHINES = {"idp:oidc:token", "idp:oidc:revoke", "idp:oidc:userinfo", "metrics"}
"""Endpoints for machines, which refuse whoever brings no credentials of theirs and asks from elsewhere."""

SIGNED_IN = {"home"}
"""Pages that every role has, each its own; allauth's pages about one's own sign-in are among them by their names."""

OWN_SIGN_IN = ("account_", "mfa_", "usersessions_", "idp:oidc:")

ADDRESSES = addresses()
PAGES = [address for address in ADDRESSES if not address.is_api]


def is_refusal(status: int, location: str) -> bool:
    """Say whether an answer shows nothing of the page: sign in first, no credentials, forbidden, no such method."""
    return status in {400, 401, 403, 405} or (status == 302 and location.startswith(("/accounts/login/", "/accounts/")))


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.name)
def test_anonymous_visitor_sees_only_what_is_public(address: Address) -> None:
    if address.name in PUBLIC:
        return
    response = Client().get(address.path, REMOTE_ADDR="192.0.2.1")

    assert is_refusal(response.status_code, response.headers.get("Location", "")), (
        f"{address.name} answers {response.status_code} to an anonymous visitor: give its view a role, or put it on"
        " the public list if everybody may see it."
    )


@pytest.mark.parametrize("address", PAGES, ids=lambda address: address.name)
def test_page_says_whom_it_is_for(address: Address) -> None:
    known = address.name in PUBLIC | MACHINES | SIGNED_IN or address.name.startswith(OWN_SIGN_IN)

    assert known or address.roles, f"{address.name}: build its view on one of accounts.permissions' role classes."


@pytest.fixture(params=Role.values)
def visitor(request: pytest.FixtureRequest) -> User:
    """Somebody of each role, bound by an agreement where the role can be."""
    trait = {"recipient": "of_recipient", "customer": ""}.get(request.param, request.param)
    bound = request.param in {Role.STAFF, Role.AUDITOR, Role.ADMINISTRATOR}
    user: User = UserFactory(**({trait: True} if trait else {}), bound=bound)
    return user


def test_wrong_role_is_refused_on_every_restricted_page(visitor: User) -> None:
    client = signed_in(visitor, lately=True)
    restricted = [page for page in PAGES if page.roles and visitor.role not in page.roles]
    assert restricted

    answers = {page.name: client.get(page.path).status_code for page in restricted}

    assert {name: status for name, status in answers.items() if status not in {403, 405}} == {}


def test_right_role_is_let_in_or_told_that_there_is_no_such_thing(visitor: User) -> None:
    client = signed_in(visitor, lately=True)
    allowed = [page for page in PAGES if page.roles and visitor.role in page.roles]

    answers = {page.name: client.get(page.path).status_code for page in allowed}

    assert {name: status for name, status in answers.items() if status not in {200, 302, 404, 405}} == {}


def test_session_opens_no_door_of_the_api(visitor: User) -> None:
    client = signed_in(visitor)
    doors = [address for address in ADDRESSES if address.is_api and address.name not in PUBLIC]

    answers = {door.name: client.get(door.path).status_code for door in doors}

    assert {name: status for name, status in answers.items() if status not in {401, 403, 405}} == {}
