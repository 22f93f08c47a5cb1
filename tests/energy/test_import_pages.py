"""The desk's imports: what arrives, what is refused in words, and what the pages show of it."""

from datetime import datetime, time, timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Account
from energy.errors import ImportRefused
from energy.models import DayReading, ImportFinding, ImportRun
from energy.services import fail_import, work_import
from energy.services.queue import _Progress
from protection.clock import provider_today, provider_zone
from protection.files import destroy_file
from protection.models import SealedFile
from tests.energy.csvfeed.feeds import LONG_HEAD, content, customers_toml, long_toml
from tests.energy.feeds import feed, hourly
from tests.factories import AccountFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db
NEW = "/imports/new/"
CSV = "/imports/new/?format=csv"


def text_of(response: HttpResponse) -> str:
    return unescape(response.content.decode())


def clerk() -> Client:
    return signed_in(UserFactory.create(staff=True, bound=True))


def a_feed() -> bytes:
    """Write a feed of a day that is inside the retention period whenever the test runs."""
    day = datetime.combine(provider_today() - timedelta(days=60), time(), provider_zone())
    return feed(hourly(range(24), start=int(day.timestamp()))).read()


def xml(content: bytes = b"", name: str = "usage.xml") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or a_feed())


def readings_csv(account: Account) -> SimpleUploadedFile:
    row = f"{account.number},M1,{provider_today() - timedelta(days=30)}T00:00,1.5"
    return SimpleUploadedFile("readings.csv", content(LONG_HEAD, row, "9,M1,2024-03-01,1").read())


def mapping_file(text: str = "", name: str = "map.toml") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, (text or long_toml()).encode())


def send(client: Client, url: str = NEW, **given: Any) -> Any:
    return client.post(url, {"request_id": str(uuid4()), **given})


def only_run() -> ImportRun:
    return ImportRun.objects.get()


def test_a_green_button_file_waits_sealed_until_a_worker_takes_it_in() -> None:
    account, client = AccountFactory.create(), clerk()
    response = send(client, file=xml(), account=account.number)
    run = only_run()
    assert response.url == reverse("energy:import_detail", args=[run.uuid])
    assert (run.status, run.account, run.as_of) == ("pending", account, provider_today())
    assert run.original is not None
    assert run.original.name == "usage.xml"
    assert "The file waits for its turn." in text_of(client.get(response.url))
    work_import(run_id=run.pk)
    page = text_of(client.get(response.url))
    assert "Finished" in page
    assert "What became of the 24 readings in the file" in page
    assert run.sha256 in page
    assert DayReading.objects.filter(account=account).exists()


def test_a_csv_file_comes_with_its_mapping_and_the_next_one_may_reuse_it() -> None:
    account, client = AccountFactory.create(), clerk()
    send(client, CSV, file=readings_csv(account), mapping_file=mapping_file())
    first = only_run()
    assert (first.kind, first.options["mapping_name"]) == ("csv_readings", "map.toml")
    work_import(run_id=first.pk)
    assert (str(first.uuid), "map.toml (CSV: readings)") in client.get(CSV).context["form"].fields["mapping_of"].choices
    send(client, CSV, file=readings_csv(account), mapping_of=str(first.uuid))
    second = ImportRun.objects.exclude(pk=first.pk).get()
    work_import(run_id=second.pk)
    second.refresh_from_db()
    assert (second.counters["unchanged"], second.counters["skipped"], second.options) == (1, 1, first.options)


def test_customers_go_in_by_csv_too() -> None:
    client = clerk()
    file = SimpleUploadedFile("c.csv", content("SA,Holder,Since", "7001,Alex Sample,2020-05-01").read())
    send(client, CSV, file=file, mapping_file=mapping_file(customers_toml()))
    work_import(run_id=only_run().pk)
    assert Account.objects.get(number="7001").customer.name == "Alex Sample"
    assert "What became of the accounts in the file" in text_of(client.get(f"/imports/{only_run().uuid}/"))


def test_a_form_sent_twice_makes_one_run() -> None:
    account, client, token = AccountFactory.create(), clerk(), str(uuid4())
    answers = [client.post(NEW, {"request_id": token, "file": xml(), "account": account.number}) for _ in range(2)]
    assert answers[0].url == answers[1].url
    assert (ImportRun.objects.count(), SealedFile.objects.count()) == (1, 1)


