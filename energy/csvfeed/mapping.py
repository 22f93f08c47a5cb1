"""The mapping file: a small TOML document that says which column of a feed means what."""

import tomllib
from collections.abc import Mapping as Mapped
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from energy.csvfeed.errors import MappingError


class Form(StrEnum):
    """The shape of a feed: what a row is."""

    CUSTOMERS = "customers"
    READINGS_LONG = "readings-long"
    READINGS_WIDE = "readings-wide"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure: its ESPI code, the power of ten of the written unit in it, and its service and commodity."""

    uom: int
    power_of_ten: int
    service_kind: int
    commodity: int


UNITS: Mapped[str, Unit] = {
    "Wh": Unit(uom=72, power_of_ten=0, service_kind=0, commodity=1),
    "kWh": Unit(uom=72, power_of_ten=3, service_kind=0, commodity=1),
    "MWh": Unit(uom=72, power_of_ten=6, service_kind=0, commodity=1),
    "therm": Unit(uom=169, power_of_ten=0, service_kind=1, commodity=7),
    "ft3": Unit(uom=119, power_of_ten=0, service_kind=1, commodity=7),
    "m3": Unit(uom=42, power_of_ten=0, service_kind=2, commodity=9),
}
"""The units a mapping may name; the ESPI code of each is in `UomType` of ESPI 4.0."""

CUSTOMER_COLUMNS = frozenset(
    {
        "account_number", "name", "email", "phone", "mailing_street", "mailing_city", "mailing_region",
        "mailing_postal_code", "language", "kind", "service_street", "service_city", "service_region",
        "service_postal_code", "customer_class", "climate_zone", "opened_on", "closed_on",
    }
)  # fmt: skip
_READING_COLUMNS = frozenset({"account_number", "usage_point", "unit", "direction", "quality"})
_COLUMNS = {
    Form.CUSTOMERS: (frozenset({"account_number", "name", "opened_on"}), CUSTOMER_COLUMNS),
    Form.READINGS_LONG: (
        frozenset({"account_number", "usage_point", "start", "value"}),
        _READING_COLUMNS | {"start", "value", "minutes", "cost"},
    ),
    Form.READINGS_WIDE: (frozenset({"account_number", "usage_point", "day"}), _READING_COLUMNS | {"day"}),
}
_WIDE_COUNTS = {24: 3600, 48: 1800, 96: 900}


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a mapping file says. `columns` leads from our names to the file's column heads.

    For readings: `unit` and `direction` hold where no column gives them; `decimals` digits after the point are kept;
    `interval_seconds` is the length of an interval where no column gives it. For the wide form `value_columns` are the
    heads of the day's intervals in order, and `repeated_columns` those of the hour that autumn repeats.
    """

    form: Form
    columns: Mapped[str, str]
    delimiter: str = ","
    encoding: str = "utf-8-sig"
    time_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    time_format: str = ""
    date_format: str = ""
    decimal_comma: bool = False
    unit: str = "kWh"
    decimals: int = 3
    direction: str = "forward"
    interval_seconds: int = 3600
    value_columns: tuple[str, ...] = ()
    repeated_columns: tuple[str, ...] = ()

    @property
    def heads(self) -> frozenset[str]:
        """Return every column head that a file must have."""
        return frozenset(self.columns.values()) | frozenset(self.value_columns) | frozenset(self.repeated_columns)


def load_mapping(text: str, *, time_zone: str) -> Mapping:
    """Read a mapping file. `time_zone` is the provider's, for stamps without an offset, unless the file names another.

    Raises MappingError with what is wrong and what is possible.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"The mapping is no TOML: {error}.", remedy="Compare it with docs/csv-feeds.md.") from error
    form = _form(document)
    columns = _columns(document, form)
    options = {name: document[name] for name in _OPTIONS if name in document}
    mapping = Mapping(
        form=form,
        columns=columns,
        time_zone=_zone(str(document.get("time_zone", time_zone))),
        value_columns=tuple(str(head) for head in document.get("value_columns", ())),
        repeated_columns=tuple(str(head) for head in document.get("repeated_columns", ())),
        interval_seconds=_interval(document, form),
        **options,
    )
    if mapping.unit not in UNITS:
        raise MappingError(f"The unit {mapping.unit} is not known.", remedy=f"Use one of {', '.join(UNITS)}.")
    return mapping


_OPTIONS = {
    "delimiter": str,
    "encoding": str,
    "time_format": str,
    "date_format": str,
    "decimal_comma": bool,
    "unit": str,
    "decimals": int,
    "direction": str,
}


def _form(document: dict[str, Any]) -> Form:
    known = {"form", "time_zone", "columns", "value_columns", "repeated_columns", "interval_minutes", *_OPTIONS}
    if unknown := sorted(set(document) - known):
        raise MappingError(f"The mapping says {unknown[0]}, which means nothing.", remedy=f"Known: {_list(known)}.")
    for name, kind in _OPTIONS.items():
        if name in document and not isinstance(document[name], kind):
            raise MappingError(f"{name} must be written as {kind.__name__}.", remedy="See docs/csv-feeds.md.")
    try:
        return Form(document.get("form", ""))
    except ValueError as error:
        raise MappingError(
            "The mapping does not say which form the feed has.", remedy=f"form = {_list(Form)}"
        ) from error


def _columns(document: dict[str, Any], form: Form) -> dict[str, str]:
    required, possible = _COLUMNS[form]
    given = document.get("columns")
    columns = {str(name): str(head) for name, head in given.items()} if isinstance(given, dict) else {}
    if missing := sorted(required - set(columns)):
        raise MappingError(f"The mapping gives no column for {_list(missing)}.", remedy="Add it under [columns].")
    if unknown := sorted(set(columns) - possible):
        raise MappingError(f"A {form} feed has no {_list(unknown)}.", remedy=f"Possible: {_list(possible)}.")
    return columns


def _interval(document: dict[str, Any], form: Form) -> int:
    if form is Form.READINGS_WIDE:
        count = len(document.get("value_columns", ()))
        if count not in _WIDE_COUNTS:
            raise MappingError(
                f"The wide form has 24, 48 or 96 value columns, not {count}.", remedy="List them in value_columns."
            )
        return _WIDE_COUNTS[count]
    minutes = document.get("interval_minutes", 60)
    if not isinstance(minutes, int) or not 1 <= minutes <= 1440:
        raise MappingError("interval_minutes is a whole number from 1 to 1440.", remedy="Correct it.")
    return minutes * 60


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise MappingError(
            f"There is no time zone {name}.", remedy="Use an IANA name such as America/Chicago."
        ) from error


def _list(names: Any) -> str:
    return ", ".join(sorted(str(name) for name in names))
