"""The document that approval freezes: one canonical JSON of a notice, whose SHA-256 is the notice's fingerprint."""

from hashlib import sha256
from typing import Any

from consent.models import Notice, NoticeText
from consent.notice_lists import Lists, rendered
from ledger.canonical import canonical_bytes
from protection import datamap

SCHEMA = 1


def document_of(notice: Notice, texts: list[NoticeText], lists: Lists | None) -> str:
    """Return the document of a notice; `lists` are those of a privacy notice, None for a consent form."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "kind": str(notice.kind),
        "number": notice.number,
        "effective_from": notice.effective_from,
        "asks_anew": notice.asks_anew,
        "texts": {text.language: {"title": text.title, "sha256": text.sha256} for text in texts},
        "datamap_version": datamap.VERSION,
        "lists": lists,
        "rendered": rendered(lists) if lists else {},
    }
    return canonical_bytes(document).decode()


def document_digest(document: str) -> str:
    """Return the SHA-256 of a document over its UTF-8 bytes, in hexadecimal."""
    return sha256(document.encode()).hexdigest()
