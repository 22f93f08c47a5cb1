"""How other systems get into the API, what they see there, and how they are refused."""

from base64 import b64encode
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from allauth.idp.oidc.models import Client as Registration
from allauth.idp.oidc.models import Token
from django.core.cache import cache
from django.db import IntegrityError
from django.test import Client, override_settings
from django.urls import include, path
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Customer
from ledger.models import Entry
from ledger.services import PROVIDER_TAG, record
from portal.api_access import ClientThrottle
from protection.clock import provider_today
from protection.rowsecurity import provider_rows
from tests.factories import ConfidentialityAgreementFactory, CustomerFactory, UserFactory
from tests.machines import SECRET, machine, registered

pytestmark = pytest.mark.django_db

TOKEN = "/identity/o/api/token"
CONSENTS = "/api/v1/consents"


class EverythingView(APIView):
    """Answers with every customer there is, as a view would that forgot every filter; fails when told to."""

    def get(self, request: Request) -> Response:
        return Response(sorted(Customer.objects.values_list("pk", flat=True)))

    def post(self, request: Request) -> Response:
        record(kind="test.written", subject_tag=PROVIDER_TAG, evidence={})
        if dict(request.data)["then"] == "raise":
            raise IntegrityError
        return Response({"refused": "and kept"}, status=409)


urlpatterns = [path("everything/", EverythingView.as_view()), path("", include("portal.urls"))]


def ask_token(client: Registration, **changes: str) -> Any:
    """Post to the token endpoint as a client does, with changes."""
    given = {"grant_type": "client_credentials", "client_id": client.pk, "client_secret": SECRET}
    return Client().post(TOKEN, given | changes)


def value_of(client: Client) -> str:
    """Return the token that a machine sends."""
    return str(client.defaults["HTTP_AUTHORIZATION"]).removeprefix("Bearer ")


def test_token_is_opaque_and_short_lived_and_only_its_hash_is_kept() -> None:
    client = registered(scopes=("consents:read", "consents:write"))

    answer = ask_token(client, scope="consents:read").json()

    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 900, "consents:read")
    assert "." not in answer["access_token"]
    assert "refresh_token" not in answer
    assert not Token.objects.filter(hash=answer["access_token"]).exists()


def test_client_may_send_its_secret_as_basic_credentials() -> None:
    client = registered(scopes=("consents:read",))
    credentials = b64encode(f"{client.pk}:{SECRET}".encode()).decode()

    response = Client().post(
        TOKEN,
        {"grant_type": "client_credentials", "scope": "consents:read"},
        headers={"Authorization": f"Basic {credentials}"},
    )

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"scope": "releases:write"}, 400, "invalid_scope"),
        ({"grant_type": "password"}, 400, "invalid_request"),
        ({"grant_type": "authorization_code"}, 400, "invalid_request"),
    ],
)
def test_token_endpoint_refuses(changes: dict[str, str], status: int, error: str) -> None:
    response = ask_token(registered(scopes=("consents:read",)), **({"scope": "consents:read"} | changes))

    assert (response.status_code, response.json()["error"]) == (status, error)


def test_request_without_token_is_told_where_to_get_one() -> None:
    response = Client().get(CONSENTS)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert TOKEN in response.json()["detail"]


def assert_token_refused(client: Client) -> None:
    response = client.get(CONSENTS)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert "unknown, expired or revoked" in response.json()["detail"]


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer", "Basic bm9ib2R5Om5vdGhpbmc=", "Bearer ey.ey.ey"])
def test_unknown_token_is_a_401(header: str) -> None:
    assert_token_refused(Client(headers={"Authorization": header}))


def test_expired_token_is_a_401() -> None:
    client = machine("consents:read")
    Token.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert_token_refused(client)


def test_token_that_the_client_gave_back_is_a_401() -> None:
    client = machine("consents:read")
    value = value_of(client)
    given = {"token": value, "client_id": Registration.objects.get().pk, "client_secret": SECRET}

    assert Client().post("/identity/o/api/revoke", given).status_code == 200

    assert_token_refused(client)


def test_token_of_a_revoked_client_is_a_401() -> None:
    client = machine("consents:read")
    Registration.objects.get().delete()

    assert_token_refused(client)


def test_token_in_the_address_is_not_taken() -> None:
    value = value_of(machine("consents:read"))

    assert Client().get(f"{CONSENTS}?access_token={value}").status_code == 401


