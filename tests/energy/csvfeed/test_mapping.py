from pathlib import Path
from typing import Any

import pytest

from energy.csvfeed import MappingError
from tests.energy.csvfeed.feeds import HOURS, QUARTERS, ZONE, long_toml, mapping_of, toml, wide_toml

LONG = {"account_number": "SA", "usage_point": "Meter", "start": "Start", "value": "Usage"}


def test_a_mapping_without_options_reads_iso_stamps_in_the_providers_zone() -> None:
    mapping = mapping_of(long_toml())
    assert (mapping.time_zone.key, mapping.unit, mapping.interval_seconds) == (ZONE, "kWh", 3600)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"unit": "furlong"}, "unit is 'furlong'"),
        ({"time_zone": "Mars/Olympus"}, "There is no time zone Mars/Olympus"),
        ({"time_zone": "../../etc/passwd"}, "There is no time zone"),
        ({"encoding": "klingon"}, "encoding is 'klingon'"),
        ({"encoding": "base64"}, "encoding is 'base64'"),
        ({"delimiter": ";;"}, "delimiter is ';;'"),
        ({"delimiter": '"'}, "delimiter is"),
        ({"direction": "sideways"}, "direction is 'sideways'"),
        ({"decimals": 40}, "decimals is 40"),
        ({"decimals": True}, "decimals must be written as a whole number"),
        ({"decimal_comma": "yes"}, "decimal_comma must be written as true or false"),
        ({"interval_minutes": 0}, "interval_minutes is a whole number"),
        ({"time_format": "%H:%M"}, "time_format is"),
        ({"time_format": "%Y-%m-%d"}, "time_format is"),
        ({"time_format": "%Q"}, "time_format is"),
        ({"date_format": "%m/%d"}, "date_format is"),
        ({"colour": "blue"}, "The mapping says colour, which means nothing"),
        ({"repeated_columns": ["R"]}, "repeated_columns are"),
        ({"qualities": {"A": 99}}, r"\[qualities\] leads"),
    ],
)
def test_what_makes_no_sense_is_named_with_what_does(options: dict[str, Any], says: str) -> None:
    with pytest.raises(MappingError, match=says) as refused:
        mapping_of(long_toml(**options))
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("form = readings", "The mapping is no TOML"),
        ("", "does not say which form"),
        ("form = 'readings-tall'", "does not say which form"),
        ("form = 'readings-long'\ncolumns = 3", "gives no column for account_number, start, usage_point, value"),
        (toml("readings-long", LONG | {"day": "D"}), "A readings-long feed has no day"),
        (toml("readings-long", LONG | {"start": "Usage"}), "'Usage' stands for two things"),
        (wide_toml(value_columns=HOURS[:23]), "24, 48 or 96 value columns, not 23"),
        (wide_toml(value_columns="H00"), "value_columns must be a list"),
        (wide_toml(value_columns=(*HOURS[:23], "H00")), "'H00' stands for two things"),
        (wide_toml(value_columns=QUARTERS, repeated_columns=("R",)), "repeated_columns are the 4 columns"),
    ],
)
def test_columns_that_are_missing_or_make_no_sense_are_named(text: str, says: str) -> None:
    with pytest.raises(MappingError, match=says):
        mapping_of(text)


@pytest.mark.parametrize(
    ("unit", "decimals", "power", "digits"),
    [("kWh", 3, 0, 3), ("Wh", 0, 0, 0), ("MWh", 3, 3, 3), ("MWh", 2, 3, 3), ("therm", 3, -3, 3), ("Wh", 5, -6, 6)],
)
def test_values_are_counted_in_a_power_of_ten_that_espi_has(unit: str, decimals: int, power: int, digits: int) -> None:
    mapping = mapping_of(long_toml(unit=unit, decimals=decimals))
    assert (mapping.power_of_ten(unit), mapping.digits(unit)) == (power, digits)


def test_the_documented_mapping_is_good() -> None:
    document = (Path(__file__).parents[3] / "docs" / "csv-feeds.md").read_text("utf-8")
    mapping = mapping_of(document.partition("```toml\n")[2].partition("```")[0])
    assert (mapping.interval_seconds, mapping.columns["usage_point"]) == (900, "Meter")


def test_delimiters_and_codes_of_quality_are_taken() -> None:
    mapping = mapping_of(long_toml(qualities={"E": 8}, delimiter="\t"))
    assert (mapping.delimiter, mapping.qualities) == ("\t", {"E": 8})
