"""Where each role is led."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.test import RequestFactory, override_settings
from django.urls import include, path, resolve
from django.views.generic import View

from accounts.models import User
from portal.navigation import NAVIGATION, entries_for

LABELS = {
    "customer": "Home · My data · Usage and bills · Who has my data · Requests · Settings",
    "staff": (
        "Queue · Customers · Consents · Letters and calls · Disclosures · Legal demands · Imports · Retention · Reports"
    ),
    "auditor": "Search · Exports · Ledger · Controls · Yearly report · Visit statistics",
    "administrator": (
        "Provider · People and agreements · Recipients · Notices and purposes · Retention · Rules · Keys"
        " · Visit statistics · System"
    ),
}

_VIEW = View.as_view()
urlpatterns = [
    path("", _VIEW, name="home"),
    path("", include(([path("my-data/", _VIEW, name="my_data"), path("my-data/x/", _VIEW, name="x")], "accounts"))),
    path("", include(([path("usage/", _VIEW, name="usage"), path("bills/<int:pk>/", _VIEW, name="bill")], "energy"))),
]


@pytest.fixture(autouse=True)
def _own_addresses() -> object:
    with override_settings(ROOT_URLCONF=__name__):
        yield


def _request(address: str, role: str) -> HttpRequest:
    request = RequestFactory().get(address)
    request.user = User(role=role) if role else AnonymousUser()
    request.resolver_match = resolve(address)
    return request


@pytest.mark.parametrize("role", LABELS)
def test_role_has_its_places_in_their_order(role: str) -> None:
    assert " · ".join(str(place.label) for place in NAVIGATION[role]) == LABELS[role]


def test_place_without_an_address_is_left_out() -> None:
    assert [entry.url for entry in entries_for(_request("/", "customer"))] == ["/", "/my-data/", "/usage/"]


def test_stranger_is_led_nowhere() -> None:
    assert entries_for(_request("/", "")) == []


@pytest.mark.parametrize(
    ("address", "marks"),
    [
        ("/", ["page", "", ""]),
        ("/my-data/", ["", "page", ""]),
        ("/my-data/x/", ["", "true", ""]),
        ("/bills/1/", ["", "", ""]),
    ],
)
def test_present_place_is_marked(address: str, marks: list[str]) -> None:
    assert [entry.current for entry in entries_for(_request(address, "customer"))] == marks
