import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Account
from energy.models import DayReading, ImportRun
from tests.energy.csvfeed.feeds import LONG_HEAD, content, customers_toml, long_toml
from tests.energy.test_commands import KEYS
from tests.factories import AccountFactory

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("worker")]


def written(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_bytes(content(*lines).read())
    return path


def take_in(mapping: Path, *paths: Path) -> tuple[list[dict[str, object]], str]:
    out = StringIO()
    try:
        call_command("import_csv", "--as-of=2024-06-01", "--json", *paths, mapping=mapping, stdout=out, stderr=out)
    except CommandError as error:
        out.write(str(error))
    said = out.getvalue()
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")], said


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    return written(tmp_path, "map.toml", long_toml())


def test_a_feed_is_told_of_in_one_json_object_as_green_button_is(tmp_path: Path, mapping: Path) -> None:
    account: Account = AccountFactory.create()
    path = written(tmp_path, "feed.csv", LONG_HEAD, f"{account.number},M1,2024-03-01,1", "9,M1,2024-03-01,1")
    (told,), _ = take_in(mapping, path)
    assert list(told) == KEYS
    assert (told["file"], told["readings"], told["inserted"], told["skipped"]) == (str(path), 2, 1, 1)
    assert told["findings"] == [
        {
            "line": 3,
            "code": "unknown-account",
            "message": "There is no account 9",
            "action": "Its readings (1) were left out; import the customers feed first, then this file again",
        }
    ]


def test_customers_and_then_readings_go_in(tmp_path: Path, mapping: Path) -> None:
    customers = written(tmp_path, "c.csv", "SA,Holder,Since", "7001,Alex Sample,2020-05-01")
    readings = written(tmp_path, "r.csv", LONG_HEAD, "7001,M1,2024-03-01,1")
    (told,), _ = take_in(written(tmp_path, "customers.toml", customers_toml()), customers)
    assert (list(told), told["readings"], told["inserted"]) == (KEYS, 0, 1)
    assert take_in(mapping, readings)[0][0]["inserted"] == 1


def test_a_refused_file_leaves_nothing_and_the_others_go_in(tmp_path: Path, mapping: Path) -> None:
    account: Account = AccountFactory.create()
    good = written(tmp_path, "good.csv", LONG_HEAD, f"{account.number},M1,2024-03-01,1")
    bad = written(tmp_path, "bad.csv", LONG_HEAD, f"{account.number},M1,2024-03-02,1", '"')
    told, said = take_in(mapping, bad, good, tmp_path / "missing.csv")
    assert [row["inserted"] for row in told] == [0, 1, 0]
    assert "2 of 3 files were refused" in said
    assert "Traceback" not in said
    assert DayReading.objects.count() == 1
    assert sorted(ImportRun.objects.values_list("kind", "status")) == [
        ("csv_readings", "failed"),
        ("csv_readings", "finished"),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [("form = 3", "does not say which form"), (b"\xff\xfe".decode("latin-1"), "no TOML"), (None, "No such file")],
)
def test_a_mapping_that_makes_no_sense_is_told_of_before_any_file(tmp_path: Path, text: str | None, says: str) -> None:
    path = tmp_path / "none.toml" if text is None else written(tmp_path, "map.toml", text)
    told, said = take_in(path, tmp_path / "feed.csv")
    assert (told, says in said) == ([], True)
    assert not ImportRun.objects.exists()


def test_without_json_it_tells_in_words(tmp_path: Path, mapping: Path) -> None:
    account: Account = AccountFactory.create()
    path = written(tmp_path, "feed.csv", LONG_HEAD, f"{account.number},M1,2024-03-01,1")
    out = StringIO()
    call_command("import_csv", "--as-of=2024-06-01", path, mapping=mapping, stdout=out)
    assert "1 readings from 2024-03-01T00:00:00-08:00" in out.getvalue()
