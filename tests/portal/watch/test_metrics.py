"""Figures for machines: who may ask, what they say, what they cost."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from portal import metrics
from portal.watch import web
from retention.models import Incident
from retention.services import begin_purge, raise_alert
from tests.factories import UserFactory
from tests.portal.watch.factories import all_alive
from tests.retention.factories import OPERATOR, household
from tests.sign_in import signed_in

TOKEN = "a token that only the monitoring system has"


@pytest.fixture(autouse=True)
def _afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_kept", (float("-inf"), b""))
    monkeypatch.setattr(web, "_last_look", float("-inf"))


def samples(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield sample.name, sample.labels, sample.value


def value(text: str, name: str, **labels: str) -> float:
    (found,) = [number for one, of, number in samples(text) if one == f"resguardo_{name}" and of == labels]
    return found


@pytest.mark.django_db
def test_metrics_say_how_it_stands() -> None:
    household([date(2019, 5, 5)])
    all_alive()
    raise_alert(kind="class_past_due", subject="readings", text="Usage readings are past due.")
    begin_purge(by=OPERATOR)
    answer = Client().get("/metrics")
    text = answer.content.decode()
    assert answer["Content-Type"].startswith("text/plain; version=")
    assert value(text, "past_due_days", **{"class": "readings"}) > 365
    assert value(text, "past_due_days", **{"class": "bills"}) == 0
    assert value(text, "sign_of_life_age_seconds", process="beat") < 60
    assert value(text, "queue_length", queue="purge") >= 0
    assert value(text, "waiting", what="purge_steps") >= 1
    assert value(text, "incidents_open") == 1
    assert value(text, "last_run_failed_steps") == 0
    assert value(text, "ledger_unsealed_age_seconds") >= 0
    assert "python_info" not in text


@pytest.mark.django_db
def test_metrics_are_read_once_in_some_seconds(django_assert_num_queries: Callable[..., Any]) -> None:
    Client().get("/metrics")
    with django_assert_num_queries(0):
        Client().get("/metrics")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("token", "request_headers", "status"),
    [
        ("", {}, 200),
        ("", {"REMOTE_ADDR": "::1"}, 200),
        ("", {"REMOTE_ADDR": "192.0.2.1"}, 403),
        ("", {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, 403),
        ("", {"HTTP_FORWARDED": "for=127.0.0.1"}, 403),
        (TOKEN, {}, 403),
        (TOKEN, {"HTTP_AUTHORIZATION": "Bearer another"}, 403),
        (TOKEN, {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}", "REMOTE_ADDR": "192.0.2.1"}, 200),
    ],
)
def test_who_may_ask(token: str, request_headers: dict[str, str], status: int, settings: Settings) -> None:
    settings.METRICS_TOKEN = token
    assert Client().get("/metrics", **request_headers).status_code == status
    figures = Client().get("/healthz", **request_headers)
    assert figures.status_code == 200
    assert ("past_due_days" in figures.json()) == (status == 200)


@pytest.mark.django_db
def test_behind_a_proxy_that_says_nothing_of_whom_it_asks_for_only_the_token_counts(settings: Settings) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert Client().get("/metrics").status_code == 403
    assert "past_due_days" not in Client().get("/healthz").json()
    settings.METRICS_TOKEN = TOKEN
    assert Client().get("/metrics", HTTP_AUTHORIZATION=f"Bearer {TOKEN}").status_code == 200


@pytest.mark.django_db
def test_a_session_is_no_ticket_to_the_metrics(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    client = signed_in(UserFactory.create(administrator=True, bound=True))
    assert client.get("/metrics").status_code == 403


def test_metrics_say_503_while_the_database_does_not_answer(committed_database: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = f"{committed_database}_gone"
    try:
        answer = Client().get("/metrics")
    finally:
        connection.close()
        connection.settings_dict["NAME"] = committed_database
    assert answer.status_code == 503


@pytest.mark.django_db
def test_health_shows_ages_queues_and_incidents() -> None:
    household([date(2019, 5, 5)])
    all_alive()
    begin_purge(by=OPERATOR)
    found = Client().get("/healthz").json()
    assert found["status"] == "ok"
    assert found["past_due_days"]["readings"] > 365
    assert found["last_run"]["status"] == "pending"
    assert found["signs_of_life"]["beat"] < 60
    assert set(found["queues"]) == {"default", "purge"}
    assert found["incidents"] == ["class_past_due"]


@pytest.mark.django_db
def test_asking_for_health_watches_once_a_minute() -> None:
    household([date(2019, 5, 5)])
    Client().get("/healthz")
    assert Incident.objects.filter(kind="class_past_due").count() == 1
    assert not web.watch_from_web()


@pytest.mark.django_db
def test_a_fault_of_the_watch_is_no_fault_of_the_web(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.PAST_DUE_DAYS = None  # no number to compare with
    household([date(2019, 5, 5)])
    assert Client().get("/healthz", REMOTE_ADDR="192.0.2.1").json() == {"status": "ok"}
    assert "The watch could not look." in caplog.text
