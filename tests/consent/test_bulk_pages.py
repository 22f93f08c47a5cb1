from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from consent.models import BulkEntry, Consent
from consent.services import work_bulk_entry
from tests.consent.bulk import a_row, a_table
from tests.factories import UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def test_a_clerk_sends_a_table_takes_the_clean_rows_and_gets_the_rest_back() -> None:
    client = signed_in(UserFactory.create(staff=True, bound=True))
    assert "The columns" in text_of(client.get("/consents/bulk/new/"))
    rows = [a_row(), a_row(purpose="billing")]
    upload = SimpleUploadedFile("table.csv", a_table(*rows).read())
    response = client.post("/consents/bulk/new/", {"table": upload, "request_id": str(uuid4())})
    entry = BulkEntry.objects.get()
    page = response.headers["Location"]
    assert page == f"/consents/bulk/{entry.uuid}/"
    assert "of the table is checked" in text_of(client.get(page))
    work_bulk_entry(entry_id=entry.pk)
    shown = text_of(client.get(page))
    assert "There is no such purpose" in shown
    assert "Record the one row without findings" in shown
    assert "Record all" not in shown
    client.post(f"{page}decide/", {"decision": "all"})
    assert "has rows to mend" in text_of(client.get(page))
    client.post(f"{page}decide/", {"decision": "clean"})
    work_bulk_entry(entry_id=entry.pk)
    assert Consent.objects.count() == 1
    rest = client.get(f"{page}rest.csv").content.decode().splitlines()
    assert [line.split(",")[0] for line in rest] == ["account", rows[1]["account"]]
    assert "Recorded" in text_of(client.get("/consents/bulk/"))


def test_nothing_is_recorded_of_what_is_discarded() -> None:
    client = signed_in(UserFactory.create(staff=True, bound=True))
    upload = SimpleUploadedFile("table.csv", a_table(a_row()).read())
    client.post("/consents/bulk/new/", {"table": upload, "request_id": str(uuid4())})
    entry = BulkEntry.objects.get()
    work_bulk_entry(entry_id=entry.pk)
    client.post(f"/consents/bulk/{entry.uuid}/decide/", {"decision": "discard"})
    entry.refresh_from_db()
    assert entry.status == "discarded"
    assert client.get(f"/consents/bulk/{entry.uuid}/rest.csv").status_code == 404
    assert not Consent.objects.exists()


def test_a_form_without_a_table_says_what_to_do() -> None:
    client = signed_in(UserFactory.create(staff=True, bound=True))
    assert "Choose the table." in text_of(client.post("/consents/bulk/new/", {"request_id": str(uuid4())}))
