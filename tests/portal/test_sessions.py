"""How long a session lasts, what a person sees of it, and what it costs."""

from datetime import UTC, datetime, timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.browser import confirm_email
from tests.factories import PASSWORD, MemberFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    """A customer's browser that has been on a page."""
    visitor = signed_in(MemberFactory().user)
    visitor.get("/privacy/")
    return visitor


def _set_back(client: Client, name: str, by: timedelta) -> None:
    session = client.session
    session[name] = datetime.now(UTC).timestamp() - by.total_seconds()
    session.save()


@pytest.mark.parametrize(
    ("name", "by"),
    [("seen_at", settings.SESSION_IDLE_LIMIT), ("begun_at", timedelta(seconds=settings.SESSION_COOKIE_AGE))],
)
def test_session_ends_after_a_quiet_while_and_after_its_longest_time(client: Client, name: str, by: timedelta) -> None:
    _set_back(client, name, by + timedelta(seconds=1))
    assert client.get("/")["Location"] == "/accounts/login/"


def test_session_in_use_goes_on(client: Client) -> None:
    _set_back(client, "seen_at", settings.SESSION_IDLE_LIMIT - timedelta(seconds=5))
    assert client.get("/").status_code == 200
    assert datetime.now(UTC).timestamp() - client.session["seen_at"] < 60


def test_list_of_sessions_says_from_where_each_was_last_used(client: Client) -> None:
    _set_back(client, "seen_at", timedelta(minutes=2))
    client.get("/privacy/", REMOTE_ADDR="192.0.2.7")
    assert UserSession.objects.get(session_key=client.session.session_key).ip == "192.0.2.7"


def test_request_in_between_writes_nothing_and_asks_little(client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/privacy/").status_code == 200
    statements = [query["sql"] for query in queries.captured_queries if "SAVEPOINT" not in query["sql"]]
    assert len(statements) <= 5, statements
    assert not [sql for sql in statements if sql.startswith(("INSERT", "UPDATE", "DELETE"))]


def test_somebody_elses_end_of_a_session_is_obeyed_at_once(client: Client) -> None:
    UserSession.objects.get(session_key=client.session.session_key).end()
    assert client.get("/")["Location"] == "/accounts/login/"


def test_signing_in_leaves_the_name_of_a_planted_session() -> None:
    person = MemberFactory().user
    confirm_email(person)
    visitor = Client()
    planted = visitor.session
    planted["planted"] = True
    planted.save()
    visitor.cookies[settings.SESSION_COOKIE_NAME] = str(planted.session_key)
    visitor.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    assert visitor.get("/").status_code == 200
    assert visitor.session.session_key != planted.session_key
