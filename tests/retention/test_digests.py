"""A month's digest can be computed anew from docs/digests.md, without the database, and sees every change."""

from datetime import UTC, date, datetime
from hashlib import sha256
from struct import pack

import pytest
from psycopg import sql

from energy.models import Bill, DayReading
from retention.disposal.stores import STORES
from retention.disposal.tallies import Tally, rows_between
from retention.schedule import BILLS, READINGS
from tests.energy.factories import make_day
from tests.retention.factories import household

SALT = bytes(range(32))
FIRST, PAST = date(2021, 3, 1), date(2021, 4, 1)
OPTIONAL = ("offsets", "durations", "qualities", "costs", "tous", "tiers", "cpps")
BYTEA = 17


def tally_of(retention_class: str) -> Tally:
    store = STORES[retention_class]
    return rows_between(store, sql.Identifier(store.table), FIRST, PAST, SALT)


def bytes_of(row: DayReading) -> bytes:
    """Write a row as docs/digests.md says."""
    micros = int((row.start - datetime(2000, 1, 1, tzinfo=UTC)).total_seconds()) * 1_000_000
    ids = pack(">qqq", row.account_id, row.usage_point_id, row.reading_type_id)
    numbers = pack(">qqqi", micros, row.total, row.import_run_id, (row.day - date(2000, 1, 1)).days)
    lengths = pack(">ii", row.interval_length, row.reading_count)
    values = bytes(row.values)
    fixed = ids + numbers + lengths + pack(">i", len(values)) + values
    optional = [getattr(row, name) for name in OPTIONAL]
    if not any(value is not None for value in optional):
        return fixed + b"\0"
    record = b"".join(
        pack(">ii", BYTEA, -1) if value is None else pack(">ii", BYTEA, len(value)) + bytes(value) for value in optional
    )
    return fixed + b"\1" + pack(">i", len(OPTIONAL)) + record


@pytest.fixture
def two_days(db: None) -> None:
    """Two households with two days each, on one of them a reading with a quality."""
    household([FIRST])
    household([FIRST, date(2021, 3, 2)])
    make_day(household().meter, date(2021, 3, 2), qualities={3: 8})


def test_a_digest_can_be_computed_anew_without_the_database(two_days: None) -> None:
    days = []
    for day in (FIRST, date(2021, 3, 2)):
        groups: dict[int, bytes] = {}
        for row in DayReading.objects.filter(day=day).order_by("account_id", "usage_point_id", "reading_type_id"):
            groups[row.account_id >> 10] = groups.get(row.account_id >> 10, SALT) + bytes_of(row)
        days.append(sha256(b"".join(sha256(groups[number]).digest() for number in sorted(groups))).digest())
    found = tally_of(READINGS)
    assert [each.digest for each in found.days] == days
    assert found.digest == sha256(b"".join(days)).digest()
    assert (found.rows, found.oldest, found.newest) == (4, FIRST, date(2021, 3, 2))


@pytest.mark.parametrize(
    "change",
    [{"values": b"\x01\x05"}, {"total": 7}, {"costs": b"u\x01\x01"}, {"import_run_id": 9}, {"interval_length": 900}],
    ids=lambda change: next(iter(change)),
)
def test_a_digest_changes_with_every_column(two_days: None, change: dict[str, object]) -> None:
    before = tally_of(READINGS)
    DayReading.objects.filter(qualities__isnull=False).update(**change)
    after = tally_of(READINGS)
    assert (after.days[0], after.rows) == (before.days[0], before.rows)
    assert after.days[1].digest != before.days[1].digest


@pytest.mark.django_db
def test_two_bills_that_share_their_text_otherwise_cut_have_different_digests() -> None:
    home = household(bill_dates=[FIRST])
    before = tally_of(BILLS)
    Bill.objects.filter(account=home.account).update(currency="US", unit="DkWh")
    first = tally_of(BILLS)
    Bill.objects.filter(account=home.account).update(currency="USD", unit="kWh")
    assert len({before.digest, first.digest}) == 2
    assert tally_of(BILLS).digest != first.digest


def test_days_split_at_a_day_are_those_before_it_and_the_rest(two_days: None) -> None:
    whole = tally_of(READINGS)
    gone, rest = whole.split(date(2021, 3, 2))
    assert (gone.days, rest.days) == (whole.days[:1], whole.days[1:])
    assert whole.split(date(2020, 1, 1)) == (Tally(()), whole)
