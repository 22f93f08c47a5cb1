from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from protection.evidence import CleanEvidence, check_evidence
from protection.evidence.errors import EvidenceError
from protection.files import seal_bytes
from protection.models import SealedFile

_KINDS = _("PDF, JPEG, PNG or TIFF.")


class PaperField(forms.FileField):
    """Take a scanned paper, judged and cleaned by its content; the form's value is a `CleanEvidence` or None."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"help_text": _KINDS, **kwargs})

    def clean(self, data: Any, initial: Any = None) -> CleanEvidence | None:
        """Return the clean copy of what was handed in."""
        upload = super().clean(data, initial)
        if not upload:
            return None
        try:
            return check_evidence(upload)
        except EvidenceError as error:
            raise forms.ValidationError(str(error)) from error


def seal_paper(paper: CleanEvidence | None) -> SealedFile | None:
    """Seal a clean paper, if there is one, to be kept as long as the agreement it belongs to."""
    if paper is None:
        return None
    return seal_bytes(paper.content, name=paper.name, content_type=paper.content_type, retention_class="agreements")
