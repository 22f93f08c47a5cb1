from datetime import date

from energy.csvfeed import CustomerRow
from tests.energy.csvfeed.feeds import CUSTOMERS_HEAD, codes, customers_toml, read_customers


def test_a_row_holds_what_the_feed_fills() -> None:
    text = customers_toml("email", "language", "closed_on")
    rows, table = read_customers(text, f"{CUSTOMERS_HEAD},email,language,closed_on", "7,Alex Sample,2020-05-01,,ES,")
    assert rows == [CustomerRow(2, "7", {"name": "Alex Sample", "language": "es"}, {"opened_on": date(2020, 5, 1)})]
    assert not table.findings


def test_a_row_without_account_number_is_left_out_and_counted() -> None:
    rows, table = read_customers(customers_toml(), CUSTOMERS_HEAD, ",Alex Sample,2020-05-01")
    assert (rows, codes(table), table.skipped) == ([], ["missing-value"], 1)


def test_an_account_that_stands_twice_is_told() -> None:
    rows, table = read_customers(
        customers_toml(), CUSTOMERS_HEAD, "7,Alex Sample,2020-05-01", "7,Alex Sample,2020-05-01"
    )
    assert (len(rows), codes(table)) == (2, ["duplicate-account"])


def test_what_is_no_date_or_unknown_is_left_as_it_was_with_a_finding() -> None:
    text = customers_toml("language", "customer_class", date_format="%m/%d/%Y")
    rows, table = read_customers(
        text, f"{CUSTOMERS_HEAD},language,customer_class", "7,Alex Sample,2020-05-01,xx,Residential"
    )
    assert codes(table) == ["invalid-date", "unknown-code"]
    assert rows == [CustomerRow(2, "7", {"name": "Alex Sample", "customer_class": "residential"}, {})]
