from decimal import Decimal

import pytest

from energy.quantities import quantity


@pytest.mark.parametrize(
    ("amount", "unit", "is_exact", "words"),
    [
        ("1234.56", "kWh", False, "1,234.6 kWh"),
        ("0.25", "kWh", True, "0.25 kWh"),
        ("-12", "kWh", False, "-12.0 kWh"),
        ("31000", "therm", False, "31,000 therm"),
        ("0.0004", "m³", False, "0 m³"),
        ("7", "", False, "7"),
        (None, "kWh", False, "–"),
    ],
)
def test_an_amount_is_written_with_its_unit(amount: str | None, unit: str, is_exact: bool, words: str) -> None:
    given = None if amount is None else Decimal(amount)
    assert quantity(given, unit, is_exact=is_exact).replace("\N{NO-BREAK SPACE}", " ") == words
