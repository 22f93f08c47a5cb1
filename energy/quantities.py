"""Amounts in words."""

from decimal import Decimal

NO_BREAK = "\N{NO-BREAK SPACE}"


def quantity(amount: Decimal | None, unit: str, *, is_exact: bool = False) -> str:
    """Write an amount with its unit: kWh with one decimal unless `is_exact`, else three at most; a dash for None.

    In either language as people in the United States write figures: 1,234.5 kWh.
    """
    if amount is None:
        return "–"
    figure = f"{amount:,.1f}" if unit == "kWh" and not is_exact else f"{amount:,.3f}".rstrip("0").rstrip(".")
    return f"{figure}{NO_BREAK}{unit}".rstrip()
