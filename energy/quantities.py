"""Amounts in words, as people here read them in either language."""

from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import parse_pattern
from django.utils.translation import get_language

NO_BREAK = "\N{NO-BREAK SPACE}"
# People here write figures as the United States do, in Spanish too: 1,234.5 kWh.
_LOCALES = {"en": "en_US", "es": "es_US"}
_ONE_DECIMAL = parse_pattern("#,##0.0")
_THREE_DECIMALS = parse_pattern("#,##0.###")


def quantity(amount: Decimal | None, unit: str, *, is_exact: bool = False) -> str:
    """Write an amount with its unit: kWh with one decimal unless `is_exact`, else three at most; a dash for None."""
    if amount is None:
        return "–"
    pattern = _ONE_DECIMAL if unit == "kWh" and not is_exact else _THREE_DECIMALS
    return f"{pattern.apply(amount, _locale(get_language() or 'en'))}{NO_BREAK}{unit}".rstrip()


@lru_cache(maxsize=8)
def _locale(language: str) -> Locale:
    return Locale.parse(_LOCALES.get(language.split("-", maxsplit=1)[0], "en_US"))