def test_missing_scope_is_a_403_that_names_it() -> None:
    response = machine("consents:read").send(CONSENTS, {})

    assert response.status_code == 403
    assert "consents:write" in response.json()["detail"]


@pytest.mark.parametrize("agreement", ["none", "expired", "future"])
def test_owner_without_an_agreement_in_force_is_a_403(agreement: str) -> None:
    owner = UserFactory.create(staff=True)
    if agreement == "expired":
        ConfidentialityAgreementFactory.create(user=owner, valid_to=provider_today())
    elif agreement == "future":
        ConfidentialityAgreementFactory.create(user=owner, valid_from=provider_today() + timedelta(days=1))

    response = machine("consents:read", owner=owner).get(CONSENTS)

    assert response.status_code == 403
    assert "confidentiality agreement" in response.json()["detail"]


def test_owner_who_left_or_changed_work_takes_the_client_with_them() -> None:
    owner = UserFactory.create(staff=True, bound=True)
    writing, reading = machine("consents:write", owner=owner), machine("consents:read", owner=owner)
    owner.role = "auditor"
    owner.save()
    assert writing.send(CONSENTS, {}).status_code == 403
    assert reading.get(CONSENTS).status_code == 200

    owner.is_active = False
    owner.save()
    assert reading.get(CONSENTS).status_code == 403


def test_token_of_a_person_is_refused() -> None:
    client = machine("consents:read")
    Token.objects.update(user=UserFactory.create(staff=True, bound=True))

    assert client.get(CONSENTS).status_code == 403


@pytest.mark.rowscope("none")
def test_client_sees_the_providers_rows_and_leaves_no_sight_behind() -> None:
    with provider_rows():
        known = [CustomerFactory.create().pk, CustomerFactory.create().pk]
        client = machine("consents:read")

    with override_settings(ROOT_URLCONF=__name__):
        response = client.get("/everything/")

    assert response.json() == known
    assert not Customer.objects.exists()


@pytest.mark.rowscope("none")
def test_refused_token_sees_nothing() -> None:
    with provider_rows():
        CustomerFactory.create()
        client = machine("consents:read")
        Token.objects.update(expires_at=timezone.now())

    with override_settings(ROOT_URLCONF=__name__):
        assert client.get("/everything/").status_code == 401
    assert not Customer.objects.exists()


@pytest.mark.rowscope("none")
def test_answer_that_refuses_is_kept_and_an_error_is_rolled_back_without_leaving_sight() -> None:
    with provider_rows():
        CustomerFactory.create()
        client = machine("consents:write")
        client.raise_request_exception = False

    with override_settings(ROOT_URLCONF=__name__):
        kept = client.send("/everything/", {"then": "refuse"})
        failed = client.send("/everything/", {"then": "raise"})

    assert (kept.status_code, failed.status_code) == (409, 500)
    assert Entry.objects.filter(kind="test.written").count() == 1
    assert not Customer.objects.exists()


def test_client_that_runs_wild_slows_down_itself_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ClientThrottle, "THROTTLE_RATES", {"client": "2/minute"})
    cache.clear()
    owner = UserFactory.create(staff=True, bound=True)
    wild, calm = machine("consents:read", owner=owner), machine("consents:read", owner=owner)

    answers = [wild.get(CONSENTS) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "Go on in" in answers[2].json()["detail"]
    assert 0 < int(answers[2].headers["Retry-After"]) <= 60
    assert calm.get(CONSENTS).status_code == 200


def test_answers_are_kept_by_no_cache() -> None:
    assert "no-store" in machine("consents:read").get(CONSENTS).headers["Cache-Control"]


def test_unknown_address_below_the_api_is_a_404() -> None:
    client = machine("consents:read")

    assert client.get(f"{CONSENTS}/{uuid4()}").status_code == 404
    assert client.get("/api/v1/nothing-here").status_code == 404


def test_description_names_the_scope_of_every_operation() -> None:
    schema = Client().get("/api/v1/schema/?format=json").json()

    flow = schema["components"]["securitySchemes"]["client"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == TOKEN
    wanted = {
        scope
        for methods in schema["paths"].values()
        for operation in methods.values()
        for scope in operation["security"][0]["client"]
    }
    assert wanted <= set(flow["scopes"])
    assert schema["paths"]["/api/v1/consents"]["post"]["security"] == [{"client": ["consents:write"]}]
