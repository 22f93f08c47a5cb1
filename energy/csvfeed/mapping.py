"""The mapping file: a small TOML document that says which column of a feed means what."""

import codecs
import tomllib
from collections.abc import Iterable
from collections.abc import Mapping as Mapped
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from energy.csvfeed.errors import MappingError
from energy.greenbutton.codes import MULTIPLIER, QUALITY

DOCUMENT = "See docs/csv-feeds.md."


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

UNIT_NAMES: Mapped[str, str] = {name.lower(): name for name in UNITS}
"""How feeds may write the units: in letters of any size."""

DIRECTIONS = ("forward", "reverse")

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
_HOUR = 3600
_MOST_DECIMALS = 9


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a mapping file says. `columns` leads from our names to the file's column heads.

    For readings: `unit` and `direction` hold where no column gives them; at least `decimals` digits after the point
    are kept; `interval_seconds` is the length of an interval where no column gives it; `qualities` leads from the
    feed's own codes to those of ESPI. For the wide form `value_columns` are the heads of the day's intervals in order,
    and `repeated_columns` those of the hour that autumn repeats.
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
    interval_seconds: int = _HOUR
    value_columns: tuple[str, ...] = ()
    repeated_columns: tuple[str, ...] = ()
    qualities: Mapped[str, int] = field(default_factory=dict)

    @property
    def heads(self) -> frozenset[str]:
        """Return every column head that a file must have."""
        return frozenset(self.columns.values()) | frozenset(self.value_columns) | frozenset(self.repeated_columns)

    @property
    def count_a_row(self) -> int:
        """Return how many readings a row holds; in a customers feed one account."""
        return len(self.value_columns) if self.form is Form.READINGS_WIDE else 1

    def power_of_ten(self, unit: str) -> int:
        """Return the power of ten in which values of `unit` are counted: the highest ESPI has that keeps `decimals`."""
        return max(power for power in MULTIPLIER if power <= UNITS[unit].power_of_ten - self.decimals)

    def digits(self, unit: str) -> int:
        """Return how many digits after the point of a value in `unit` are kept."""
        return UNITS[unit].power_of_ten - self.power_of_ten(unit)


