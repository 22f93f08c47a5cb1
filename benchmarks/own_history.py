"""A customer's page “Who has my data”: ten thousand lines among many, against ten among few."""

import statistics
from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import include, path

from accounts.models import Customer
from benchmarks.database import acting_as
from benchmarks.disclosed import lines_unguarded, releases_on_consent
from benchmarks.measuring import Measurement, against, seconds_of
from disclosures.models import Release
from portal import databases
from protection.rowsecurity import provider_rows
from tests.factories import AccountFactory, MemberFactory
from tests.sign_in import signed_in

FEW_OF, MANY_OF = 10, 10_000
SMALL, LARGE, LARGEST = 100_000, 1_000_000, 50_000_000
ROUNDS = 60
MOST_QUERIES = 5
_PLAIN_STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
_NO_QUERIES = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
_PAGE, _BASE = "/who-has-my-data/", "/without-content/"

# Spread over the months that are there, as years of disclosures are; the page reads no ledger, so that none is filled.
_FILL = """
INSERT INTO disclosures_releaseline (entry_id, created_at, release_id, customer_id, consent_version_id, account_ids,
                                     usage_point_ids, field_ids, data_from, data_to, salt)
SELECT nextval(pg_get_serial_sequence('ledger_entry', 'id')), now() + random() * interval '700 days', line.release_id,
       %(customer)s, line.consent_version_id, line.account_ids, '{}', line.field_ids, line.data_from, line.data_to,
       line.salt
FROM generate_series(1, %(count)s) CROSS JOIN
     (SELECT * FROM disclosures_releaseline WHERE release_id = %(release)s LIMIT 1) line
"""


def _without_content(request: HttpRequest) -> HttpResponse:
    return render(request, "base.html")


urlpatterns = [path("without-content/", _without_content), path("", include("portal.urls"))]


def own_history(*, is_full: bool = False) -> list[Measurement]:
    """Ask for the page, signed in, as the web role; its queries are those beyond what any page of a customer needs."""
    (release,) = releases_on_consent(1)
    with provider_rows():
        others, few, many = (AccountFactory.create().customer for _ in range(3))
        people = [MemberFactory.create(account=one.accounts.get()).user for one in (few, many)]
    small, large = (LARGE, LARGEST) if is_full else (SMALL, LARGE)
    with override_settings(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["testserver"], STORAGES=_PLAIN_STORAGES):
        _fill(release, {few: FEW_OF, others: small})
        with acting_as("web"):
            reference = _time_of(signed_in(people[0]))
        _fill(release, {many: MANY_OF, others: large - small})
        with acting_as("web"):
            client = signed_in(people[1])
            took, queries = _time_of(client), _queries_of(client, _PAGE) - _queries_of(client, _BASE)
    label = f"{FEW_OF} among {small:,}; ours {MANY_OF} among {large:,}".replace(",", " ")
    return [
        against("own_history_time", took * 1000, "ms", label, reference * 1000, limit=3),
        against("own_history_queries", queries, "queries", "one query", 1, limit=MOST_QUERIES),
    ]


def _fill(release: Release, counts: dict[Customer, int]) -> None:
    with databases.login("deploy").connect(autocommit=True) as owner:
        with lines_unguarded(owner):
            for customer, count in counts.items():
                owner.execute(_FILL, {"customer": customer.pk, "count": count, "release": release.pk})
        owner.execute("VACUUM ANALYZE disclosures_releaseline")


def _time_of(client: Client) -> float:
    ask = _asking(client, _PAGE)
    for _ in range(5):
        ask()
    return statistics.median(seconds_of(ask) for _ in range(ROUNDS))


def _asking(client: Client, page: str) -> Callable[[], None]:
    def ask() -> None:
        assert client.get(page).status_code == 200

    return ask


def _queries_of(client: Client, page: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get(page)
    return sum(not query["sql"].startswith(_NO_QUERIES) for query in captured.captured_queries)
