"""What a restored backup brings back is purged again, by the journal that was kept outside the database."""

from datetime import date
from pathlib import Path

import pytest

from energy.models import DayReading
from protection.rowsecurity import provider_rows
from retention.models import HeldDayReading
from retention.services import begin_purge, change_rule, place_hold, replay_purges, run_purge
from tests.conftest import ActAs
from tests.consent.factories import noticed
from tests.energy.factories import make_day
from tests.retention.factories import AS_OF, OPERATOR, administrator, committed_household

EXPIRED = [date(2019, 1, 15), date(2019, 2, 15)]


@pytest.fixture(autouse=True)
def _own_journal(tmp_path: Path, settings: object) -> None:
    settings.JOURNAL_DIR = tmp_path  # type: ignore[attr-defined]


def test_restored_data_is_purged_again_and_held_data_kept(committed_database: str, acting_as: ActAs) -> None:
    free, held = committed_household(EXPIRED), committed_household(EXPIRED)
    with acting_as("purge"):
        run_purge(run=begin_purge(by=OPERATOR, as_of=AS_OF))
        assert replay_purges(by=OPERATOR, as_of=AS_OF) is None
    with provider_rows():
        for home in (free, held):
            for day in EXPIRED:
                make_day(home.meter, day)
        place_hold(account=held.account, reason="A lawsuit", citation="Case 1", by=OPERATOR)
    with acting_as("purge"):
        certificate = replay_purges(by=OPERATOR, as_of=AS_OF)
    assert certificate is not None
    assert certificate.document["payload"]["trigger"] == "replay"
    with provider_rows():
        assert not DayReading.objects.exists()
        assert set(HeldDayReading.objects.values_list("account_id", "day")) == {
            (held.account.pk, day) for day in EXPIRED
        }


def test_what_was_forgotten_stays_forgotten_under_a_longer_rule(committed_database: str, acting_as: ActAs) -> None:
    home = committed_household(EXPIRED)
    with acting_as("purge"):
        run_purge(run=begin_purge(by=OPERATOR, as_of=AS_OF))
    with provider_rows():
        by = administrator()
        change_rule(retention_class="readings", months=240, citation="New law", reason="The law changed", by=by)
        noticed()
        make_day(home.meter, EXPIRED[0])
    with acting_as("purge"):
        assert replay_purges(by=OPERATOR, as_of=AS_OF) is not None
    with provider_rows():
        assert not DayReading.objects.exists()


def test_a_journal_line_cut_by_a_crash_is_left_out(committed_database: str, acting_as: ActAs, tmp_path: Path) -> None:
    committed_household(EXPIRED)
    with acting_as("purge"):
        run_purge(run=begin_purge(by=OPERATOR, as_of=AS_OF))
    journal = tmp_path / "purges.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"event":"outc')
    committed_household(EXPIRED)
    with acting_as("purge"):
        assert replay_purges(by=OPERATOR, as_of=AS_OF) is not None
    assert journal.read_bytes().startswith(whole + b'{"action"')
