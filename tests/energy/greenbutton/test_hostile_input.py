"""Files that are no feed, or mean harm: each is refused with a line, what is wrong, and what to do."""

from __future__ import annotations

import gzip
import tracemalloc
from io import BytesIO

import pytest

from energy.greenbutton import (
    Compressed,
    DoctypeRefused,
    FeedError,
    LimitExceeded,
    Limits,
    NotAFeed,
    NotXml,
    Truncated,
    read_feed,
)
from tests.energy.greenbutton.building import METER, START, block, blocks, feed, household, read, reading

FEED = '<feed xmlns="http://www.w3.org/2005/Atom">'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
DAY = block(*(reading(START + 900 * i) for i in range(96)))


def refusal(data: bytes | str, error: type[FeedError], limits: Limits | None = None) -> FeedError:
    with pytest.raises(error) as caught:
        read(data, limits)
    refused = caught.value
    assert refused.line >= 1
    assert refused.message.endswith((".", ")."))
    assert refused.remedy
    assert str(refused).startswith(f"Line {refused.line}: ")
    return refused


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE feed>",
        '<!DOCTYPE feed SYSTEM "http://127.0.0.1:9/evil.dtd">',
        '<!DOCTYPE feed [<!ENTITY e "x">]>',
        '<!DOCTYPE feed [<!ENTITY file SYSTEM "file:///etc/passwd">]>',
        f'<!DOCTYPE feed [<!ENTITY l0 "lol">{LAUGHS}]>',
        '<!DOCTYPE feed [<!ENTITY % p SYSTEM "file:///etc/passwd">%p;]>',
    ],
)
def test_a_document_type_is_refused(doctype: str) -> None:
    refusal(f"{doctype}{FEED}&l9;</feed>", DoctypeRefused)
    refusal(f"<?xml version='1.0'?><!-- c -->{doctype}{FEED}</feed>", DoctypeRefused)


def test_a_document_type_is_refused_before_anything_is_yielded() -> None:
    data = household(DAY).replace("<feed ", "<!DOCTYPE feed>\n<feed ")
    with pytest.raises(DoctypeRefused):
        next(read_feed(BytesIO(data.encode())))


def test_a_document_type_in_utf_16_is_refused() -> None:
    refusal(f"<!DOCTYPE feed>{FEED}</feed>".encode("utf-16"), DoctypeRefused)


def test_an_undeclared_entity_is_refused() -> None:
    refusal(f"{FEED}<title>&nbsp;</title></feed>", NotXml)


def test_depth_is_limited() -> None:
    refusal(FEED + "<a>" * 100_000, LimitExceeded)
    refusal(household("<a>" * 300 + "</a>" * 300), LimitExceeded)


@pytest.mark.parametrize(
    "data",
    [
        f'<feed xmlns="http://www.w3.org/2005/Atom" a="{"x" * 10_000_000}"/>',
        feed(f'<entry><link href="{"x" * 10_000_000}"/></entry>'),
        household(block(reading(value=f'5</value><value a="{"x" * 10_000_000}">'))),
        feed(f"<entry><title>{'x' * 12_000_000}</title></entry>"),
        f"<!--{'x' * 12_000_000}-->{feed()}",
        feed("<entry>" + "<link/>" * 1_000_000 + "</entry>"),
        feed(f"<entry><content>{'<a/>' * 2_000_000}</content></entry>"),
    ],
    ids=["root attribute", "link", "reading attribute", "title", "comment", "links", "elements"],
)
def test_what_is_huge_beside_the_readings_is_refused_without_much_memory(data: str) -> None:
    source = BytesIO(data.encode())
    tracemalloc.start()
    with pytest.raises(LimitExceeded):
        list(read_feed(source))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30_000_000


def test_one_entry_with_very_many_resources_is_refused() -> None:
    many = '<MeterReading xmlns="http://naesb.org/espi"/>' * 1_001
    assert "1000" in refusal(feed(f"<entry><content>{many}</content></entry>"), LimitExceeded).message


def test_the_size_of_the_file_can_be_limited() -> None:
    data = household(DAY)
    assert read(data, Limits(total_bytes=len(data))).rows
    assert f"{len(data) - 1:,}" in refusal(data, LimitExceeded, Limits(total_bytes=len(data) - 1)).message


@pytest.mark.parametrize("keep", [0.999, 0.9, 0.5, 0.3])
def test_a_truncated_file_is_refused(keep: float) -> None:
    data = household(DAY)
    refusal(data[: int(len(data) * keep)], Truncated)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (b"Date,Usage\n2024-01-01,5\n", "begins with text"),
        (b"%PDF-1.7\n", "PDF"),
        (b'{"feed": []}', "begins with text"),
        (b"\x00\x01\x02\x03", "begins with text"),
        (b"<feed><entry></feed>", "no well-formed XML"),
        (b"<a/><b/>", "no well-formed XML"),
        (b'<?xml version="1.0"?>', ""),
        (b"<feed", ""),
        (b"<ns1:entry/>", "does not declare"),
        ("<feed>Ü</feed>".encode("latin-1"), "no well-formed XML"),
    ],
)
def test_what_is_no_xml_is_refused(data: bytes, words: str) -> None:
    assert words in refusal(data, NotXml).message


