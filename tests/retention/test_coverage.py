"""That nothing in the data map is left without a rule or without something that disposes of it."""

import pytest

from protection import datamap
from retention.coverage import gaps
from retention.disposal.registry import register, stores_of
from retention.disposal.rowstores import RowStore
from retention.errors import RetentionError
from retention.models import RetentionRule
from retention.schedule import CLASSES
from rights.models import Correction


@pytest.mark.django_db
def test_every_class_has_a_rule_and_something_that_disposes_of_all_in_it() -> None:
    assert gaps() == []


@pytest.mark.django_db
def test_what_is_kept_for_ever_says_why() -> None:
    endless = RetentionRule.objects.current().filter(months__isnull=True)
    assert {rule.retention_class for rule in endless} == {"files", "holds", "ledger", "reference"}
    assert all(rule.citation for rule in endless)


def test_every_class_of_the_data_map_has_a_name() -> None:
    assert datamap.retention_classes() <= CLASSES.keys()


def test_stores_are_emptied_before_what_they_refer_to() -> None:
    for code in CLASSES:
        seen: set[type] = set()
        for store in stores_of(code):
            assert not (store.must_precede & seen), f"{store.name} comes after what it refers to"
            seen.add(store.model)


def test_a_store_is_declared_once() -> None:
    with pytest.raises(RetentionError, match="declared twice"):
        register(RowStore("rights_requests", Correction, "created_at"))
