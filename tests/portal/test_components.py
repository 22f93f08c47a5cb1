"""Every component says what it should with the least that it needs and with all that it takes."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.paginator import Paginator
from django.template import engines
from django.test import RequestFactory
from django.utils import translation

MISSING = "no such variable: %s"
ENTRY = SimpleNamespace(at=datetime(2026, 3, 12, 21, 5, tzinfo=UTC), who="Ana Ejemplo", what="Withdrew consent")


@pytest.fixture(autouse=True)
def _missing_variables_show() -> Any:
    engine = engines["django"].engine
    before, engine.string_if_invalid = engine.string_if_invalid, MISSING
    yield
    engine.string_if_invalid = before


def _render(component: str, address: str = "/", **values: Any) -> str:
    request = RequestFactory().get(address)
    html: str = engines["django"].get_template(f"components/{component}.html").render(values, request)
    assert "no such variable" not in html
    return " ".join(html.split()).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("component", "values", "shown"),
    [
        ("alert", {"kind": "info", "text": "The office is closed."}, "The office is closed."),
        ("copy", {"value": "1234506789"}, 'data-copy="1234506789"'),
        ("crumb", {"url": "/customers/", "label": "Customers"}, "/customers/"),
        ("empty", {"title": "No consents yet"}, "No consents yet"),
        (
            "empty",
            {"title": "None", "text": "Log one.", "action_url": "/x/", "action": "Log a consent"},
            "Log a consent",
        ),
        ("filters", {}, "rg-filters"),
        ("history", {"entries": []}, "Nothing has happened here yet."),
        ("history", {"entries": [ENTRY]}, "12 March 2026, 2:05 PM PDT"),
        ("masked", {"value": "1234506789"}, "6789"),
        ("masked", {"last_four": "6789"}, "6789"),
        ("money", {"amount": 12, "currency": "USD"}, "$12.00"),
        ("period", {"from_": date(2026, 1, 1), "to": date(2027, 1, 1)}, "1 January 2026 to 31 December 2026"),
        ("period", {"from_": date(2026, 1, 1), "to": None}, "from 1 January 2026, no end"),
        ("period", {"from_": None, "to": date(2027, 1, 1)}, "until 31 December 2026"),
        ("period", {"from_": None, "to": None}, "no limit in time"),
        ("progress", {"value": 0.42, "text": "of the readings are stored."}, "42%"),
        ("progress", {"value": None, "text": "Waiting.", "url": "/imports/1/", "remaining": "2 minutes"}, "2 minutes"),
        ("step_indicator", {"steps": ["Data", "Check"], "current": 2}, "Step 2 of 2"),
        ("summary_box", {"title": "What this does", "points": ["Nothing is released."]}, "Nothing is released."),
        ("tag", {"label": "In force", "tone": "good"}, "In force"),
        ("tile", {"url": "/usage/", "title": "Usage", "text": "By hour."}, "/usage/"),
    ],
)
def test_component_renders(component: str, values: dict[str, Any], shown: str) -> None:
    assert shown in _render(component, **values)


def test_tile_without_an_address_is_not_there() -> None:
    assert _render("tile", url="", title="Usage", text="By hour.") == ""


def test_masked_identifier_is_not_in_the_page_unless_it_may_be_copied() -> None:
    assert "1234506789" not in _render("masked", value="1234506789")
    assert "1234506789" in _render("masked", value="1234506789", copyable=True)


def test_pages_of_a_list_keep_its_filters() -> None:
    html = _render("pagination", "/disclosures/?recipient=7&page=2", page=Paginator(range(100), 20).page(2))
    assert "recipient=7&amp;page=3" in html
    assert 'aria-current="page"' in html


def test_list_of_one_page_has_no_pagination() -> None:
    assert _render("pagination", page=Paginator(range(10), 20).page(1)) == ""


def test_filter_in_force_can_be_removed_by_name() -> None:
    one = SimpleNamespace(label="Recipient", value="Bright Homes LLC", url="/disclosures/")
    html = _render("filters", count="42 disclosures", filters=[one], clear_url="/disclosures/")
    assert "Remove the filter" in html
    assert 'href="/disclosures/"' in html


def test_finished_work_is_followed_no_further() -> None:
    assert "data-progress-url" not in _render("progress", value=1, text="Done.", url="")


def test_figures_in_spanish_are_written_as_where_the_readers_live() -> None:
    template = engines["django"].from_string("{{ value|floatformat:'1g' }}")
    with translation.override("es"):
        assert template.render({"value": 12345.67}) == "12,345.7"