def test_somebody_elses_form_is_not_taken_over() -> None:
    account, token = AccountFactory.create(), str(uuid4())
    given = {"request_id": token, "account": account.number}
    clerk().post(NEW, {**given, "file": xml()})
    response = clerk().post(NEW, {**given, "file": xml()})
    assert response.status_code == 200
    assert "Open the page anew" in text_of(response)
    assert ImportRun.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"   ", "The file is empty."),
        (b"\x89PNG\r\n\x1a\n", "The file is no XML"),
        (b"%PDF-1.7", "The file is a PDF document"),
        (b"PK\x03\x04", "Unpack it first"),
        (b"a,b\n1,2\n", "begins with text, as CSV files"),
        (b"<html><body>Sign in</body></html>", "web page"),
        (b'<!DOCTYPE f [<!ENTITY a "b">]><feed xmlns="http://www.w3.org/2005/Atom">&a;</feed>', "document type"),
        (b"<feed", "ends before its first element does"),
    ],
)
def test_what_is_no_green_button_file_is_refused_in_words_and_nothing_kept(content: bytes, says: str) -> None:
    response = send(clerk(), file=xml(content), account=AccountFactory.create().number)
    assert response.status_code == 200
    assert says in text_of(response)
    assert not ImportRun.objects.exists()
    assert not SealedFile.objects.exists()


def test_a_file_that_turns_out_hostile_fails_its_run_with_a_message() -> None:
    account, client = AccountFactory.create(), clerk()
    deep = b'<feed xmlns="http://www.w3.org/2005/Atom">' + b"<entry>" * 5000
    send(client, file=xml(deep), account=account.number)
    work_import(run_id=only_run().pk)
    run = only_run()
    assert run.status == "failed"
    page = text_of(client.get(f"/imports/{run.uuid}/"))
    assert "The file was refused; nothing of it is stored" in page
    assert run.message in page


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"account": "1"}, "There is no such account."),
        ({"account": ""}, "This field is required."),
        ({"account": "1\0"}, "Null characters are not allowed."),
        ({"file": ""}, "Choose the file."),
        ({"file": SimpleUploadedFile("empty.xml", b"")}, "The file is empty. Choose another."),
    ],
)
def test_what_is_missing_or_unknown_is_said_at_the_field(given: dict[str, Any], says: str) -> None:
    entered = {"file": xml(b"<feed/>"), "account": AccountFactory.create().number, **given}
    response = send(clerk(), **entered)
    assert says in text_of(response)
    assert not ImportRun.objects.exists()


def test_a_file_over_the_limit_is_refused_with_the_way_out(settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES = 1_000_000
    response = send(clerk(), file=xml(b"<feed>" + b" " * 1_000_000), account=AccountFactory.create().number)
    assert "larger than 1 megabyte. Split it, or ask an operator" in text_of(response)
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "Choose the mapping of an earlier import, or send a new one"),
        ({"mapping_file": mapping_file("form = 3")}, "does not say which form"),
        ({"mapping_file": SimpleUploadedFile("m.toml", b"\xff\xfe\x00")}, "no text in UTF-8"),
        ({"mapping_file": SimpleUploadedFile("m.toml", b"#" * 100_001)}, "too large for a mapping"),
        ({"mapping_file": mapping_file(customers_toml())}, "The file has no column Holder, Since"),
        ({"mapping_of": str(uuid4())}, "Select a valid choice"),
    ],
)
def test_a_csv_file_without_a_mapping_that_fits_is_refused_in_words(given: dict[str, Any], says: str) -> None:
    for upload in given.values():
        if isinstance(upload, SimpleUploadedFile):
            upload.seek(0)
    response = send(clerk(), CSV, file=readings_csv(AccountFactory.create()), **given)
    assert response.status_code == 200
    assert says in text_of(response)
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x00\x01\x02", LONG_HEAD.encode("utf-16")])
def test_what_is_no_csv_file_is_refused_in_words(content: bytes) -> None:
    response = send(clerk(), CSV, file=SimpleUploadedFile("x.csv", content), mapping_file=mapping_file())
    assert response.status_code == 200
    assert 'class="usa-error-message' in text_of(response)
    assert not ImportRun.objects.exists()


