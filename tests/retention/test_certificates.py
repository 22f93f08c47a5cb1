import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from ledger.models import Entry
from ledger.verify import main as verify
from protection.rowsecurity import provider_rows
from retention.certificates import path_of, write_certificate
from retention.models import Certificate
from retention.services import begin_purge, place_hold, run_purge
from tests.conftest import ActAs
from tests.retention.factories import AS_OF, OPERATOR, committed_household, household


def certified(acting_as: ActAs) -> Certificate:
    home = committed_household([date(2020, 5, 5)], [date(2020, 5, 31)])
    committed_household([date(2020, 5, 5)])
    with provider_rows():
        place_hold(account=home.account, reason="A lawsuit", citation="Case 1", by=OPERATOR)
    with acting_as("purge"):
        certificate = run_purge(run=begin_purge(by=OPERATOR, as_of=AS_OF))
    assert certificate is not None
    return certificate


def altered(document: dict[str, Any], **payload: object) -> dict[str, Any]:
    return {**document, "payload": {**document["payload"], **payload}}


def test_an_outsider_can_check_a_certificate(committed_database: str, acting_as: ActAs) -> None:
    certificate = certified(acting_as)
    path = path_of(certificate)
    assert verify([str(path)]) == 0
    payload = json.loads(path.read_text())["payload"]
    assert payload == certificate.document["payload"]
    assert payload["operator"] == {"kind": "operator", "name": OPERATOR.name}
    assert payload["reason"] == OPERATOR.reason
    assert payload["bounds"]["readings"]["before"] == "2021-03-15"
    assert {"accounts", "consent", "disclosures", "energy", "protection", "retention", "rights"} <= payload[
        "schema_version"
    ].keys()
    for entry in [*payload["classes"], *payload["items"]]:
        assert entry["total"] == entry["held"] + entry["dropped"]
    assert {item["partition"] for item in payload["items"]} == {"energy_dayreading_y2020m05", "energy_bill_y2020m05"}
    assert all(len(item["digest"]) == 64 and len(item["holds"]) == 1 for item in payload["items"])
    assert {"consent", "disclosures", "energy", "retention", "rights"} <= payload["schema_version"].keys()


def test_a_hold_that_kept_nothing_is_not_named(committed_database: str, acting_as: ActAs) -> None:
    committed_household([date(2020, 5, 1)])
    with provider_rows():
        place_hold(account=household().account, reason="A lawsuit", citation="Case 1", by=OPERATOR)
    with acting_as("purge"):
        certificate = run_purge(run=begin_purge(by=OPERATOR, as_of=AS_OF))
    assert certificate is not None
    assert (certificate.document["payload"]["classes"][0]["dropped"], certificate.document["payload"]["holds"]) == (
        1,
        [],
    )


def test_a_certificate_changed_by_one_row_fails(
    committed_database: str, acting_as: ActAs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    certificate = certified(acting_as)
    classes = [{**entry, "dropped": entry["dropped"] + 1} for entry in certificate.document["payload"]["classes"]]
    forged = tmp_path / "forged.json"
    forged.write_text(json.dumps(altered(certificate.document, classes=classes)))
    assert verify([str(forged)]) == 1
    assert "altered" in capsys.readouterr().out


def test_the_ledger_has_the_run_and_each_item(committed_database: str, acting_as: ActAs) -> None:
    certificate = certified(acting_as)
    payload = certificate.document["payload"]
    assert Entry.objects.get(pk=payload["ledger"]["entry"]).kind == "purge.completed"
    items = [item["ledger_entry"] for item in payload["items"]]
    assert set(Entry.objects.filter(pk__in=items).values_list("kind", flat=True)) == {"purge.item_done"}
    assert certificate.evidence_json["run"] == str(certificate.run.uuid)


def test_a_lost_file_is_written_again_the_same(committed_database: str, acting_as: ActAs) -> None:
    certificate = certified(acting_as)
    path = path_of(certificate)
    first = path.read_bytes()
    path.unlink()
    assert write_certificate(certificate).read_bytes() == first


def test_a_certificate_is_never_changed(committed_database: str, acting_as: ActAs) -> None:
    certificate = certified(acting_as)
    for role in ("web", "purge"):
        with acting_as(role), pytest.raises(DatabaseError), transaction.atomic():
            Certificate.objects.filter(pk=certificate.pk).update(sha256="0" * 64)
