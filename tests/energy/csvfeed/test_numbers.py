from decimal import Decimal
from time import perf_counter

import pytest

from energy.csvfeed.numbers import decimal_of, scaled


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.5", "1.5"), ("-1.5", "-1.5"), ("+2", "2"), (".5", "0.5"), ("5.", "5"), ("1,234.5", "1234.5"),
        ("1234.5", "1234.5"), ("12e-1", "1.2"), ("0", "0"),
    ],
)  # fmt: skip
def test_numbers_are_read(text: str, number: str) -> None:
    assert decimal_of(text, decimal_comma=False) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    ["", ".", "-", "abc", "NaN", "inf", "1_000", "1,5", "12,34.5", "1.2.3", "0x10", "e5", ".e5", "١٢", "²", "1e9999"],
)
def test_what_is_no_number_or_may_mean_another_is_refused(text: str) -> None:
    assert decimal_of(text, decimal_comma=False) is None


def test_a_decimal_comma_is_read_where_it_is_said_and_only_there() -> None:
    assert decimal_of("1.234,5", decimal_comma=True) == Decimal("1234.5")
    assert decimal_of("1,5", decimal_comma=True) == Decimal("1.5")
    assert decimal_of("1.5", decimal_comma=True) is None


@pytest.mark.parametrize(
    ("text", "fitting"),
    [("1.2345", (1234, True)), ("1.5", (1500, False)), ("0.0005", (0, True)), ("9223372036854775.808", None)],
)
def test_numbers_are_scaled_rounded_and_bounded(text: str, fitting: tuple[int, bool] | None) -> None:
    assert scaled(Decimal(text), 3) == fitting


def test_an_enormous_exponent_costs_nothing() -> None:
    number = decimal_of("1e999", decimal_comma=False)
    assert number is not None
    began = perf_counter()
    assert scaled(number, 3) is None
    assert perf_counter() - began < 0.1
