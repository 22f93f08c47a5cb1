from typing import Any

from protection.evidence import check_evidence
from protection.files import seal_bytes
from protection.models import SealedFile


def seal_document(upload: Any) -> SealedFile | None:
    """Seal the document of a demand, an order or a breach, judged by its content; None without one.

    Raises an EvidenceError for a file that cannot be opened safely.
    """
    if not upload:
        return None
    clean = check_evidence(upload)
    return seal_bytes(clean.content, name=clean.name, content_type=clean.content_type, retention_class="evidence")
