"""Judge a file by its beginning, before any of it is trusted to the parser proper."""

from __future__ import annotations

from typing import Any, Literal, cast

from lxml import etree

from energy.greenbutton.errors import (
    Compressed,
    DoctypeRefused,
    FeedError,
    LimitExceeded,
    NotAFeed,
    NotXml,
    Truncated,
)

COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"PK": "ZIP",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"7z\xbc\xaf": "7-Zip",
}
MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
PIECE = 4096
EXPORT_AGAIN = "Download the Green Button file (XML) from the utility again, and use it as it comes."


def open_parser(events: tuple[Literal["start", "end"], ...], tags: list[str] | None = None) -> etree.XMLPullParser:
    """Open a parser that expands no entity, loads nothing, and keeps libxml2's limits of depth and size."""
    options: dict[str, Any] = {
        "resolve_entities": False,
        "no_network": True,
        "load_dtd": False,
        "dtd_validation": False,
        "attribute_defaults": False,
        "huge_tree": False,
        "remove_comments": True,
        "remove_pis": True,
        "recover": False,
    }
    return etree.XMLPullParser(events=events, tag=tags, **options)


def check_prologue(head: bytes, *, is_whole: bool) -> str:
    """Refuse what is no XML, is compressed, or declares a document type; give the tag of the root element.

    `head` is the beginning of the file, or all of it (`is_whole`), and must contain the root element's start tag.
    """
    _check_kind(head)
    probe = open_parser(("start",))
    complaint: etree.XMLSyntaxError | None = None
    root: etree._Element | None = None
    for begin in range(0, len(head), PIECE):
        try:
            probe.feed(head[begin : begin + PIECE])
        except etree.XMLSyntaxError as error:
            complaint = error
        root = next((cast("etree._Element", element) for _event, element in probe.read_events()), None)
        if root is not None or complaint:
            break
    if root is None and complaint:
        raise syntax_error(complaint) from complaint
    if root is None:
        if is_whole:
            raise Truncated("The file ends before its first element does.", remedy=EXPORT_AGAIN)
        message = f"The first {len(head):,} bytes do not complete one XML element."
        raise LimitExceeded(message, remedy=EXPORT_AGAIN)
    _check_doctype(root)
    if str(root.tag).rpartition("}")[2].lower() == "html":
        raise _web_page()
    return str(root.tag)


def syntax_error(error: etree.XMLSyntaxError, *, is_at_end: bool = False) -> FeedError:
    """Translate the parser's complaint; `is_at_end`: it was content until the bytes ended."""
    text = (error.msg or "not well-formed").partition(", line ")[0].strip().rstrip(".")
    line = error.lineno or 1
    if "limit" in text.lower() or "XML_PARSE_HUGE" in text or "too long" in text or "Excessive depth" in text:
        message = f"The XML is deeper or has a longer text or attribute than is read ({text.split(',')[0]})."
        return LimitExceeded(message, remedy="No utility's feed is like that: do not use this file.", line=line)
    if is_at_end and not text.startswith("Extra content"):
        message = f"The file ends too early ({text})."
        return Truncated(message, remedy="Download it again; nothing of it was used.", line=line)
    return NotXml(f"The file is no well-formed XML ({text}).", remedy=EXPORT_AGAIN, line=line)


def check_prefixes(parser: etree.XMLPullParser) -> None:
    """Refuse a namespace prefix that the file does not declare: nothing tells what its elements are."""
    log: Any = parser.feed_error_log
    for complaint in log.filter_from_errors():
        if complaint.type == etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE:
            message = f"The file uses a namespace prefix that it does not declare ({complaint.message})."
            raise NotXml(message, remedy=EXPORT_AGAIN, line=complaint.line)


def _check_kind(head: bytes) -> None:
    if not head.strip():
        raise NotXml("The file is empty.", remedy=EXPORT_AGAIN)
    for magic, name in COMPRESSED.items():
        if head.startswith(magic):
            remedy = "Unpack it first, and use the XML file inside."
            raise Compressed(f"The file is compressed ({name}).", remedy=remedy)
    if head.startswith(b"%PDF"):
        raise NotXml("The file is a PDF document, not Green Button data.", remedy=EXPORT_AGAIN)
    start = head.lstrip(b" \t\r\n\xef\xbb\xbf")
    if start[:14].lower() == b"<!doctype html" or start[:5].lower() == b"<html":
        raise _web_page()
    if not start.startswith((b"<", b"\x00<", *MARKS)) and b"<\x00" not in start[:4]:
        message = "The file is no XML: it begins with text, as CSV files and spreadsheets do."
        raise NotXml(message, remedy=EXPORT_AGAIN)


def _check_doctype(root: etree._Element) -> None:
    info: Any = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        message = "The file declares a document type (DOCTYPE), which Green Button files do not have."
        raise DoctypeRefused(message, remedy="It may be hostile. If the utility sends it so, remove the declaration.")


def _web_page() -> NotAFeed:
    message = "The file is a web page, not Green Button data: perhaps the utility's sign-in page."
    return NotAFeed(message, remedy=EXPORT_AGAIN)
