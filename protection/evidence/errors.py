from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from protection.errors import ProtectionError


class EvidenceError(ProtectionError):
    """A file cannot serve as evidence; the text says why and what to do."""

    field = "evidence"


class EvidenceEmptyError(EvidenceError):
    """The file has no content."""

    def __init__(self) -> None:
        super().__init__(_("The file is empty. Scan the form again and choose the new file."))


class EvidenceTooLargeError(EvidenceError):
    """The file is over the size limit."""

    def __init__(self, megabytes: int) -> None:
        text = ngettext(
            "The file is larger than %(megabytes)d MB. Scan the form in black and white, or at 150 dots per inch.",
            "The file is larger than %(megabytes)d MB. Scan the form in black and white, or at 150 dots per inch.",
            megabytes,
        )
        super().__init__(text % {"megabytes": megabytes})


class EvidenceTypeError(EvidenceError):
    """The content is none of the accepted types, whatever the name says."""

    def __init__(self) -> None:
        super().__init__(
            _("The file is not a PDF, JPEG, PNG or TIFF, whatever its name says. Save or scan it as one of these.")
        )


class EvidenceBrokenError(EvidenceError):
    """The file is damaged."""

    def __init__(self) -> None:
        super().__init__(_("The file is damaged and cannot be opened. Scan the form again and choose the new file."))


class EvidenceLockedError(EvidenceError):
    """The PDF is encrypted."""

    def __init__(self) -> None:
        super().__init__(_("The PDF is protected with a password. Save it without one, or print and scan it."))


class EvidenceTooDetailedError(EvidenceError):
    """The image has more pixels, or the file more pages, than a scanned form needs: perhaps a decompression bomb."""

    def __init__(self) -> None:
        super().__init__(
            _("The scan has too many pages or dots. Scan the signed form alone, at 300 dots per inch or less.")
        )
