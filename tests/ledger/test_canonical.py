import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import canonical_bytes

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_canonical_json_reads_back_as_the_same_value(value: object) -> None:
    assert json.loads(canonical_bytes(value)) == value


@given(st.dictionaries(st.text(max_size=6), st.integers(), min_size=2, max_size=6))
def test_order_of_members_does_not_matter(value: dict[str, int]) -> None:
    backwards = dict(reversed(value.items()))

    assert canonical_bytes(value) == canonical_bytes(backwards)


def test_members_are_sorted_by_utf16_code_units() -> None:
    value = {"\N{EURO SIGN}": 1, "\r": 2, "\N{HEBREW LETTER DALET WITH DAGESH}": 3, "1": 4, "\N{GRINNING FACE}": 5}

    assert list(json.loads(canonical_bytes(value)).values()) == [2, 4, 1, 5, 3]


def test_same_moment_in_two_zones_is_written_once() -> None:
    utc = datetime(2026, 3, 8, 10, tzinfo=UTC)
    west = utc.astimezone(timezone(timedelta(hours=-8)))

    assert canonical_bytes(utc) == canonical_bytes(west) == b'"2026-03-08T10:00:00+00:00"'


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (date(2026, 3, 8), b'"2026-03-08"'),
        (Decimal("10.50"), b'"10.50"'),
        (UUID(int=1), b'"00000000-0000-0000-0000-000000000001"'),
        (b"\x01\xff", b'"01ff"'),
        ({"b", "a"}, b'["a","b"]'),
        ("\N{LATIN SMALL LETTER E WITH ACUTE}", b'"\xc3\xa9"'),
    ],
)
def test_other_types_are_written_one_way(value: object, written: bytes) -> None:
    assert canonical_bytes(value) == written


@pytest.mark.parametrize("value", [1.5, datetime(2026, 3, 8, 10), object(), {"a": 0.1}])  # noqa: DTZ001
def test_what_has_no_single_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_bytes(value)
