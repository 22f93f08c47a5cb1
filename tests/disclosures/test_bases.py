"""Legal bases as data: what packs may say, how they are loaded, and that only those of the provider count."""

import re
from html import unescape

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client
from pytest_django import Settings

from disclosures.bases import DEMANDS, merged, pack_names, read_pack
from disclosures.checks import loaded_bases_are_those_of_the_setting
from disclosures.errors import BasisPackError
from disclosures.models import LegalBasis
from disclosures.services import load_bases, preview_release
from ledger.actor import Actor
from ledger.models import Entry
from tests.disclosures.factories import Case, basis
from tests.disclosures.test_invariants import forge_release

BY = Actor.operator("Test Operator", "a test")


def test_there_are_the_four_packs() -> None:
    assert pack_names() == ["california_cca", "california_iou", "colorado", "wisconsin"]


@pytest.mark.parametrize("name", pack_names())
def test_pack_is_whole_and_cites_a_rule_for_each_basis(name: str) -> None:
    for code, row in read_pack(name).bases.items():
        assert re.fullmatch(r"[a-z_]{1,40}", code)
        assert row["name_en"]
        assert row["name_es"]
        assert 0 < len(row["citation"]) <= 300
        assert LegalBasis(**row).kind in LegalBasis.Kind.values


@pytest.mark.parametrize("name", pack_names())
def test_no_pack_sells_and_each_has_what_every_provider_needs(name: str) -> None:
    codes = set(read_pack(name).bases)

    assert not any("sale" in code for code in codes - {"merger_sale_financing"})
    assert {"own_request", "written_consent", "contractor_primary_purpose", "warrant_or_court_order"} <= codes


def test_one_code_demands_the_same_in_every_pack() -> None:
    whole = merged(pack_names())

    assert whole["own_request"]["jurisdiction"] == "US-CA; US-CO; US-WI"
    assert whole["subpoena_after_notice"]["notice_days"] == 7


@pytest.mark.django_db
def test_migrated_rows_are_those_of_the_default_pack() -> None:
    known = {row.code: row for row in LegalBasis.objects.in_force()}

    assert set(known) == set(read_pack("california_cca").bases)
    for code, row in read_pack("california_cca").bases.items():
        assert all(getattr(known[code], name) == row[name] for name in ("kind", *DEMANDS)), code


@pytest.mark.django_db
@pytest.mark.database_role("deploy")
def test_loading_another_pack_retires_what_does_not_count_there_and_keeps_every_code() -> None:
    before = set(LegalBasis.objects.values_list("code", "pk"))

    loaded = load_bases(packs=["colorado"], by=BY)

    assert loaded.added == ("energy_assistance",)
    assert loaded.retired == ("other_agency",)
    assert before <= set(LegalBasis.objects.values_list("code", "pk"))
    assert "723-3-3029" in LegalBasis.objects.get(code="written_consent").citation
    assert load_bases(packs=["colorado"], by=BY).is_nothing
    assert load_bases(packs=["california_cca"], by=BY).revived == ("other_agency",)
    assert Entry.objects.filter(kind="bases.loaded").count() == 2


@pytest.mark.django_db
@pytest.mark.database_role("deploy")
def test_demand_of_a_known_code_does_not_change() -> None:
    LegalBasis.objects.filter(code="emergency").update(requires_document=True)

    with pytest.raises(BasisPackError, match="other demands"):
        load_bases(packs=["california_cca"], by=BY)


@pytest.mark.django_db
def test_command_names_the_packs_that_there_are() -> None:
    with pytest.raises(CommandError, match="california_cca, california_iou"):
        call_command("load_bases", "atlantis")


@pytest.mark.django_db
def test_web_login_loads_nothing() -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        load_bases(packs=["colorado"], by=BY)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    ["is_in_force = true", "requires_merger_notice = false", "requires_document = false", "notice_days = 0"],
)
def test_web_login_cannot_ease_a_basis(change: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(f"UPDATE disclosures_legalbasis SET {change}")  # noqa: S608


@pytest.mark.django_db
def test_basis_without_a_citation_is_refused_by_the_database() -> None:
    with pytest.raises(IntegrityError, match="legalbasis_cites"), transaction.atomic():
        connection.cursor().execute("UPDATE disclosures_legalbasis SET citation = ''")


@pytest.mark.django_db
@pytest.mark.database_role("deploy")
def test_basis_that_does_not_count_lets_nothing_out_by_the_gate_or_by_raw_sql() -> None:
    case = Case()
    case.consented()
    LegalBasis.objects.filter(code="written_consent").update(is_in_force=False)

    decision = preview_release(request=case.request(basis=basis("written_consent")), by=case.by)

    assert "basis_not_in_force" in {condition.code for condition in decision.missing}
    with pytest.raises(IntegrityError, match="does not count here"):
        forge_release(case)


@pytest.mark.django_db
def test_check_finds_other_bases_than_the_settings(settings: Settings) -> None:
    assert loaded_bases_are_those_of_the_setting(None, databases=["default"]) == []
    for packs, number in ((["wisconsin"], "W001"), (["atlantis"], "E001")):
        settings.JURISDICTIONS = packs
        (fault,) = loaded_bases_are_those_of_the_setting(None, databases=["default"])
        assert fault.id == f"disclosures.{number}"


@pytest.mark.django_db
def test_everybody_may_read_on_what_grounds_data_goes_out() -> None:
    page = unescape(Client().get("/legal-bases/").content.decode())

    assert "Subpoena, after notice to the customer" in page
    assert "7 days to contest it" in page
    assert "California, community choice aggregator" in page