def test_only_an_administrator_may_look_back() -> None:
    account = AccountFactory.create()
    past = {"account": account.number, "as_of": "2024-06-01"}
    client = clerk()
    assert "retention rules of" not in text_of(client.get(NEW))
    send(client, file=xml(), **past)
    assert only_run().as_of == provider_today()
    administrator = signed_in(UserFactory.create(administrator=True, bound=True))
    send(administrator, file=xml(), **past)
    assert ImportRun.objects.filter(as_of="2024-06-01").count() == 1


def test_without_a_confidentiality_agreement_nothing_is_shown_or_taken() -> None:
    client = signed_in(UserFactory.create(staff=True))
    for url in ("/imports/", NEW):
        response = client.get(url)
        assert response.status_code == 403
        assert "confidentiality agreement" in text_of(response)
    assert send(client, file=xml(), account=AccountFactory.create().number).status_code == 403
    assert not ImportRun.objects.exists()


def a_run(**given: Any) -> ImportRun:
    return ImportRun.objects.create(**{"kind": "csv_readings", "as_of": provider_today(), **given})


def test_the_list_is_filtered_by_what_stands_in_the_address() -> None:
    account, client = AccountFactory.create(), clerk()
    a_run(kind="greenbutton", account=account)
    fail_import(run=a_run(), error=ImportRefused("No.", remedy="Send another."))
    for query, found in (
        ({}, 2),
        ({"account": account.number}, 1),
        ({"kind": "csv_readings"}, 1),
        ({"status": "failed"}, 1),
    ):
        response = client.get("/imports/", query)
        assert len(response.context["runs"]) == found
        assert len(response.context["filters"]) == len(query)
    assert "No import matches" in text_of(client.get("/imports/", {"account": "1"}))
    assert len(client.get("/imports/", {"status": "invented"}).context["runs"]) == 2


def test_the_list_costs_the_same_however_long() -> None:
    account, client, costs = AccountFactory.create(), clerk(), []
    client.get("/imports/")
    for _ in range(2):
        for _ in range(2):
            send(client, file=xml(), account=account.number)
        with CaptureQueriesContext(connection) as queries:
            client.get("/imports/")
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 15


def test_findings_are_paged_and_filtered_by_code() -> None:
    run, client = a_run(), clerk()
    ImportFinding.objects.bulk_create(
        ImportFinding(run=run, line=line, code="gap", message=f"Nothing at {line}", action="Told")
        for line in range(1, 121)
    )
    ImportFinding.objects.create(run=run, line=7, code="value-rounded", message="Rounded", action="Told", count=5)
    url = f"/imports/{run.uuid}/"
    first = client.get(url)
    assert (first.context["counts"], len(first.context["page"])) == ({"gap": 120, "value-rounded": 5}, 50)
    assert len(client.get(url, {"code": "gap", "page": 3}).context["page"]) == 20
    assert [found.message for found in client.get(url, {"code": "value-rounded"}).context["page"]] == ["Rounded"]
    assert client.get(url, {"code": "invented"}).context["code"] == ""


def test_progress_is_seen_while_the_work_goes_on() -> None:
    client = clerk()
    send(client, file=xml(), account=AccountFactory.create().number)
    ImportRun.objects.update(status="running", started_at=only_run().created_at)
    run = only_run()
    url = f"/imports/{run.uuid}/"
    assert "0% of the file has been taken in." in text_of(client.get(url)).replace("</strong>", "").replace(
        "<strong>", ""
    )
    assert run.original is not None
    _Progress(run)(run.original.size // 2)
    page = text_of(client.get(url))
    assert client.get(url).context["progress"] == pytest.approx(0.475, abs=0.01)
    assert f'data-progress-url="{url}"' in page
    ImportRun.objects.update(status="failed", finished_at=run.created_at)
    assert "data-progress-url" not in text_of(client.get(url))


def test_an_original_that_was_disposed_of_leaves_its_hash() -> None:
    client = clerk()
    send(client, file=xml(), account=AccountFactory.create().number)
    run = only_run()
    assert run.original is not None
    destroy_file(run.original)
    assert "Disposed of on" in text_of(client.get(f"/imports/{run.uuid}/"))
    assert client.get("/imports/").status_code == 200


def test_an_unknown_import_is_a_404() -> None:
    assert clerk().get(f"/imports/{uuid4()}/").status_code == 404
