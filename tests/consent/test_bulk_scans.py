"""The zip file of a bulk entry: no path tricks, no bombs, no surprises."""

import io
import stat
import struct
import zipfile

import pytest

from consent.bulk.findings import BulkRefused
from consent.bulk.scans import Scans, is_plain_name
from consent.bulk.table import MOST_ROWS, read_table
from protection.evidence.errors import EvidenceError
from tests.consent.bulk import a_scan, a_zip


def zipped(*members: tuple[zipfile.ZipInfo | str, bytes], way: int = zipfile.ZIP_STORED) -> io.BytesIO:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", way) as archive:
        for name, content in members:
            archive.writestr(name, content)
    target.seek(0)
    return target


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../a.png",
        "a/b.png",
        "a\\b.png",
        "..",
        "C:a.png",
        "folder/",
        ".hidden",
        "a\u202egnp.exe",
        "a\n.png",
    ],
)
def test_a_name_that_is_a_path_or_deceives_is_refused(name: str) -> None:
    with pytest.raises(BulkRefused):
        Scans(zipped((name, b"x")))


def test_a_link_is_refused() -> None:
    link = zipfile.ZipInfo("a.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(BulkRefused, match="link"):
        Scans(zipped((link, b"/etc/passwd")))


def test_names_that_differ_by_capitals_alone_are_refused() -> None:
    with pytest.raises(BulkRefused, match="same name"):
        Scans(zipped(("a.png", b"x"), ("A.PNG", b"y")))


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(BulkRefused, match="unpacks to far more"):
        Scans(zipped(("a.png", bytes(5_000_000)), way=zipfile.ZIP_DEFLATED))


def test_a_size_that_lies_unpacks_no_more_than_it_says() -> None:
    content = bytearray(zipped(("a.png", bytes(3_000_000)), way=zipfile.ZIP_DEFLATED).getvalue())
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<I", 100)
    scans = Scans(io.BytesIO(bytes(content)))
    with pytest.raises(EvidenceError):
        scans.evidence("a.png")


def test_files_that_lie_over_one_another_are_refused() -> None:
    content = bytearray(zipped(("a.png", b"x" * 50), ("b.png", b"y" * 50)).getvalue())
    second = content.rindex(b"PK\x01\x02")
    content[second + 42 : second + 46] = struct.pack("<I", 10)
    with pytest.raises(BulkRefused, match="over one another"):
        Scans(io.BytesIO(bytes(content)))


def test_a_protected_or_broken_archive_is_refused() -> None:
    content = bytearray(zipped(("a.png", b"x")).getvalue())
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 8] |= 1
    with pytest.raises(BulkRefused, match="password"):
        Scans(io.BytesIO(bytes(content)))
    with pytest.raises(BulkRefused, match="not a zip file"):
        Scans(io.BytesIO(b"no zip at all"))


def test_a_scan_is_judged_by_its_content_and_a_damaged_one_refused() -> None:
    scans = Scans(a_zip(a_png=a_scan(), b_png=b"no picture"))
    assert scans.evidence("a.png").content_type == "image/png"
    with pytest.raises(EvidenceError):
        scans.evidence("b.png")
    content = bytearray(a_zip(a_png=a_scan()).getvalue())
    content[60] ^= 0xFF
    with pytest.raises(EvidenceError):
        Scans(io.BytesIO(bytes(content))).evidence("a.png")


def test_plain_names_are_taken() -> None:
    assert all(is_plain_name(name) for name in ("a.png", "Form 12 (signed).pdf", "señal.pdf"))


HEADER = b"account,recipient,purpose,fields,data_from,method,signed_on,signer_name\n"
ROW = b"1,R,p,f,2024-01-01,paper,2024-01-01,A\n"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "columns are missing"),
        (b"account\n1\n", "columns are missing: recipient"),
        (HEADER.strip() + b",colour\n" + ROW.strip() + b",red\n", "unknown or occur twice: colour"),
        (HEADER.strip() + b",account\n" + ROW.strip() + b",1\n", "unknown or occur twice: account"),
        (HEADER, "no rows"),
        (HEADER + b"1,R\n", "Line 2 has 2 cells; the header has 8"),
        (HEADER + b'"1,R\n', "quotation mark"),
        (HEADER + ROW * (MOST_ROWS + 1), "more than 10,000 rows"),
        (HEADER + ROW.replace(b"R", b"R" * 2001), "longer than 2,000"),
        (b"\xff\xfea\x00", "UTF-8"),
        (HEADER + ROW.replace(b"R", b"\x00"), "not a text file"),
    ],
)
def test_a_table_that_is_none_is_refused_in_words(content: bytes, complaint: str) -> None:
    with pytest.raises(BulkRefused, match=complaint):
        read_table(io.BytesIO(content))


def test_rows_know_the_line_they_begin_on() -> None:
    table = read_table(
        io.BytesIO(b"\xef\xbb\xbf" + HEADER + ROW + b'1,"R\nS",p,f,2024-01-01,paper,2024-01-01,A\n\n' + ROW)
    )
    assert [row.line for row in table.rows] == [2, 3, 6]
    assert table.rows[1]["recipient"] == "R\nS"
