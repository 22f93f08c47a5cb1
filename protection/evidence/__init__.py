"""Evidence: a signed form as PDF or image, judged by its content and written anew, so that only what is seen is kept.

A file's name and declared type say nothing. What cannot be opened safely is refused with a sentence that says what to
do; what can is rewritten without scripts, attachments, actions and metadata. The hash of the file as it was handed in
goes into the ledger's evidence beside that of the clean copy.
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePath
from typing import IO, Protocol

from django.conf import settings

from protection.evidence.errors import EvidenceEmptyError, EvidenceTooLargeError, EvidenceTypeError
from protection.evidence.images import clean_image
from protection.evidence.pdf import clean_pdf

PDF = "application/pdf"
_IMAGES = {
    b"\xff\xd8\xff": ("JPEG", "image/jpeg"),
    b"\x89PNG\r\n\x1a\n": ("PNG", "image/png"),
    b"II*\x00": ("TIFF", "image/tiff"),
    b"MM\x00*": ("TIFF", "image/tiff"),
}
_PDF_MARK = b"%PDF-"
_PDF_MARK_WITHIN = 1024
"""Readers accept a PDF whose mark comes after some bytes of junk; the rewritten copy has none."""


class Upload(Protocol):
    """A file that somebody handed in."""

    @property
    def name(self) -> str | None: ...

    def read(self, size: int = ..., /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class CleanEvidence:
    """A rewritten file: what the signed form shows, and nothing else that came with it."""

    name: str
    content_type: str
    content: bytes
    original_sha256: str

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the clean copy in hexadecimal."""
        return sha256(self.content).hexdigest()


def check_evidence(upload: Upload | IO[bytes]) -> CleanEvidence:
    """Return the clean copy of a file that may serve as evidence.

    Raises an EvidenceError: EvidenceEmptyError, EvidenceTooLargeError (over settings.MAX_UPLOAD_BYTES),
    EvidenceTypeError, EvidenceBrokenError, EvidenceLockedError, EvidenceTooDetailedError.
    """
    content = upload.read(settings.MAX_UPLOAD_BYTES + 1)
    if not content:
        raise EvidenceEmptyError
    if len(content) > settings.MAX_UPLOAD_BYTES:
        raise EvidenceTooLargeError(settings.MAX_UPLOAD_BYTES // 1_000_000)
    content_type, clean = _clean(content)
    return CleanEvidence(
        name=PurePath(upload.name or "").name[:200],
        content_type=content_type,
        content=clean,
        original_sha256=sha256(content).hexdigest(),
    )


def _clean(content: bytes) -> tuple[str, bytes]:
    for mark, (format_name, content_type) in _IMAGES.items():
        if content.startswith(mark):
            return content_type, clean_image(content, format_name)
    if _PDF_MARK in content[:_PDF_MARK_WITHIN]:
        return PDF, clean_pdf(content)
    raise EvidenceTypeError
