from typing import IO

from protection.evidence import check_evidence
from protection.files import seal_bytes
from protection.models import SealedFile


def seal_evidence(upload: IO[bytes]) -> SealedFile:
    """Seal the clean copy of a document handed in with a correction. Raises EvidenceError."""
    clean = check_evidence(upload)
    return seal_bytes(clean.content, name=clean.name, content_type=clean.content_type, retention_class="evidence")
