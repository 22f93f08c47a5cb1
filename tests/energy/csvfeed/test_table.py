from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

import pytest

from energy.csvfeed import CsvError, Limits, open_table
from tests.energy.csvfeed.feeds import LONG_HEAD, codes, content, long_toml, mapping_of, read, wide_toml

ROW = "7,M1,2024-03-01T00:00,1.5"


def opened(source: BinaryIO, text: str = "", limits: Limits | None = None) -> list[tuple[int, dict[str, str]]]:
    with open_table(source, mapping_of(text or long_toml()), limits=limits) as table:
        return list(table.rows)


def test_rows_carry_their_line_also_after_cells_that_span_lines() -> None:
    rows = opened(content(LONG_HEAD + ",Note", f'{ROW},"two\nlines"', "", f"{ROW},x"))
    assert [line for line, _ in rows] == [2, 5]


def test_a_file_stays_open_for_who_opened_it() -> None:
    source = content(LONG_HEAD, ROW)
    opened(source)
    assert source.seek(0) == 0
    with SpooledTemporaryFile(max_size=10) as spooled:
        spooled.write(source.read())
        spooled.seek(0)
        assert len(opened(cast(BinaryIO, spooled))) == 1
        assert spooled.tell() > 0


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (b"", "The file is empty"),
        (b"\n\n", "The file is empty"),
        (b"a,b\n1,2\n", "no column Meter, SA, Start, Usage; it has a, b"),
        (b"SA,Meter,Start,Usage,SA\n", "The column SA stands twice"),
        (LONG_HEAD.encode() + b"\n7,M\xff1,2024-03-01,1\n", "not a CSV file in the mapping's encoding"),
        (LONG_HEAD.encode() + b"\n7,M\x001,2024-03-01,1\n", "NUL characters"),
        (LONG_HEAD.encode() + b'\n7,"M"1,2024-03-01,1\n', "not a CSV file"),
        (LONG_HEAD.encode("utf-16"), "not a CSV file in the mapping's encoding"),
        (b"PK\x03\x04rest", "an Excel workbook, not CSV"),
        (b"%PDF-1.7", "a PDF document, not CSV"),
        (b"\x1f\x8b\x08rest", "compressed"),
        ((",".join(f"c{number}" for number in range(401)) + "\n").encode(), "The head has 401 columns"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_in_words(given: bytes, says: str) -> None:
    with pytest.raises(CsvError, match=says) as refused:
        opened(BytesIO(given))
    assert refused.value.remedy


def test_a_quotation_mark_that_is_never_closed_ends_at_the_limit() -> None:
    filler = "\n".join([ROW] * 10_000)
    with pytest.raises(CsvError, match="A row is longer than 100,000 characters") as refused:
        opened(content(LONG_HEAD, '7,"M1,2024', filler))
    assert "quotation mark" in refused.value.remedy


def test_a_line_without_end_is_not_read_to_its_end() -> None:
    class Endless(BytesIO):
        """Ten megabytes that say so when more than a little of them is read."""

        taken = 0

        def read1(self, size: int | None = -1) -> bytes:
            self.taken += size or 0
            return super().read1(size)

    source = Endless(LONG_HEAD.encode() + b"\n" + b"x" * 10_000_000)
    with pytest.raises(CsvError, match="A row is longer"):
        opened(source)
    assert source.taken < 1_000_000


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(CsvError, match="too many rows"):
        opened(content(LONG_HEAD, ROW, ROW, ROW), limits=Limits(rows=2))


def test_encoding_delimiter_and_byte_order_mark_are_as_the_mapping_says() -> None:
    text = long_toml(encoding="utf-16", delimiter=";")
    rows = opened(content("SA;Meter;Start;Usage", "7;Zähler;2024-03-01;1", encoding="utf-16"), text)
    assert rows[0][1]["Meter"] == "Zähler"
    with_mark = BytesIO(b"\xef\xbb\xbf" + content(LONG_HEAD, ROW).read())
    assert opened(with_mark, long_toml(encoding="utf-8"))[0][1]["SA"] == "7"


def test_rows_of_another_width_are_left_out_with_all_their_readings() -> None:
    _, table = read(long_toml(), LONG_HEAD, "7,M1,2024-03-01", ROW)
    assert (codes(table), table.skipped) == (["wrong-column-count"], 1)
    head = "SA,Meter,Day," + ",".join(f"H{hour:02}" for hour in range(24))
    _, table = read(wide_toml(), head, "7,M1,2024-03-01,1,2")
    assert table.skipped == 24


def test_findings_beyond_twenty_of_a_kind_are_folded_and_counted() -> None:
    _, table = read(long_toml(), LONG_HEAD, *[f"7,M1,2024-03-01T{number % 24:02}:00,x" for number in range(50)])
    assert len(table.findings) == 21
    assert (table.findings[-1].line, table.findings[-1].count) == (22, 30)
    assert sum(finding.count for finding in table.findings) == table.skipped == 50
