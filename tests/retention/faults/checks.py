"""The six things that must be so after every fault, as one judgement."""

from collections import Counter
from contextlib import redirect_stdout
from datetime import date
from io import StringIO

from django.db import connection

from ledger.verify import main as verify
from protection.rowsecurity import provider_rows
from retention.certificates import path_of
from retention.disposal.partitions import partitions_of
from retention.journal import read_journal
from retention.models import Certificate, PurgeItem, PurgeRun
from retention.reconciliation import reconcile
from tests.retention.faults.world import held_rows, stored_rows
from tests.retention.model import CLASSES, Model, Row, kept_from

NUMBERS = ("total", "held", "dropped")
OUTCOME = (*NUMBERS, "status")


def assert_nothing_lost(model: Model, as_of: date) -> None:
    """Hold what is there, at whatever moment, to (1) no held row gone and (2) no row inside its period gone."""
    there = stored_rows() | held_rows()
    ever = model.stored | model.held | model.gone
    assert not {row for row in ever - model.gone if model.is_held(row)} - there, "a held row is gone"
    assert not {row for row in model.stored if row.day >= kept_from(as_of)} - stored_rows(), "a kept row is gone"


def assert_sound(model: Model, as_of: date) -> None:
    """Hold a database whose runs are all finished to the six checks; (4) is that they are."""
    assert_nothing_lost(model, as_of)
    assert_certified(model)
    assert not PurgeRun.objects.open().exists(), "a run is not finished"
    assert_consistent()
    assert (stored_rows(), held_rows()) == (model.stored, model.held), "others survive than the model's"


def assert_certified(model: Model) -> None:
    """(3) Certificates can be checked, add up, and say together exactly what is gone."""
    dropped: Counter[str] = Counter()
    for certificate in Certificate.objects.order_by("pk"):
        with redirect_stdout(StringIO()) as said:
            assert verify([str(path_of(certificate))]) == 0, (said.getvalue(), certificate.document["payload"])
        for item in certificate.document["payload"]["items"]:
            assert item["total"] == item["held"] + item["dropped"]
            dropped[item["retention_class"]] += item["dropped"]
    assert {code: dropped[code] for code in CLASSES} == {code: model.dropped[code] for code in CLASSES}


def assert_consistent() -> None:
    """(5) Journal, items, certificates and the catalogue of partitions say the same."""
    assert reconcile().agrees
    outcomes = read_journal().outcomes()
    for item in PurgeItem.objects.filter(attempts__gt=0).select_related("run").order_by("pk"):
        outcome = outcomes[str(item.run.uuid), item.partition, item.action]
        assert [outcome[name] for name in OUTCOME] == [getattr(item, name) for name in OUTCOME]
    certified = [
        tuple(entry[name] for name in ("partition", "action", *NUMBERS))
        for certificate in Certificate.objects.order_by("run_id")
        for entry in certificate.document["payload"]["items"]
    ]
    recorded = PurgeItem.objects.filter(run__certificate__isnull=False).order_by("run_id", "position")
    assert certified == list(recorded.values_list("partition", "action", *NUMBERS))
    assert_catalogue()


def assert_catalogue() -> None:
    """No dropped month is in the catalogue, unless rows came into it again; none hangs between."""
    with provider_rows():
        there = {one.name for table in ("energy_dayreading", "energy_bill") for one in partitions_of(table)}
        filled = {f"{table}_y{row.day:%Ym%m}" for row in stored_rows() for table in _tables(row)}
    dropped = PurgeItem.objects.filter(action=PurgeItem.Action.DROP_MONTH, status=PurgeItem.Status.DONE)
    assert not set(dropped.values_list("partition", flat=True)) & there - filled
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'months'::regnamespace AND relkind = 'r'"
            " AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = pg_class.oid)"
        )
        assert cursor.fetchall() == [], "a month's table belongs to nothing"


def _tables(row: Row) -> list[str]:
    return ["energy_dayreading" if row.retention_class == "readings" else "energy_bill"]
