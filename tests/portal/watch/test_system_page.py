"""The page on which administrators see whether everything runs."""

from html import unescape

import pytest
from django.test import Client

from retention.services import raise_alert, resolve_alert
from tests.factories import UserFactory
from tests.portal.watch.factories import all_alive, silence
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(db: None) -> Client:
    """An administrator whom no confidentiality agreement binds: the page shows numbers, nobody's data."""
    return signed_in(UserFactory.create(administrator=True))


def page(client: Client) -> str:
    return unescape(client.get("/system/").content.decode())


def test_everything_runs(client: Client) -> None:
    all_alive()
    text = page(client)
    assert "No incident is open" in text
    assert "Silent" not in text
    assert 'href="/system/" aria-current="page"' in text


def test_what_is_silent_says_what_to_do(client: Client) -> None:
    all_alive()
    silence("beat")
    text = page(client)
    assert text.count("Silent") == 1
    assert "See that beat runs, and a worker of the queue default" in text


def test_incidents_are_shown_open_and_past(client: Client) -> None:
    raise_alert(kind="class_past_due", subject="readings", text="Usage readings are 9 days late.")
    raise_alert(kind="run_faulty", subject="1", text="A purge stopped.")
    resolve_alert(kind="run_faulty", subject="1")
    text = page(client)
    assert "Usage readings are 9 days late." in text
    assert "Open Retention, see why the last runs left it" in text
    assert text.index("Past incidents") < text.index("A purge stopped.")