def load_mapping(text: str, *, time_zone: str) -> Mapping:
    """Read a mapping file. `time_zone` is the provider's, for stamps without an offset, unless the file names another.

    Raises MappingError with what is wrong and what is possible.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"The mapping is no TOML: {error}.", remedy="Compare it with docs/csv-feeds.md.") from error
    form = _form(document)
    _check_options(document)
    value_columns = _heads(document, "value_columns")
    mapping = Mapping(
        form=form,
        columns=_columns(document, form),
        time_zone=_zone(document.get("time_zone", time_zone)),
        value_columns=value_columns,
        repeated_columns=_heads(document, "repeated_columns"),
        interval_seconds=_interval(document, form, len(value_columns)),
        qualities=_qualities(document),
        **{name: document[name] for name in _OPTIONS if name in document},
    )
    _check_columns_differ(mapping)
    return mapping


def _form(document: dict[str, Any]) -> Form:
    known = {"form", "time_zone", "columns", "value_columns", "repeated_columns", "interval_minutes", "qualities"}
    if unknown := sorted(set(document) - known - set(_OPTIONS)):
        raise MappingError(
            f"The mapping says {unknown[0]}, which means nothing.", remedy=f"Known: {_list(known | set(_OPTIONS))}."
        )
    try:
        return Form(document.get("form", ""))
    except ValueError as error:
        message = "The mapping does not say which form the feed has."
        raise MappingError(message, remedy=f"Write form = one of {_list(Form)}.") from error


def _check_options(document: dict[str, Any]) -> None:
    for name, (kind, check) in _OPTIONS.items():
        if name not in document:
            continue
        value = document[name]
        if type(value) is not kind:
            raise MappingError(f"{name} must be written as {_WRITTEN[kind]}.", remedy=DOCUMENT)
        if remedy := check(value):
            raise MappingError(f"{name} is {value!r}, which cannot be used.", remedy=remedy)


def _wrong_delimiter(text: str) -> str:
    return "" if len(text) == 1 and text not in '"\r\n\0' else 'Use one character, such as "," ";" or "\\t".'


def _wrong_encoding(name: str) -> str:
    try:
        is_text = codecs.lookup(name)._is_text_encoding
    except (LookupError, ValueError):
        is_text = False
    return "" if is_text else "Use a name such as utf-8, cp1252 or utf-16."


def _wrong_time_format(form: str) -> str:
    return _wrong_format(form, "%Y%m%d%H%M", "Use strptime's signs for year, month, day, hour and minute.")


def _wrong_date_format(form: str) -> str:
    return _wrong_format(form, "%Y%m%d", "Use strptime's signs for year, month and day, such as %m/%d/%Y.")


def _wrong_format(form: str, wanted: str, remedy: str) -> str:
    """Try the form on a moment in the afternoon: what it writes must read as the same day (and time)."""
    moment = datetime(2033, 11, 23, 16, 45, tzinfo=UTC)
    try:
        again = datetime.strptime(moment.strftime(form), form)  # noqa: DTZ007
    except ValueError:
        return remedy
    return "" if form.isascii() and again.strftime(wanted) == moment.strftime(wanted) else remedy


def _wrong_unit(name: str) -> str:
    return "" if name in UNITS else f"Use one of {', '.join(UNITS)}."


def _wrong_decimals(count: int) -> str:
    return "" if 0 <= count <= _MOST_DECIMALS else f"Use a whole number from 0 to {_MOST_DECIMALS}."


def _wrong_direction(name: str) -> str:
    return "" if name in DIRECTIONS else f"Use one of {', '.join(DIRECTIONS)}."


def _nothing_wrong(_value: object) -> str:
    return ""


_OPTIONS: dict[str, tuple[type, Any]] = {
    "delimiter": (str, _wrong_delimiter),
    "encoding": (str, _wrong_encoding),
    "time_format": (str, _wrong_time_format),
    "date_format": (str, _wrong_date_format),
    "decimal_comma": (bool, _nothing_wrong),
    "unit": (str, _wrong_unit),
    "decimals": (int, _wrong_decimals),
    "direction": (str, _wrong_direction),
}
_WRITTEN = {str: 'a text in "quotes"', bool: "true or false", int: "a whole number"}


def _columns(document: dict[str, Any], form: Form) -> dict[str, str]:
    required, possible = _COLUMNS[form]
    given = document.get("columns")
    columns = {str(name): str(head).strip() for name, head in given.items()} if isinstance(given, dict) else {}
    if missing := required - set(columns):
        raise MappingError(f"The mapping gives no column for {_list(missing)}.", remedy="Add it under [columns].")
    if unknown := set(columns) - possible:
        raise MappingError(f"A {form} feed has no {_list(unknown)}.", remedy=f"Possible: {_list(possible)}.")
    return columns


def _heads(document: dict[str, Any], name: str) -> tuple[str, ...]:
    given = document.get(name, [])
    if not isinstance(given, list):
        raise MappingError(f"{name} must be a list of column heads.", remedy=DOCUMENT)
    return tuple(str(head).strip() for head in given)


def _interval(document: dict[str, Any], form: Form, columns: int) -> int:
    if form is Form.READINGS_WIDE:
        if columns not in _WIDE_COUNTS:
            raise MappingError(
                f"The wide form has 24, 48 or 96 value columns, not {columns}.", remedy="List them in value_columns."
            )
        return _WIDE_COUNTS[columns]
    minutes = document.get("interval_minutes", 60)
    if type(minutes) is not int or not 1 <= minutes <= 1440:
        raise MappingError("interval_minutes is a whole number from 1 to 1440.", remedy="Correct it.")
    return minutes * 60


def _qualities(document: dict[str, Any]) -> dict[str, int]:
    given = document.get("qualities", {})
    if not isinstance(given, dict) or any(type(code) is not int or code not in QUALITY for code in given.values()):
        known = ", ".join(map(str, sorted(QUALITY)))
        raise MappingError("[qualities] leads from the feed's codes to ESPI's.", remedy=f"ESPI has {known}.")
    return {str(code): quality for code, quality in given.items()}


def _zone(name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise MappingError(
            f"There is no time zone {name}.", remedy="Use an IANA name such as America/Chicago."
        ) from error


def _check_columns_differ(mapping: Mapping) -> None:
    """Refuse a column that stands for two things, and a repeated hour that is none."""
    heads = [*mapping.columns.values(), *mapping.value_columns, *mapping.repeated_columns]
    if twice := sorted({head for head in heads if heads.count(head) > 1}):
        raise MappingError(f"The column {twice[0]!r} stands for two things.", remedy="Name each column once.")
    hour = _HOUR // mapping.interval_seconds
    if mapping.repeated_columns and (mapping.form is not Form.READINGS_WIDE or len(mapping.repeated_columns) != hour):
        raise MappingError(
            f"repeated_columns are the {hour} columns of one hour in the wide form.", remedy="Correct or drop them."
        )


def _list(names: Iterable[object]) -> str:
    return ", ".join(sorted(str(name) for name in names))
