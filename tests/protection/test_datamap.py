from collections.abc import Iterator

import pytest
from django.apps import apps
from django.core import checks
from django.db import models

from accounts.models import Customer
from protection import datamap
from protection.checks import every_field_is_in_the_data_map
from protection.datamap import CorrectionRule, DataClass, Personal
from protection.errors import DataMapError


@pytest.fixture(autouse=True)
def restored_map(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test a copy of the data map to spoil."""
    real = datamap._map
    monkeypatch.setattr(datamap, "_map", datamap._DataMap(dict(real.models), dict(real.fields), dict(real.stores)))


@pytest.fixture
def probe() -> Iterator[type[models.Model]]:
    """A model of one more column, gone from the registry afterwards."""

    class Probe(models.Model):
        id = models.BigAutoField(primary_key=True)
        shoe_size = models.IntegerField()

        class Meta:
            app_label = "protection"

        def __str__(self) -> str:
            return "probe"

    yield Probe
    del apps.all_models["protection"]["probe"]
    apps.clear_cache()


def ids() -> list[str | None]:
    return [message.id for message in every_field_is_in_the_data_map(None)]


def test_every_field_of_every_model_is_declared() -> None:
    assert every_field_is_in_the_data_map(None) == []


def test_check_runs_with_all_others() -> None:
    assert every_field_is_in_the_data_map in checks.registry.registry.get_checks()


def test_undeclared_model_fails_the_check(probe: type[models.Model]) -> None:
    assert ids() == ["protection.E001"]


def test_undeclared_field_fails_the_check(probe: type[models.Model]) -> None:
    datamap.declare(probe, retention_class="reference", not_personal=("id",))

    (message,) = every_field_is_in_the_data_map(None)

    assert message.id == "protection.E002"
    assert "shoe_size" in message.msg


def test_declared_field_that_does_not_exist_fails_the_check(probe: type[models.Model]) -> None:
    datamap.declare(probe, retention_class="reference", not_personal=("id", "shoe_size", "hat_size"))

    assert ids() == ["protection.E003"]


def test_field_id_is_given_once(probe: type[models.Model]) -> None:
    with pytest.raises(DataMapError, match="is taken"):
        datamap.declare(
            probe,
            retention_class="reference",
            not_personal=("id",),
            personal={"shoe_size": Personal("customer.phone", DataClass.CONTACT, label="Shoe size")},
        )


def test_model_is_declared_once() -> None:
    with pytest.raises(DataMapError, match="twice"):
        datamap.declare(Customer, retention_class="identity")


def test_field_is_personal_or_not_but_never_both(probe: type[models.Model]) -> None:
    with pytest.raises(DataMapError, match="not personal"):
        datamap.declare(
            probe,
            retention_class="reference",
            not_personal=("id", "shoe_size"),
            personal={"shoe_size": Personal("probe.shoe_size", DataClass.IDENTITY, label="Shoe size")},
        )


def test_fields_are_found_by_class_rule_and_releasability() -> None:
    chosen = datamap.fields(
        model=Customer, data_class=DataClass.CONTACT, correction=CorrectionRule.AT_ONCE, releasable=True
    )

    assert datamap.field_by_id("customer.phone") in chosen
    assert datamap.field_by_id("customer.language") not in chosen
    assert datamap.field_by_id("customer.name") not in chosen


def test_sealed_government_numbers_can_never_be_released() -> None:
    forbidden = {DataClass.GOVERNMENT_ID, DataClass.FINANCIAL, DataClass.CREDENTIAL}

    assert [field.id for field in datamap.fields(releasable=True) if field.data_class in forbidden] == []


def test_what_is_corrected_at_once_is_of_a_customer_or_an_account() -> None:
    corrected = datamap.fields(correction=CorrectionRule.AT_ONCE)

    assert {field.model._meta.label for field in corrected} <= {"accounts.Customer", "accounts.Account"}


def test_every_field_that_a_customer_may_correct_says_what_it_is_for() -> None:
    rules = (CorrectionRule.AT_ONCE, CorrectionRule.AFTER_REVIEW)

    assert [f.id for rule in rules for f in datamap.fields(correction=rule) if not f.personal.purposes] == []
