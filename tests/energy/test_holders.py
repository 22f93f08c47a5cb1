import pytest

from energy.holders import has_common_word, is_same_holder


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Alex Sample", "ALEX SAMPLE"),
        ("Alex Sample", "Sample, Alex"),
        ("Alex Sample", "Alex B. Sample"),
        ("A. Sample", "Alex Sample"),
        ("José Ejemplo", "Jose Ejemplo"),
        ("Example Bakery, LLC", "Example Bakery LLC"),
    ],
)
def test_the_same_name_written_differently_is_the_same_holder(ours: str, theirs: str) -> None:
    assert is_same_holder(ours, theirs)
    assert is_same_holder(theirs, ours)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Alex Sample", "Robin Example"),
        ("Alex Sample", "Robin Sample"),
        ("Alex Sample", "Alexandra Sample"),
        ("Alex Sample", "Sample"),
        ("Alex Sample", "!?"),
    ],
)
def test_a_name_that_may_be_somebody_elses_is_not(ours: str, theirs: str) -> None:
    assert not is_same_holder(ours, theirs)
    assert not is_same_holder(theirs, ours)


def test_initials_are_no_common_word() -> None:
    assert has_common_word("Alex Smaple", "alex sample")
    assert not has_common_word("A. Smith", "A. Sample")
