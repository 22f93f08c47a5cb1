"""Units of measure as people read them, from ESPI's codes (UnitSymbolKind, UnitMultiplierKind)."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: its `symbol`, and the factor by which a stored number becomes one of it."""

    symbol: str
    factor: Decimal

    def of(self, number: int) -> Decimal:
        """Return a stored number in this unit."""
        return number * self.factor


_THOUSANDS = {38: "kW", 61: "kVA", 63: "kvar", 71: "kVAh", 72: "kWh", 73: "kvarh"}
_ONES = {
    5: "A",
    29: "V",
    31: "J",
    33: "Hz",
    42: "m³",
    119: "ft³",
    120: "ft³",
    128: "gal",
    130: "gal (imp.)",
    132: "BTU",
    134: "L",
    169: "therm",
}


def unit_of(uom: int | None, power_of_ten: int | None) -> Unit:
    """Return the unit of numbers counted in ten to the `power_of_ten` of `uom`; electricity in thousands (kWh)."""
    factor = Decimal(1).scaleb(power_of_ten or 0)
    if uom in _THOUSANDS:
        return Unit(_THOUSANDS[uom], factor.scaleb(-3))
    return Unit(_ONES.get(uom or 0, ""), factor)
