import pytest
from allauth.usersessions.models import UserSession
from django.core.cache import cache

from tests.factories import UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


def test_a_session_is_noted_once_a_minute_and_when_its_client_changes() -> None:
    client = signed_in(UserFactory.create())
    client.get("/", headers={"user-agent": "Firefox/1"})
    first = UserSession.objects.get()

    client.get("/", headers={"user-agent": "Firefox/1"})
    assert UserSession.objects.get().last_seen_at == first.last_seen_at

    client.get("/", headers={"user-agent": "Safari/1"})
    assert UserSession.objects.get().user_agent == "Safari/1"

    cache.clear()
    client.get("/", headers={"user-agent": "Safari/1"})
    assert UserSession.objects.get().last_seen_at > first.last_seen_at
