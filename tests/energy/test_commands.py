import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from lxml import etree

from accounts.models import Account
from energy.greenbutton.qualities import join_qualities
from energy.models import DayReading, ImportRun, Receipt
from tests.energy.feeds import NEEDS_SAMPLES, SAMPLES, SHARED, feed, hourly, readings_in, summary
from tests.factories import AccountFactory

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("worker")]
KEYS = [
    "file", "usage_points", "readings", "days", "first", "last", "bills",
    "inserted", "updated", "unchanged", "skipped", "findings",
]  # fmt: skip


@pytest.fixture
def account() -> Account:
    return AccountFactory.create()


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.xml"
    path.write_bytes(feed(hourly(range(48), costs={1: 5}), summary()).read())
    return path


def take_in(*paths: Path, account: str, as_of: str = "2024-06-01") -> list[dict[str, object]]:
    out = StringIO()
    try:
        call_command(
            "import_greenbutton", f"--as-of={as_of}", "--json", *paths, account=account, stdout=out, stderr=out
        )
    finally:
        lines = [line for line in out.getvalue().splitlines() if line.startswith("{")]
        take_in.said = out.getvalue()  # type: ignore[attr-defined]
    return [json.loads(line) for line in lines]


def test_a_file_is_told_of_in_one_json_object(account: Account, good: Path) -> None:
    (told,) = take_in(good, account=account.number)
    assert list(told) == KEYS
    assert (told["readings"], told["inserted"], told["days"], told["bills"]) == (48, 48, 2, 1)


def test_an_unknown_account_is_refused_in_one_line(good: Path) -> None:
    with pytest.raises(CommandError, match=r"There is no account 123\. Give the number"):
        take_in(good, account="123")


def test_a_refused_file_leaves_nothing_and_the_others_go_in(account: Account, good: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.xml"
    bad.write_bytes(b'<!DOCTYPE feed [<!ENTITY x "y">]><feed xmlns="http://www.w3.org/2005/Atom">&x;</feed>')
    with pytest.raises(CommandError, match="2 of 3 files were refused"):
        take_in(bad, good, tmp_path / "missing.xml", account=account.number)
    assert DayReading.objects.filter(account=account).count() == 2
    assert "missing.xml: No such file" in take_in.said  # type: ignore[attr-defined]
    assert "Traceback" not in take_in.said  # type: ignore[attr-defined]
    assert sorted(ImportRun.objects.values_list("status", flat=True)) == ["failed", "finished"]


def test_an_export_says_the_same_and_is_in_the_ledger(account: Account, good: Path, tmp_path: Path) -> None:
    take_in(good, account=account.number)
    out = tmp_path / "out.xml"
    call_command("export_greenbutton", account=account.number, out=out, stdout=StringIO())
    with good.open("rb") as given, out.open("rb") as written:
        assert readings_in(written) == readings_in(given)
    assert out.stat().st_mode & 0o077 == 0
    assert Receipt.objects.get(kind="export.made").account == account


def test_an_export_that_is_imported_again_changes_nothing(account: Account, good: Path, tmp_path: Path) -> None:
    take_in(good, account=account.number)
    out = tmp_path / "out.xml"
    call_command("export_greenbutton", account=account.number, out=out, stdout=StringIO())
    (told,) = take_in(out, account=account.number)
    assert told["unchanged"] == 48
    assert "bill-corrected" not in str(told["findings"])


def test_an_export_keeps_all_qualities_of_a_reading(account: Account, tmp_path: Path) -> None:
    given, out = tmp_path / "given.xml", tmp_path / "out.xml"
    given.write_bytes(feed(hourly(range(24), qualities={3: join_qualities([8, 19]), 4: 8})).read())
    take_in(given, account=account.number)
    call_command("export_greenbutton", account=account.number, out=out, stdout=StringIO())
    found = {
        reading.findtext("{*}value"): [quality.text for quality in reading.iter("{*}quality")]
        for reading in etree.parse(out).iter("{*}IntervalReading")
    }
    assert {value: codes for value, codes in found.items() if codes} == {"3": ["8", "19"], "4": ["8"]}


def test_an_export_keeps_to_its_days(account: Account, good: Path, tmp_path: Path) -> None:
    take_in(good, account=account.number)
    out = tmp_path / "out.xml"
    options = {"first": "2024-03-02", "last": "2024-03-02"}
    call_command(
        "export_greenbutton",
        f"--from={options['first']}",
        f"--to={options['last']}",
        f"--out={out}",
        account=account.number,
        stdout=StringIO(),
    )
    with out.open("rb") as written:
        assert [value for _, _, value, *_ in sorted(readings_in(written), key=lambda row: row[0] or 0)] == list(
            range(24, 48)
        )


def test_an_export_of_an_unknown_account_writes_no_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no account 9"):
        call_command("export_greenbutton", account="9", out=tmp_path / "out.xml")
    assert not list(tmp_path.iterdir())


def test_an_export_into_a_folder_that_is_not_there_is_refused(account: Account, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_greenbutton", account=account.number, out=tmp_path / "no" / "out.xml")


@NEEDS_SAMPLES
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_public_sample_is_exported_valid_with_the_same_values(account: Account, path: Path, tmp_path: Path) -> None:
    take_in(path, account=account.number, as_of="2014-06-01")
    out = tmp_path / "out.xml"
    call_command("export_greenbutton", account=account.number, out=out, stdout=StringIO())
    with path.open("rb") as given, out.open("rb") as written:
        assert readings_in(written) == readings_in(given)
    schema = _schema()
    for content in etree.parse(out).iter("{http://www.w3.org/2005/Atom}content"):
        for resource in content:
            schema.assertValid(etree.fromstring(etree.tostring(resource)))


def _schema() -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Local())
    return etree.XMLSchema(etree.parse(SHARED / "xsd" / "espi.xsd", parser))


class _Local(etree.Resolver):
    def resolve(self, url: str, public_id: object, context: object) -> object:  # type: ignore[override]
        local = SHARED / "xsd" / url.rsplit("/", 1)[-1]
        return self.resolve_filename(str(local), context) if local.exists() else None  # type: ignore[arg-type]


def test_months_that_are_all_there_are_not_spoken_of() -> None:
    said = StringIO()

    call_command("ensure_months", stdout=said)
    first = said.getvalue()
    call_command("ensure_months", stdout=said)

    assert said.getvalue() == first


def test_a_day_that_is_none_is_told_of_with_the_way_to_write_one(account: Account, good: Path) -> None:
    with pytest.raises(CommandError, match=r"'01/02/2024' is not a day; write it as 2026-03-12\."):
        take_in(good, account=account.number, as_of="01/02/2024")
