import re
from decimal import Decimal

_POINT = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)?(?:\.\d*)?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_COMMA = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)?(?:,\d*)?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_LONGEST = 60
_INT64 = 1 << 63


def decimal_of(text: str, *, decimal_comma: bool) -> Decimal | None:
    """Return the number that a cell holds, `1,234.5` or with a decimal comma `1.234,5`; None where it holds none.

    Marks between thousands must stand where they belong, so that a file with the other mark is not misread as
    thousandfold.
    """
    form, thousands, mark = (_COMMA, ".", ",") if decimal_comma else (_POINT, ",", ".")
    if len(text) > _LONGEST or not form.fullmatch(text):
        return None
    plain = text.replace(thousands, "").replace(mark, ".")
    return Decimal(plain) if plain.lstrip("+-.")[:1].isdigit() else None


def scaled(number: Decimal, digits: int) -> tuple[int, bool] | None:
    """Return the number times ten to `digits` as a 64-bit integer, and whether it was rounded; None out of range."""
    if number and number.adjusted() + digits > len(str(_INT64)):
        return None
    moved = number.scaleb(digits)
    value = int(moved.to_integral_value())
    return (value, value != moved) if -_INT64 <= value < _INT64 else None
