"""The fast way of reading gives what the slow way gives, whatever the file."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy.greenbutton import FeedError, read_feed
from energy.greenbutton.condense import Condenser, can_condense
from energy.greenbutton.feed import CHUNK
from tests.energy.greenbutton.building import START, Outcome, block, household, interval, read, reading, rows

NUMBERS = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.sampled_from(["", " 7 ", "+7", "007", "-0", "7.0", "7.5", "1e3", "x", "<!-- c -->7", "7<!-- c -->7", "&#55;"]),
    st.sampled_from(["<![CDATA[7]]>", "7<b/>", "&amp;", "99999999999999", "140737488355328", "٧"]),
)
STARTS = st.one_of(st.integers(0, 60).map(lambda n: START + 900 * n), NUMBERS)
EXTRAS = st.lists(
    st.sampled_from(
        [
            "<cost>12</cost>",
            "<cost/>",
            "<ReadingQuality><quality>8</quality></ReadingQuality>",
            "<ReadingQuality>\n<quality>77</quality></ReadingQuality>",
            "<ReadingQuality/>",
            "<tou>3</tou>",
            "<consumptionTier>2</consumptionTier>",
            "<cpp>1</cpp>",
            "<!-- 1/1/2014 - noon -->",
            "<!-- a -- b -->",
            "<?pi x?>",
            "<other/>",
            "text",
            "\r\n",
            "é",
        ]
    ),
    max_size=3,
).map("".join)
READINGS = st.builds(
    lambda start, duration, value, before, after: reading(start, duration, value, before=before, after=after),
    STARTS,
    st.one_of(st.sampled_from([0, 900, 3600, 4_294_967_296]), NUMBERS),
    NUMBERS,
    EXTRAS,
    EXTRAS,
)
PLAIN = st.builds(reading, st.integers(0, 60).map(lambda n: START + 900 * n), st.just(900), st.integers(-9, 9))
PIECES = st.one_of(
    PLAIN,
    PLAIN,
    READINGS,
    PLAIN.map("<!--{}-->".format),
    PLAIN.map("<![CDATA[{}]]>".format),
    PLAIN.map(lambda text: text.replace("<", "<e:").replace("<e:/", "</e:")),
    PLAIN.map(lambda text: text.replace("\n", "")),
    PLAIN.map(lambda text: text[:-10]),
    PLAIN.map(lambda text: text.replace("<value>", '<value unit="Wh">')),
    st.sampled_from(['</IntervalBlock><IntervalBlock xmlns="http://naesb.org/espi">', interval(START, 9000), "\n\n"]),
)


def outcome_of(data: bytes) -> object:
    """Tell everything that reading says, or that it was refused and where."""
    feed = read_feed(BytesIO(data))
    try:
        items = list(feed)
    except FeedError as error:
        return type(error), error.line
    outcome = Outcome(feed, items)
    return outcome.resources, rows(outcome.batches), list(feed.findings), feed.links.series, feed.skipped


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=12))
def test_the_fast_way_and_the_slow_way_agree(pieces: list[str]) -> None:
    text = household(block(*pieces))
    slow = text.replace('encoding="UTF-8"', 'encoding="UTF-16"', 1).encode("utf-16")
    assert outcome_of(text.encode()) == outcome_of(slow)


@settings(max_examples=100, deadline=None)
@given(st.lists(PIECES, max_size=12), st.integers(1, 400))
def test_where_the_file_is_cut_in_reading_does_not_matter(pieces: list[str], size: int) -> None:
    text = household(block(*pieces))
    padding = " " * (CHUNK - text.index("<IntervalBlock") - size)
    assert outcome_of(text.encode()) == outcome_of(text.replace("<entry>", padding + "<entry>", 1).encode())


@given(st.lists(PIECES, max_size=12), st.integers(1, 400))
def test_condensing_keeps_the_number_of_lines(pieces: list[str], size: int) -> None:
    data = household(block(*pieces)).encode()
    condenser = Condenser()
    cut = [condenser.feed(data[at : at + size]) for at in range(0, len(data), size)]
    assert b"".join([*cut, condenser.close()]).count(b"\n") == data.count(b"\n")


def test_plain_readings_do_take_the_fast_way() -> None:
    data = household(block(*(reading(START + 900 * n) for n in range(96)))).encode()
    condenser = Condenser()
    condensed = condenser.feed(data) + condenser.close()
    assert b"IntervalReading" not in condensed
    assert len(condenser.take(1)) == 96


@pytest.mark.parametrize(
    ("head", "can"),
    [
        (b"<feed/>", True),
        (b"\xef\xbb\xbf<feed/>", True),
        (b'<?xml version="1.0"?><feed/>', True),
        (b'<?xml version="1.0" encoding="UTF-8"?>', True),
        (b"<?xml version='1.0' encoding='utf8' ?>", True),
        (b'<?xml version="1.0" encoding="windows-1252"?>', True),
        (b'\xef\xbb\xbf<?xml version="1.0" encoding="Shift_JIS"?>', False),
        (b'<?xml version="1.0" encoding="UTF-7"?>', False),
        (b'<?xml version="1.0" encoding="IBM037"?>', False),
        ('<?xml version="1.0"?>'.encode("utf-16"), False),
        ('<?xml version="1.0"?>'.encode("utf-16-be"), False),
        ('<?xml version="1.0"?>'.encode("utf-16-le"), False),
        ('<?xml version="1.0"?>'.encode("utf-32"), False),
    ],
)
def test_only_encodings_that_contain_ascii_are_condensed(head: bytes, can: bool) -> None:
    assert can_condense(head) is can


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252", "us-ascii"])
def test_every_usual_encoding_is_read(encoding: str) -> None:
    name = "utf-8" if encoding == "utf-8-sig" else encoding
    text = household(block(reading(), reading(START + 900))).replace('encoding="UTF-8"', f'encoding="{name}"')
    text = text.replace("<title/>", "<title>&#233;t&#233;</title>" if encoding == "us-ascii" else "<title>été</title>")
    outcome = read(text.encode(encoding))
    assert outcome.starts == [START, START + 900]
    assert {resource.title for resource in outcome.resources} == {"été"}
