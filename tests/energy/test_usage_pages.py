from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, User
from accounts.services import open_customer
from energy.greenbutton.qualities import join_qualities
from energy.models import DayReading, Series
from energy.services import trim_series
from ledger.actor import Actor
from tests.energy.factories import ReadingTypeFactory, UsagePointFactory, make_bill, make_day
from tests.factories import AccountFactory, MemberFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db
DAY = date(2025, 3, 9)
"""A Sunday with 23 hours."""


@pytest.fixture
def account() -> Account:
    account = AccountFactory.create()
    point = UsagePointFactory.create(account=account)
    make_day(point, DAY, [500] * 23)
    make_day(point, DAY + timedelta(days=1), [250] * 96, length=900)
    return account


@pytest.fixture
def customer(account: Account) -> Client:
    return signed_in(MemberFactory.create(account=account).user)


def page_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode().replace("\N{NO-BREAK SPACE}", " ")


def test_usage_opens_with_the_days_of_the_latest_month(customer: Client) -> None:
    page = page_of(customer, "/usage/")
    assert "March 2025 · Used" in " ".join(page.split())
    assert "9 March 2025" in page
    assert 'data-value="11.500">11.5 kWh' in page
    assert 'data-chart="bar"' in page


def test_a_year_is_shown_by_its_months_and_leads_to_each(customer: Client) -> None:
    page = page_of(customer, "/usage/?period=2025")
    assert 'data-value="35.500">35.5 kWh' in page
    assert "period=2025-03" in page


def test_a_day_is_shown_by_its_intervals_in_local_time(customer: Client) -> None:
    page = page_of(customer, "/usage/?period=2025-03-09")
    assert 'data-chart="line"' in page
    assert "1 a.m. PST" in page
    assert "3 a.m. PDT" in page
    assert "2 a.m." not in page.replace("12 a.m.", "")


def test_an_estimated_reading_says_so(account: Account, customer: Client) -> None:
    make_day(account.usage_points.get(), DAY - timedelta(days=1), [500] * 24, qualities={3: 8})
    assert page_of(customer, f"/usage/?period={DAY - timedelta(days=1)}").count("estimated") == 1


def test_a_reading_that_is_estimated_among_other_qualities_says_so(account: Account, customer: Client) -> None:
    joined = join_qualities([19, 8])
    make_day(account.usage_points.get(), DAY - timedelta(days=1), [500] * 24, qualities={3: joined})
    assert page_of(customer, f"/usage/?period={DAY - timedelta(days=1)}").count("estimated") == 1


def test_energy_sent_to_the_grid_is_a_column_of_its_own(account: Account, customer: Client) -> None:
    make_day(account.usage_points.get(), DAY, [100] * 23, reading_type=ReadingTypeFactory.create(reverse=True))
    page = page_of(customer, "/usage/?period=2025-03")
    assert "Sent to the grid" in page
    assert 'data-value="2.300">2.3 kWh' in page


def test_a_day_without_readings_is_empty_and_not_nought(account: Account, customer: Client) -> None:
    make_day(account.usage_points.get(), DAY + timedelta(days=3), [1] * 24)
    page = page_of(customer, "/usage/?period=2025-03")
    assert page.count('data-value=""') == 1


def test_a_period_without_readings_says_where_there_are_some(customer: Client) -> None:
    assert "There are readings from 9 March 2025 to 10 March 2025." in page_of(customer, "/usage/?period=2020")


def test_an_account_without_readings_says_why() -> None:
    client = signed_in(MemberFactory.create().user)
    assert "No readings yet" in page_of(client, "/usage/")
    assert "No bills yet" in page_of(client, "/bills/")


def test_a_customer_without_an_account_is_told_what_to_do() -> None:
    client = signed_in(UserFactory.create())
    assert "No account is linked" in page_of(client, "/usage/")
    assert "No account is linked" in page_of(client, "/bills/")


@pytest.mark.parametrize("address", ["/usage/", "/bills/"])
def test_another_account_is_not_found(customer: Client, address: str) -> None:
    foreign = AccountFactory.create()
    assert customer.get(f"{address}?account={foreign.uuid}").status_code == 404


@pytest.mark.parametrize(
    "query", ["period=yesterday", "period=2025-13", "period=0000", "series=x", "account=x", "period=2025-02-30"]
)
def test_an_address_that_says_nothing_is_not_found(customer: Client, query: str) -> None:
    assert customer.get(f"/usage/?{query}").status_code == 404


def test_the_edge_years_have_pages(customer: Client) -> None:
    for year in (1900, 2099):
        assert "There are readings from" in page_of(customer, f"/usage/?period={year}")


def test_bills_are_listed_and_shown_with_their_lines(account: Account, customer: Client) -> None:
    bill = make_bill(account, DAY, "81.40")
    make_bill(account, DAY - timedelta(days=30), "70.10")
    listed = page_of(customer, "/bills/")
    assert listed.index("$81.40") < listed.index("$70.10")
    shown = page_of(customer, f"/bills/{bill.uuid}/")
    assert "Bill of 9 March 2025" in shown
    assert "Energy" in shown
    assert "412.5 kWh" in shown


def test_a_bill_of_another_account_is_not_found(customer: Client) -> None:
    bill = make_bill(AccountFactory.create(), DAY)
    assert customer.get(f"/bills/{bill.uuid}/").status_code == 404


@pytest.mark.parametrize("period", ["2025", "2025-03", "2025-03-09"])
def test_the_usage_page_takes_at_most_ten_queries(customer: Client, period: str) -> None:
    customer.get("/usage/")
    with CaptureQueriesContext(connection) as captured:
        customer.get(f"/usage/?period={period}")
    queries = [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(queries) <= 10, queries


def test_staff_see_the_same_of_a_customer_they_opened(account: Account) -> None:
    staff: User = UserFactory.create(staff=True, bound=True)
    client = signed_in(staff)
    bill = make_bill(account, DAY)
    base = f"/customers/{account.customer.uuid}"
    assert client.get(f"{base}/usage/").status_code == 302
    open_customer(customer=account.customer, reason="Call about the March bill", by=Actor.of(staff))
    assert "11.5 kWh" in page_of(client, f"{base}/usage/?period=2025-03")
    for page in ("usage/", "bills/", f"bills/{bill.uuid}/"):
        shown = page_of(client, f"{base}/{page}")
        assert f'href="{base}/"' in shown
        assert account.customer.name in shown
    assert "$81.40" in page_of(client, f"{base}/bills/")
    assert "412.5 kWh" in page_of(client, f"{base}/bills/{bill.uuid}/")


def test_series_shrink_as_months_go(account: Account) -> None:
    assert trim_series() == 0
    Series.objects.update(first_day=date(1999, 1, 1))
    assert trim_series() == 1
    assert set(Series.objects.values_list("first_day", flat=True)) == {date(2025, 3, 1)}
    Series.objects.update(first_day=date(1999, 1, 1), last_day=date(1999, 1, 2))
    trim_series()
    assert not Series.objects.exists()
    assert DayReading.objects.exists()


def test_amounts_are_exact() -> None:
    kind = ReadingTypeFactory.build(uom=72, power_of_ten=-3)
    assert kind.unit.of(1_234_567) == Decimal("1.234567")
