"""The customer's usage page over five years of 15-minute readings, against the same base page without content."""

from collections.abc import Callable
from datetime import date

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import include, path

from benchmarks.imports import feed_of, new_accounts, take_in
from benchmarks.measuring import Measurement, against, alternately
from energy.services import ensure_months
from portal import databases
from protection.rowsecurity import provider_rows
from tests.factories import MemberFactory
from tests.sign_in import signed_in

READINGS = 96 * 1826
PERIODS = ("2016", "2016-07", "2016-07-14")
ROUNDS = 120
MOST_QUERIES = 10
_PLAIN_STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
_NO_QUERIES = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


def _without_content(request: HttpRequest) -> HttpResponse:
    return render(request, "base.html")


urlpatterns = [path("without-content/", _without_content), path("", include("portal.urls"))]


def usage_page() -> list[Measurement]:
    """Ask for a year, a month and a day, signed in, as the web role; the slowest counts."""
    ensure_months(first=date(2014, 1, 1), last=date(2021, 1, 1))
    (account,) = new_accounts(1)
    take_in(feed_of(READINGS), account)
    with provider_rows():
        user = MemberFactory.create(account=account).user
    _log_in_as_web()
    with override_settings(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["testserver"], STORAGES=_PLAIN_STORAGES):
        client = signed_in(user)
        pages = [f"/usage/?period={period}" for period in PERIODS]
        queries = max(_queries_of(client, page) for page in pages)
        times = [
            alternately(_asking(client, page), _asking(client, "/without-content/"), rounds=ROUNDS) for page in pages
        ]
    ours, reference = max(times, key=lambda pair: pair[0] / pair[1])
    base = "the same base template, signed in, without content"
    return [
        against("usage_page_queries", queries, "queries", "one query", 1, limit=MOST_QUERIES),
        against("usage_page_time", ours * 1000, "ms", base, reference * 1000, limit=4),
    ]


def _queries_of(client: Client, page: str) -> int:
    _get(client, page)
    with CaptureQueriesContext(connection) as captured:
        _get(client, page)
    return sum(not query["sql"].startswith(_NO_QUERIES) for query in captured.captured_queries)


def _asking(client: Client, page: str) -> Callable[[], None]:
    return lambda: _get(client, page)


def _get(client: Client, page: str) -> None:
    response = client.get(page)
    assert response.status_code == 200, f"{page}: {response.status_code}"


def _log_in_as_web() -> None:
    connection.close()
    web = databases.connection_settings("web")
    connection.settings_dict.update({name: web[name] for name in ("USER", "PASSWORD", "OPTIONS")})
