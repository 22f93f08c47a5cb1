"""Incidents: opened once, ended once, never rewritten."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from retention.incidents import KINDS
from retention.models import Incident
from retention.services import raise_alert, resolve_alert
from tests.conftest import ActAs

ALERT: dict[str, Any] = {"kind": "class_past_due", "subject": "readings", "text": "Usage readings are past due."}


@pytest.mark.django_db
def test_what_is_noticed_twice_is_one_incident() -> None:
    assert raise_alert(**ALERT)
    assert not raise_alert(**ALERT)
    assert Incident.objects.count() == 1


@pytest.mark.django_db
def test_another_subject_is_another_incident() -> None:
    assert raise_alert(**ALERT)
    assert raise_alert(**ALERT | {"subject": "bills"})


@pytest.mark.django_db
def test_what_comes_again_after_its_end_is_a_new_incident() -> None:
    raise_alert(**ALERT)
    assert resolve_alert(kind="class_past_due", subject="readings")
    assert not resolve_alert(kind="class_past_due", subject="readings")
    assert raise_alert(**ALERT)
    assert [incident.is_open for incident in Incident.objects.order_by("pk")] == [False, True]


def test_many_who_notice_at_once_open_one(committed_database: str) -> None:
    def notice(number: int) -> bool:
        try:
            return raise_alert(**ALERT)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(notice, range(32))) == 1
    assert Incident.objects.count() == 1


def test_purge_and_worker_may_raise_and_end(committed_database: str, acting_as: ActAs) -> None:
    for role in ("purge", "worker"):
        with acting_as(role):
            assert raise_alert(**ALERT | {"subject": role})
            assert resolve_alert(kind=ALERT["kind"], subject=role)


@pytest.mark.django_db
def test_database_refuses_a_second_open_incident() -> None:
    raise_alert(**ALERT)
    with pytest.raises(IntegrityError, match="incident_open_once"), transaction.atomic():
        Incident.objects.create(**ALERT)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE retention_incident SET text = 'Nothing happened.'",
        "UPDATE retention_incident SET opened_at = opened_at - interval '1 day'",
        "DELETE FROM retention_incident",
    ],
)
def test_database_refuses_to_rewrite_an_incident(statement: str) -> None:
    raise_alert(**ALERT)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"text": ""}, "incident_says_what"),
        ({"kind": "Not a code"}, "incident_says_what"),
        ({"resolved_at": "2001-01-01T00:00:00Z"}, "incident_period_ordered"),
        ({"resolution_told_at": "2100-01-01T00:00:00Z"}, "incident_end_told_after_beginning"),
    ],
)
def test_database_refuses_nonsense(columns: dict[str, str], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Incident.objects.create(**ALERT | columns)


def test_every_kind_says_what_to_do() -> None:
    assert all(str(kind.title) and str(kind.advice) for kind in KINDS.values())
