"""Cookies by purpose, the browser's signals, and counts of visits that name nobody."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.test import Client
from redis import Redis

from accounts.models import User
from consent import visits
from consent.cookies import CHOICE_COOKIE, OPTIONAL, VISIT_COOKIE, choice_in, choice_value
from consent.models import CookieChoice, PrivacySignal, VisitCount
from consent.services import choose_cookies, remembered_of
from consent.views.visits import rounded
from protection.clock import provider_today
from protection.rowsecurity import subject_rows
from tests.factories import MemberFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db

FIREFOX = {"user-agent": "Mozilla/5.0 (X11; Linux) Gecko/20100101 Firefox/140.0"}
ASKS = b"May we count your visit?"


def customer_user() -> User:
    user: User = MemberFactory.create().user
    return user


def test_nothing_optional_before_a_choice() -> None:
    client = Client()

    response = client.get("/privacy/")

    assert ASKS in response.content
    assert set(response.cookies) <= {"csrftoken"}


@pytest.mark.parametrize(("choice", "kept"), [("refuse", "1.none"), ("accept", "1.statistics"), ("save", "1.none")])
def test_choice_is_kept_with_its_version_and_asked_no_more(choice: str, kept: str) -> None:
    client = Client()

    response = client.post("/cookies/", {"choice": choice, "next": "/privacy/"})

    assert (response.status_code, response["Location"]) == (302, "/privacy/")
    cookie = client.cookies[CHOICE_COOKIE]
    assert cookie.value == kept
    assert cookie["httponly"]
    assert ASKS not in client.get("/privacy/").content


def test_choice_under_a_former_version_is_asked_again() -> None:
    assert choice_in(choice_value(OPTIONAL).replace("1.", "0.", 1)) is None
    assert choice_in("") is None
    assert choice_in("1.none") == frozenset()
    assert choice_in("1.statistics.unknown") == OPTIONAL


def test_banner_leads_to_no_other_site() -> None:
    response = Client().post("/cookies/", {"choice": "refuse", "next": "https://elsewhere.example/"})

    assert response["Location"] == "/cookies/"


def test_unknown_choice_chooses_nothing() -> None:
    client = Client()
    client.post("/cookies/", {"choice": "all of them"})

    assert CHOICE_COOKIE not in client.cookies


def test_visit_cookie_is_set_only_where_it_was_allowed_and_says_nothing() -> None:
    client = Client()
    client.post("/cookies/", {"choice": "accept"})

    client.get("/privacy/")

    assert client.cookies[VISIT_COOKIE].value == "1"
    client.post("/cookies/", {"choice": "refuse"})
    assert client.cookies[VISIT_COOKIE].value == ""


@pytest.mark.parametrize("header", ["Sec-GPC", "DNT"])
def test_signal_outweighs_what_was_allowed(header: str) -> None:
    client = Client()
    client.post("/cookies/", {"choice": "accept"})

    response = client.get("/privacy/", headers={header: "1"})

    assert VISIT_COOKIE not in response.cookies


@pytest.mark.parametrize("header", ["Sec-GPC", "DNT"])
def test_signal_answers_the_question(header: str) -> None:
    assert ASKS not in Client().get("/privacy/", headers={header: "1"}).content
    assert ASKS in Client().get("/privacy/", headers={header: "0"}).content


def test_signed_in_choice_is_a_row_and_follows_to_another_device() -> None:
    user = customer_user()
    signed_in(user).post("/cookies/", {"choice": "refuse", "next": "/"})

    row = CookieChoice.objects.get(user=user)
    assert (row.purposes, row.method, row.statement_version) == ([], "banner", 1)
    other = signed_in(user)
    assert ASKS not in other.get("/").content
    assert other.cookies[CHOICE_COOKIE].value == "1.none"


def test_signal_of_a_signed_in_customer_is_recorded_once_a_change() -> None:
    user = customer_user()
    client = signed_in(user)
    for sent in ({}, {"Sec-GPC": "1"}, {"Sec-GPC": "1"}, {"Sec-GPC": "1", "DNT": "1"}, {}, {}):
        client.get("/", headers=sent)

    kept = PrivacySignal.objects.filter(user=user).order_by("pk").values_list("has_gpc", "has_dnt")
    assert list(kept) == [(True, False), (True, True), (False, False)]


def test_signal_of_another_session_is_no_change() -> None:
    user = customer_user()
    for _session in range(2):
        signed_in(user).get("/", headers={"Sec-GPC": "1"})

    assert PrivacySignal.objects.filter(user=user).count() == 1


@pytest.mark.parametrize("role", ["staff", "auditor", "administrator"])
def test_signal_of_people_whom_no_agreement_binds_yet_is_recorded_too(role: str) -> None:
    user = UserFactory.create(**{role: True})

    assert signed_in(user).get("/", headers={"Sec-GPC": "1"}).status_code == 200

    assert PrivacySignal.objects.filter(user=user).count() == 1


def test_last_choice_counts_for_a_year() -> None:
    user = customer_user()
    choose_cookies(user=user, purposes=["statistics"], method="page")
    assert remembered_of(user).chosen == OPTIONAL

    other = customer_user()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO consent_cookiechoice (user_id, purposes, statement_version, method, created_at)"
            " VALUES (%s, '{statistics}', 1, 'page', now() - interval '366 days')",
            [other.pk],
        )
    assert remembered_of(other).chosen is None


def test_people_see_their_own_choices_alone() -> None:
    mine, other = customer_user(), customer_user()
    for user in (mine, other):
        choose_cookies(user=user, purposes=[], method="page")

    with subject_rows(user_id=mine.pk):
        assert [choice.user_id for choice in CookieChoice.objects.all()] == [mine.pk]


def test_unknown_purpose_is_refused_by_service_and_database() -> None:
    user = customer_user()
    with pytest.raises(ValueError, match="No optional purposes"):
        choose_cookies(user=user, purposes=["marketing"], method="page")
    with pytest.raises(IntegrityError), transaction.atomic():
        CookieChoice.objects.create(user=user, purposes=["marketing"], statement_version=1, method="page")


def test_site_says_how_it_treats_global_privacy_control() -> None:
    response = Client().get("/.well-known/gpc.json")

    assert response["Content-Type"] == "application/json"
    assert response.json()["gpc"] is True
    datetime.strptime(response.json()["lastUpdate"], "%Y-%m-%d").replace(tzinfo=UTC)


def counted() -> dict[tuple[str, str, str], tuple[int, int]]:
    visits.fold_visits()
    rows = VisitCount.objects.all()
    return {(row.kind, row.page, row.browser): (row.views, row.visits) for row in rows}


def test_views_are_counted_by_route_and_family_of_browser() -> None:
    for _view in range(3):
        Client().get("/privacy/", headers=FIREFOX)
    Client().get("/accessibility/", headers=FIREFOX)

    assert counted() == {("page", "privacy", "firefox"): (3, 0), ("page", "accessibility", "firefox"): (1, 0)}


def test_visits_are_counted_only_of_those_who_allowed_it() -> None:
    client = Client(headers=FIREFOX)
    client.post("/cookies/", {"choice": "accept"})
    for _view in range(3):
        client.get("/privacy/")

    assert counted() == {("page", "privacy", "firefox"): (3, 1)}


def test_folding_twice_counts_once_and_goes_on_counting() -> None:
    Client().get("/privacy/", headers=FIREFOX)
    counted()
    assert counted() == {("page", "privacy", "firefox"): (1, 0)}
    Client().get("/privacy/", headers=FIREFOX)

    assert counted() == {("page", "privacy", "firefox"): (2, 0)}


@pytest.mark.parametrize("headers", [{"Sec-GPC": "1"}, {"DNT": "1"}, {"Sec-Purpose": "prefetch"}])
def test_who_asks_for_privacy_is_not_counted(headers: dict[str, str]) -> None:
    Client().get("/privacy/", headers=headers)

    assert counted() == {}


def test_the_providers_people_and_what_is_no_page_are_not_counted() -> None:
    signed_in(UserFactory.create(staff=True, bound=True)).get("/privacy/")
    Client().get("/healthz")
    Client().get("/no-such-page/")
    Client().get("/")

    assert counted() == {}


def test_customers_are_counted_without_a_trace_of_who_they_are() -> None:
    member = MemberFactory.create()
    signed_in(member.user).get("/consents/", headers=FIREFOX)

    assert counted() == {("page", "consent:list", "firefox"): (1, 0)}
    with Redis.from_url(str(settings.CACHES["default"]["LOCATION"]), decode_responses=True) as redis:
        stored = [list(redis.hgetall(name)) for name in redis.scan_iter(match="resguardo:visits:*")]
    assert stored == [["v|page|consent:list|firefox"]]


def test_page_without_redis_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    away = Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.05)
    monkeypatch.setattr(visits, "_redis", lambda: away)

    assert Client().get("/privacy/").status_code == 200


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("hour", datetime(2026, 3, 1, 12, 30, tzinfo=UTC)),
        ("kind", "person"),
        ("browser", "firefox140"),
        ("page", "customers/7"),
        ("views", -1),
    ],
)
def test_row_that_could_name_somebody_is_refused(column: str, value: Any) -> None:
    fine = {
        "hour": datetime(2026, 3, 1, 12, tzinfo=UTC),
        "kind": "page",
        "page": "privacy",
        "browser": "other",
        "views": 1,
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        VisitCount.objects.create(**{**fine, column: value})
    VisitCount.objects.create(**fine)


@pytest.mark.parametrize(("count", "shown"), [(0, None), (9, None), (10, 10), (14, 10), (15, 20), (1234, 1230)])
def test_small_counts_are_not_shown_and_others_rounded(count: int, shown: int | None) -> None:
    assert rounded(count) == shown


def test_administrator_and_auditor_read_the_month() -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    rows = {"usage": 24, "bills": 9}
    for page, views in rows.items():
        VisitCount.objects.create(hour=hour, kind="page", page=f"energy:{page}", browser="firefox", views=views)
    VisitCount.objects.create(
        hour=hour - timedelta(days=70), kind="page", page="energy:old", browser="firefox", views=50
    )

    for role in ("administrator", "auditor"):
        page = signed_in(UserFactory.create(bound=True, **{role: True})).get("/visits/").content.decode()
        assert "/usage/" in page
        assert ">20<" in page
        assert "too few" in page
        assert "energy:old" not in page
    assert signed_in(UserFactory.create(staff=True, bound=True)).get("/visits/").status_code == 403


def test_another_month_stands_in_the_address() -> None:
    client = signed_in(UserFactory.create(administrator=True, bound=True))

    assert "February 2026" in client.get("/visits/?month=2026-02").content.decode()
    for month in ("nonsense", "9999-12", "0001-01"):
        assert client.get("/visits/", {"month": month}).context["month"] == provider_today().replace(day=1)
