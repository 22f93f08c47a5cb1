"""CSV that a spreadsheet opens without running anything in it."""

import csv
import io
from decimal import Decimal

import pytest

from disclosures.packaging.spreadsheet import SpreadsheetWriter, safe_cell


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1 555 0100",
        "-cmd|' /C calc'!A0",
        "@SUM(A1)",
        "\t=1+1",
        "\r=1",
        "\0=1",
        "  =1+1",
        "\n@x",
        "-1+1",
        "--1",
    ],
)
def test_text_that_starts_like_a_formula_is_kept_from_being_one(text: str) -> None:
    assert safe_cell(text).startswith("'")
    assert "\0" not in safe_cell(text)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (-12.5, "-12.5"),
        (-3, "-3"),
        (Decimal("-0.75"), "-0.75"),
        ("-42", "-42"),
        (-1e-05, "-1e-05"),
        (0, "0"),
        (None, ""),
        (["a", "b"], "a; b"),
        ("O'Neill – casa", "O'Neill – casa"),
    ],
)
def test_numbers_stay_numbers_and_plain_text_stays_as_it_is(value: object, cell: str) -> None:
    assert safe_cell(value) == cell


def test_a_list_that_starts_like_a_formula_is_kept_from_being_one() -> None:
    assert safe_cell(["=1", "b"]) == "'=1; b"


def test_a_file_reads_back_with_quotes_lines_and_missing_columns() -> None:
    stream = io.StringIO(newline="")
    writer = SpreadsheetWriter(stream, ["a", "b"])
    writer.write({"a": 'He said "no",\nthen left'})
    assert list(csv.reader(io.StringIO(stream.getvalue()))) == [["a", "b"], ['He said "no",\nthen left', ""]]
