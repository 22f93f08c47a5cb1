"""Where data could leak beside the pages: caches, logs, tokens lent by a person."""

import logging
import sys
from datetime import timedelta

import pytest
from allauth.idp.oidc.models import Client as ApiClient
from allauth.idp.oidc.models import Token
from django.db import IntegrityError, transaction
from django.test import Client, override_settings
from django.urls import path
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Customer, User
from portal.log_lines import LineFormatter
from tests.factories import CustomerFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


class CountView(APIView):
    """Answers with how many customers the client sees."""

    def get(self, request: Request) -> Response:
        return Response(Customer.objects.count())


urlpatterns = [path("count/", CountView.as_view())]


@pytest.fixture
def api_client() -> ApiClient:
    """A machine that signs in with client credentials, for which a member of staff answers."""
    client: ApiClient = ApiClient.objects.create(
        id="billing", name="Billing", owner=UserFactory(staff=True, bound=True), grant_types="client_credentials"
    )
    return client


def _ask(client: ApiClient, user: User | None = None) -> tuple[int, object, str]:
    token = Token(type=Token.Type.ACCESS_TOKEN, client=client, user=user)
    token.set_value("an-opaque-token")
    token.expires_at = timezone.now() + timedelta(minutes=5)
    token.save()
    CustomerFactory()
    with override_settings(ROOT_URLCONF=__name__):
        answer = Client().get("/count/", headers={"Authorization": "Bearer an-opaque-token"})
    return answer.status_code, answer.json(), answer.headers["Cache-Control"]


def test_machine_sees_the_providers_rows_and_no_cache_keeps_them(api_client: ApiClient) -> None:
    assert _ask(api_client) == (200, 1, "no-store, private")


def test_token_that_a_customer_granted_opens_nothing(api_client: ApiClient) -> None:
    assert _ask(api_client, UserFactory())[0] == 403


def test_client_of_another_grant_opens_nothing(api_client: ApiClient) -> None:
    api_client.set_grant_types([ApiClient.GrantType.AUTHORIZATION_CODE])
    api_client.save()
    assert _ask(api_client)[0] == 403


@pytest.mark.parametrize("address", ["/", "/accounts/sessions/", "/no-such-page/", "/privacy/"])
def test_no_cache_keeps_what_a_signed_in_visitor_gets(address: str) -> None:
    assert "no-store" in signed_in(UserFactory()).get(address).headers["Cache-Control"]


def test_log_quotes_no_row_of_the_database() -> None:
    email = str(UserFactory().email)
    try:
        with transaction.atomic():
            User.objects.create(email=email, name="Pat Example")
    except IntegrityError:
        record = logging.LogRecord("portal", logging.ERROR, __file__, 1, "failed", None, sys.exc_info())
    line = LineFormatter("{message}", style="{").format(record)
    assert "UniqueViolation" in line
    assert email not in line
