"""How figures, dates and identifiers are written in both languages."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.paginator import Paginator
from django.utils import translation

from portal.templatetags import resguardo

NO_BREAK = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize("language", ["en", "es"])
def test_energy_has_one_decimal_and_groups(language: str) -> None:
    with translation.override(language):
        assert resguardo.kwh(Decimal("12345.678")) == f"12,345.7{NO_BREAK}kWh"


def test_energy_sent_to_the_grid_keeps_its_sign() -> None:
    assert resguardo.kwh(-3.25).startswith("-3.2")


def test_missing_figure_is_a_dash_and_not_a_nought() -> None:
    assert {resguardo.kwh(None), resguardo.money(None), resguardo.number(None), resguardo.local_date(None)} == {"–"}


def test_money_names_its_currency() -> None:
    assert resguardo.money(Decimal("1234.5"), "USD") == "$1,234.50"
    assert "CA$" in resguardo.money(Decimal(1), "CAD")


@pytest.mark.parametrize(("language", "written"), [("en", "12 March 2026"), ("es", "12 de marzo de 2026")])
def test_day_is_written_in_full(language: str, written: str) -> None:
    with translation.override(language):
        assert resguardo.local_date(date(2026, 3, 12)) == written


def test_moment_becomes_the_day_of_the_providers_zone() -> None:
    assert resguardo.local_date(datetime(2026, 3, 13, 5, 0, tzinfo=UTC)) == "12 March 2026"


def test_moment_names_its_zone_on_both_sides_of_the_clock_change() -> None:
    summer = resguardo.local_time(datetime(2026, 3, 12, 21, 5, tzinfo=UTC))
    assert summer.replace(NO_BREAK, " ") == "12 March 2026, 2:05 PM PDT"
    assert resguardo.local_time(datetime(2026, 12, 12, 21, 5, tzinfo=UTC)).endswith("PST")


def test_half_open_period_ends_the_day_before() -> None:
    assert resguardo.day_before(date(2027, 1, 1)) == date(2026, 12, 31)


def test_mask_hides_all_but_four() -> None:
    assert resguardo.masked("1234506789") == f"••••{NO_BREAK}6789"


@pytest.mark.parametrize("short", ["1", "1234"])
def test_mask_of_a_short_identifier_shows_nothing_of_it(short: str) -> None:
    assert short not in resguardo.masked(short)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("value", ["2026-03-12", date(2026, 3, 12), datetime(2026, 3, 12, tzinfo=UTC)])
def test_date_input_gets_iso_dates_in_every_language(language: str, value: object) -> None:
    with translation.override(language):
        assert resguardo.iso_date(value) == "2026-03-12"


def test_date_input_reads_what_the_spanish_widget_writes() -> None:
    with translation.override("es"):
        assert resguardo.iso_date("12/03/2026") == "2026-03-12"


def test_what_is_no_date_stays_as_typed() -> None:
    assert resguardo.iso_date("yesterday") == "yesterday"


def test_drawing_that_carries_a_script_is_refused() -> None:
    with pytest.raises(ValueError, match="SVG"):
        resguardo.svg("<svg ><script>1</script></svg>")


def test_drawing_loses_its_xml_preamble() -> None:
    assert resguardo.svg("<?xml version='1.0'?>\n<svg viewBox='0 0 1 1'/>").startswith("<svg ")


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari, iPhone"),
        ("curl/8", "Unknown device"),
    ],
)
def test_browser_is_named_in_words(header: str, named: str) -> None:
    assert resguardo.browser(header) == named


def test_long_list_of_pages_is_shortened_around_the_present_one() -> None:
    shown = list(resguardo.page_numbers(Paginator(range(500), 20).page(12)))
    assert shown[0] == 1
    assert shown[-1] == 25
    assert {10, 11, 12, 13, 14} <= set(shown)
    assert len(shown) < 12
