"""Several qualities of a reading are one integer and come back in order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.greenbutton.qualities import join_qualities, split_qualities

UINT16 = st.integers(0, 2**16 - 1)


@given(st.lists(st.integers(0, 255), min_size=1, max_size=7) | st.lists(UINT16, min_size=1, max_size=3))
def test_joined_qualities_come_back_within_64_signed_bits(codes: list[int]) -> None:
    joined = join_qualities(codes)
    assert split_qualities(joined) == tuple(codes)
    assert 0 <= joined < 2**63


@given(UINT16)
def test_a_single_quality_is_its_own_number(code: int) -> None:
    assert join_qualities([code]) == code


def test_those_beyond_the_room_are_left_out() -> None:
    assert split_qualities(join_qualities([0] * 9)) == (0,) * 7
    assert split_qualities(join_qualities([300, 1, 2, 3])) == (300, 1, 2)


@pytest.mark.parametrize("joined", [-1, 3 << 16, 2 << 24, 1 << 64, 1 << 70])
def test_an_integer_that_holds_no_qualities_is_refused(joined: int) -> None:
    with pytest.raises(ValueError, match="holds no qualities"):
        split_qualities(joined)
