"""The people of the demo: plainly fictitious households and businesses, the same for the same seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

_GIVEN = (
    "Alba", "Bruno", "Carla", "Dario", "Elena", "Fabio", "Greta", "Hugo", "Ines", "Jonas", "Katia", "Leon", "Mina",
    "Nico", "Olga", "Pablo", "Rita", "Simon", "Tessa", "Vera", "Wanda", "Yara", "Zoe", "Anton", "Bianca",
)  # fmt: skip
_FAMILY = (
    "Sample", "Example", "Muestra", "Fictitia", "Placeholder", "Ejemplo", "Testman", "Imaginario", "Specimen",
    "Nobody", "Supuesto", "Mockley", "Inventado",
)  # fmt: skip
_BUSINESSES = ("Ejemplo Bakery", "Sample Cycles", "Placeholder Books", "Specimen Cafe", "Mockley Hardware")
_STREETS = ("Example Street", "Sample Avenue", "Fictitious Lane", "Specimen Road", "Avenida Ejemplo", "Mock Orange Way")
_CITIES = (("Valle Claro", "90000", "3"), ("Puerto Ejemplo", "90001", "4"), ("Sample Hills", "90002", "12"))


class Part(StrEnum):
    """What a customer shows in the demo."""

    HOUSEHOLD = "household"
    QUARTER_HOURLY = "quarter-hourly household"
    SOLAR = "solar exporter"
    BUSINESS = "small business"
    MINOR = "minor with a guardian"
    MOVED_OUT = "moved out"
    UNDER_HOLD = "under legal hold"


@dataclass(frozen=True, slots=True)
class Persona:
    """One made-up customer with one account. `seed` drives their load; `details` are columns of Customer."""

    part: Part
    name: str
    number: str
    street: str
    city: str
    postal_code: str
    climate_zone: str
    seed: int
    opened_on: date
    closed_on: date | None = None
    language: str = "en"
    details: dict[str, str] = field(default_factory=dict)

    @property
    def is_business(self) -> bool:
        """Say whether the customer is an organization."""
        return self.part is Part.BUSINESS

    @property
    def interval_seconds(self) -> int:
        """Return the length of this customer's metering intervals."""
        return 900 if self.part is Part.QUARTER_HOURLY else 3600


_FIRST_PARTS = (
    Part.HOUSEHOLD,
    Part.QUARTER_HOURLY,
    Part.SOLAR,
    Part.BUSINESS,
    Part.MINOR,
    Part.MOVED_OUT,
    Part.UNDER_HOLD,
)
_LATER_PARTS = (Part.HOUSEHOLD, Part.HOUSEHOLD, Part.HOUSEHOLD, Part.SOLAR, Part.HOUSEHOLD, Part.BUSINESS)


def personas(*, count: int, years: int, seed: int, today: date) -> Iterator[Persona]:
    """Yield `count` customers: one of each part first, then mostly households. Accounts are `years` old and older."""
    rng = random.Random(seed)  # noqa: S311 (made-up people, not a secret)
    opened_by = _years_before(today, years)
    for index in range(count):
        part = _FIRST_PARTS[index] if index < len(_FIRST_PARTS) else _LATER_PARTS[index % len(_LATER_PARTS)]
        city, postal_code, zone = _CITIES[rng.randrange(len(_CITIES))]
        given = _GIVEN[index % len(_GIVEN)]
        family = _FAMILY[(index * 5 + seed) % len(_FAMILY)]
        name = _BUSINESSES[index % len(_BUSINESSES)] if part is Part.BUSINESS else f"{given} {family}"
        slug = name.lower().replace(" ", ".")
        yield Persona(
            part=part,
            name=name,
            number=f"{4_400_000_000 + (seed % 1000) * 1_000_000 + index * 7919:010}",
            street=f"{rng.randrange(10, 990)} {_STREETS[rng.randrange(len(_STREETS))]}",
            city=city,
            postal_code=postal_code,
            climate_zone=zone,
            seed=seed * 10_000 + index,
            opened_on=opened_by - timedelta(days=rng.randrange(30, 900)),
            closed_on=_years_before(today, 1) if part is Part.MOVED_OUT else None,
            language="es" if index % 3 == 1 else "en",
            details={
                "email": f"{slug}.{index}@home.example",
                "phone": f"209-555-01{index % 100:02}",
                "tax_id": f"900-{index % 100:02}-{1000 + index:04}",
                "bank_account": f"000111{seed % 100:02}{404_000 + index * 37}",
            },
        )


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
