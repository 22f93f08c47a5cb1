"""The page of one retention class: its rule with every version, what belongs to it, what is past its time."""

from datetime import date

import pytest
from django.utils.translation import override

from retention.citations import INSTALLED
from retention.models import RetentionRule
from retention.schedule import CLASSES
from retention.services import approve_rule, change_rule, refuse_rule
from tests.consent.factories import noticed
from tests.factories import UserFactory
from tests.retention.factories import administrator, household
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


def page_of(code: str, **traits: bool) -> str:
    client = signed_in(UserFactory.create(bound=True, **(traits or {"auditor": True})))
    response = client.get(f"/retention/classes/{code}/")
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("code", CLASSES)
def test_every_class_has_a_page_with_all_that_belongs_to_it(code: str) -> None:
    page = page_of(code)
    assert "Versions of the rule" in page
    assert "Change the rule" not in page


def test_the_page_counts_what_is_past_its_time() -> None:
    household([date(2019, 5, 5)])
    page = page_of("readings", administrator=True)
    assert "energy_dayreading" in page
    assert "5 May 2019" in page
    assert "Change the rule" in page


def test_every_version_says_who_proposed_and_who_approved_it() -> None:
    first, second = administrator(), administrator()
    terms = {"retention_class": "messages", "citation": "Policy of 2026", "by": first}
    proposal = change_rule(months=18, reason="Letters are short-lived", **terms)
    approve_rule(proposal=proposal, by=second)
    noticed()
    refused = change_rule(months=12, reason="Shorter still", **terms)
    refuse_rule(proposal=refused, by=second)
    page = page_of("messages")
    for text in ("18 months", "24 months", "Letters are short-lived", first.name, second.name, "Shorter still"):
        assert text in page


def test_installed_citations_can_be_translated() -> None:
    first_versions = RetentionRule.objects.filter(proposal__isnull=True)
    assert {rule.citation for rule in first_versions} <= INSTALLED
    with override("es"):
        assert RetentionRule(citation="What somebody entered").ground == "What somebody entered"


def test_an_unknown_class_is_not_found() -> None:
    client = signed_in(UserFactory.create(bound=True, auditor=True))
    assert client.get("/retention/classes/nonsense/").status_code == 404