def test_the_line_of_a_fault_is_named_behind_condensed_readings() -> None:
    data = household(DAY).replace("</IntervalBlock>", "</IntervalBlok>")
    line = next(number for number, text in enumerate(data.splitlines(), 1) if "</IntervalBlok>" in text)
    assert refusal(data, NotXml).line == line


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(b"<feed/>", mtime=0),
        b"PK\x03\x04rest",
        b"BZh91AY&SY",
        b"\xfd7zXZ\x00",
        b"\x28\xb5\x2f\xfd..",
    ],
)
def test_a_compressed_file_is_refused_with_the_way_out(data: bytes) -> None:
    assert "Unpack" in refusal(data, Compressed).remedy


@pytest.mark.parametrize(
    "data",
    [
        "<!DOCTYPE html><html><body>Sign in</body></html>",
        "<html><p>Sign in<br></html>",
        '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>',
    ],
)
def test_a_web_page_is_refused_as_such(data: str) -> None:
    assert "web page" in refusal(data, NotAFeed).message


@pytest.mark.parametrize(
    "data",
    [
        "<rss><channel/></rss>",
        "<svg xmlns='http://www.w3.org/2000/svg'/>",
        feed("<entry><title>News</title><content>Text</content></entry>"),
        feed("<entry><content><UsagePoint xmlns='urn:other'/></content></entry>"),
    ],
)
def test_xml_without_green_button_resources_is_refused(data: str) -> None:
    assert "no Green Button resource" in refusal(data, NotAFeed).message


def test_resources_without_usage_or_customer_are_refused_by_name() -> None:
    data = feed("<entry><content><Authorization xmlns='http://naesb.org/espi'/></content></entry>")
    assert "only Authorization" in refusal(data, NotAFeed).message


@pytest.mark.parametrize("size", [1, 5000])
def test_a_prefix_that_is_not_declared_is_refused_wherever_it_stands(size: int) -> None:
    foreign = "".join(reading(START + 900 * n).replace("<", "<f:").replace("<f:/", "</f:") for n in range(size))
    assert "does not declare" in refusal(household(block(foreign)), NotXml).message


def test_an_empty_feed_is_a_feed() -> None:
    assert read(feed()).items == []


def test_processing_instructions_and_comments_are_ignored() -> None:
    data = household(DAY).replace("<entry>", "<?php echo 1 ?><!-- <entry/> --><entry>")
    assert read(data).rows == read(household(DAY)).rows


@pytest.mark.parametrize("wrapping", ["<!--{}-->", "<?run {}?>", "<![CDATA[{}]]>"])
def test_readings_in_a_comment_or_cdata_are_none(wrapping: str) -> None:
    hidden = wrapping.format(reading(START + 900))
    outcome = read(household(block(reading(), hidden, reading(START + 1800))))
    assert outcome.starts == [START, START + 1800]


def test_characters_that_xml_forbids_are_refused_between_readings() -> None:
    refusal(household(block(reading(), "\x0c", reading(START + 900))), NotXml)
    refusal(household(block(reading(before="<!-- \x01 -->"))), NotXml)
    refusal(household(block(reading(before="<!-- a -- b -->"))), NotXml)


def test_a_source_that_gives_little_at_a_time_is_read_whole() -> None:
    class Trickle(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 0, 1000) if size and size > 0 else size)

    data = household(DAY).encode()
    assert len([*read_feed(Trickle(data))]) == len(read(data).items)


def test_after_a_refusal_nothing_more_is_yielded() -> None:
    stream = read_feed(BytesIO(household(DAY).encode()[:-20]))
    with pytest.raises(Truncated):
        list(stream)
    assert list(stream) == []


def test_a_prefix_bound_to_another_namespace_makes_no_readings() -> None:
    foreign = reading().replace("<", "<f:").replace("<f:/", "</f:")
    content = f'<IntervalBlock xmlns="http://naesb.org/espi" xmlns:f="urn:f">{foreign}</IntervalBlock>'
    outcome = read(household(content))
    assert outcome.rows == []
    assert "empty-block" in outcome.codes


def test_a_mark_of_the_fast_way_cannot_be_forged() -> None:
    forged = "".join(f'<run-{n:024x} n="1"/>' for n in range(50))
    outcome = read(feed(blocks(block(reading(), forged))))
    assert outcome.starts == [START]
    assert {row[0] for row in outcome.rows} == {METER}
