"""What each role finds on its first page."""

from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import ConfidentialityAgreement, User
from ledger.services import PROVIDER_TAG, record
from protection.clock import provider_today
from tests.energy.factories import ReadingTypeFactory, UsagePointFactory, make_bill, make_day
from tests.factories import MemberFactory, RecipientAgreementFactory, RecipientFactory, UserFactory
from tests.rights.factories import a_member, a_pending_correction, an_open_request, correct
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


def text_of(response: Any) -> str:
    return unescape(response.content.decode()).replace("\N{NO-BREAK SPACE}", " ")


def test_anonymous_visitor_is_led_to_sign_in() -> None:
    assert Client().get("/")["Location"] == "/accounts/login/"


def test_customer_sees_account_latest_month_and_latest_bill() -> None:
    user, account = a_member()
    meter = UsagePointFactory(account=account)
    for day in (date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 2)):
        make_day(meter, day, [1000] * 24)
    make_day(meter, date(2026, 10, 3), [5000] * 24, reading_type=ReadingTypeFactory(reverse=True))
    make_bill(account, date(2026, 9, 15), "10.00")
    make_bill(account, date(2026, 10, 15), "81.40")

    page = text_of(signed_in(user).get("/"))

    assert account.number in page
    assert account.customer.phone in page
    assert "October 2026" in page
    assert "48.0 kWh" in page
    assert "$81.40" in page


def test_customer_sees_what_they_wait_for_and_nothing_of_others() -> None:
    user, account = a_member()
    correct(user, account.customer, "customer.name", "Alexandra Sample")
    other = an_open_request(text="Something else")

    page = text_of(signed_in(user).get("/"))

    assert "Correction: Name on the account, decided by" in page
    assert str(other.uuid) not in page


def test_customers_first_page_asks_the_database_a_bounded_number_of_times(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    user, account = a_member()
    make_day(UsagePointFactory(account=account), date(2026, 10, 1))
    make_bill(account, date(2026, 10, 15))
    client = signed_in(user)
    client.get("/")

    with django_assert_max_num_queries(35):
        client.get("/")


def test_user_without_an_account_is_told_what_to_do() -> None:
    assert "Your sign-in belongs to no account today" in text_of(signed_in(UserFactory()).get("/"))


def test_staff_see_what_waits() -> None:
    correction = a_pending_correction()
    an_open_request()

    response = signed_in(UserFactory(staff=True, bound=True)).get("/")

    assert response.context["counts"].total == 2
    assert correction.customer.name in text_of(response)


def test_staff_without_an_agreement_are_told_what_to_do_and_see_no_name() -> None:
    correction = a_pending_correction()

    page = text_of(signed_in(UserFactory(staff=True)).get("/"))

    assert "No confidentiality agreement binds you today" in page
    assert correction.customer.name not in page


def test_auditor_sees_how_far_the_ledger_is_sealed() -> None:
    record(kind="a.done", subject_tag=PROVIDER_TAG, evidence={})

    page = text_of(signed_in(UserFactory(auditor=True, bound=True)).get("/"))

    assert "Entries not sealed yet" in page
    assert "the oldest of" in page


def test_recipient_sees_that_releases_to_it_are_stopped() -> None:
    staff = UserFactory(staff=True)
    recipient = RecipientFactory(stopped_at="2026-01-01T00:00Z", stopped_by=staff, stop_reason="Breach")

    page = text_of(signed_in(UserFactory(role="recipient", recipient=recipient)).get("/"))

    assert "Releases to you are stopped" in page


def test_administrator_sees_agreements_that_end_soon() -> None:
    today = provider_today()
    soon = RecipientAgreementFactory(valid_to=today + timedelta(days=59))
    later = RecipientAgreementFactory(valid_to=today + timedelta(days=61))
    person: User = UserFactory(staff=True, bound=True, name="Ending Example")
    ConfidentialityAgreement.objects.filter(user=person).update(valid_to=today + timedelta(days=1))

    page = text_of(signed_in(UserFactory(administrator=True)).get("/"))

    assert str(soon.recipient) in page
    assert "Ending Example" in page
    assert str(later.recipient) not in page


@pytest.mark.parametrize("role", ["staff", "auditor", "administrator"])
def test_the_providers_people_set_up_a_second_factor_before_anything_else(role: str) -> None:
    client = Client()
    client.force_login(UserFactory(**{role: True}, bound=True))

    for path in ("/", "/customers/", "/settings/"):
        assert client.get(path)["Location"] == "/accounts/2fa/totp/activate/"


def test_recipients_users_set_up_a_second_factor_too() -> None:
    client = Client()
    client.force_login(UserFactory(of_recipient=True))

    assert client.get("/")["Location"] == "/accounts/2fa/totp/activate/"


def test_second_factor_taken_away_is_demanded_again_at_the_next_sign_in() -> None:
    user = UserFactory(staff=True, bound=True)
    assert signed_in(user).get("/").status_code == 200
    user.authenticator_set.all().delete()

    client = Client()
    client.force_login(user)

    assert client.get("/")["Location"] == "/accounts/2fa/totp/activate/"


def test_session_ends_after_a_quiet_while_and_after_the_longest_time() -> None:
    for key, age in (("seen_at", 31 * 60), ("begun_at", 13 * 3600)):
        client = signed_in(MemberFactory().user)
        assert client.get("/").status_code == 200
        session = client.session
        session[key] -= age
        session.save()

        assert client.get("/")["Location"] == "/accounts/login/"


def test_sign_up_is_closed_in_kind_words() -> None:
    response = Client().get("/accounts/signup/")

    assert response.status_code == 200
    assert "We send every customer their sign-in" in text_of(response)
    assert "<form" not in text_of(response).split("<main")[1].split("</main")[0]
