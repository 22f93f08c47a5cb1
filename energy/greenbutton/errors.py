"""What makes a feed unreadable as a whole. A lesser deviation is a Finding."""

from __future__ import annotations


class FeedError(Exception):
    """Refuse a feed: nothing read from it so far is to be trusted or stored.

    `line` is the line of the file (1 where it is not known), `message` says what is wrong, `remedy` what to do next.
    """

    def __init__(self, message: str, *, remedy: str, line: int = 1) -> None:
        self.line = line
        self.message = message
        self.remedy = remedy
        super().__init__(f"Line {line}: {message} {remedy}")


class NotXml(FeedError):
    """The file is no well-formed XML: another kind of file, or damaged."""


class Truncated(NotXml):
    """The file ends before its root element does."""


class Compressed(FeedError):
    """The file is an archive or compressed."""


class DoctypeRefused(FeedError):
    """The file declares a document type, by which entities could be smuggled in."""


class LimitExceeded(FeedError):
    """The file is larger, deeper or wider than the limits allow."""


class NotAFeed(FeedError):
    """The file is XML, but holds no ESPI resource."""


class NotWritable(ValueError):
    """A resource given to the writer cannot be said in valid ESPI 4.0: the message names resource and field."""
