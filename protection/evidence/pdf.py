import io
import warnings
from collections.abc import Iterator

import pikepdf
from pikepdf import Dictionary, Name, Object, ObjectStreamMode, Pdf, Stream, StreamDecodeLevel

from protection.evidence.errors import EvidenceBrokenError, EvidenceLockedError, EvidenceTooDetailedError
from protection.evidence.jpeg import without_metadata

MOST_PAGES = 200
MOST_OBJECTS = 200_000
_NEVER_KEPT = frozenset(
    {
        "/AA",  # additional actions
        "/AF",  # associated files
        "/EF",  # embedded file
        "/EmbeddedFiles",
        "/JS",
        "/JavaScript",
        "/LastModified",
        "/Metadata",
        "/OpenAction",
        "/PieceInfo",  # private data of the program that made it
        "/RichMediaContent",
        "/RichMediaSettings",
        "/Thumb",
        "/URI",
        "/XFA",
    }
)
_UNREADABLE = (pikepdf.PdfError, RuntimeError, ValueError, TypeError, AttributeError, KeyError, IndexError)
_ACTIVE_ANNOTATIONS = frozenset({"/FileAttachment", "/Movie", "/RichMedia", "/Screen", "/Sound", "/3D"})


def clean_pdf(content: bytes) -> bytes:
    """Return a PDF written anew without scripts, actions, attachments, media and metadata; what a page shows stays.

    Raises EvidenceBrokenError, EvidenceLockedError for one that is encrypted in any way, EvidenceTooDetailedError.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            clean, pages = _rewritten(content)
            # A damaged file may be mended while it is read into something that cannot be read again.
            with pikepdf.open(io.BytesIO(clean), attempt_recovery=False) as reopened:
                is_whole = len(reopened.pages) == pages
    except pikepdf.PasswordError as error:
        raise EvidenceLockedError from error
    except _UNREADABLE as error:
        raise EvidenceBrokenError from error
    if not is_whole:
        raise EvidenceBrokenError
    return clean


def _rewritten(content: bytes) -> tuple[bytes, int]:
    """Return the stripped file and the number of its pages."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        _require_plain(pdf)
        _strip(pdf)
        pdf.save(
            target,
            object_stream_mode=ObjectStreamMode.generate,
            stream_decode_level=StreamDecodeLevel.none,
            fix_metadata_version=False,
        )
        return target.getvalue(), len(pdf.pages)


def _require_plain(pdf: Pdf) -> None:
    if pdf.is_encrypted:
        raise EvidenceLockedError
    if not len(pdf.pages):
        raise EvidenceBrokenError
    if len(pdf.pages) > MOST_PAGES or len(pdf.objects) > MOST_OBJECTS:
        raise EvidenceTooDetailedError


def _strip(pdf: Pdf) -> None:
    if "/Info" in pdf.trailer:
        del pdf.trailer["/Info"]
    for page in pdf.pages:
        _drop_active_annotations(page.obj)
    for node in _dictionaries(pdf):
        _disarm(node)
        if isinstance(node, Stream):
            _strip_photograph(node)


def _drop_active_annotations(page: Object) -> None:
    annotations = page.get("/Annots")
    if annotations is None:
        return
    kept = [entry for entry in annotations if str(entry.get("/Subtype", "")) not in _ACTIVE_ANNOTATIONS]
    page["/Annots"] = pikepdf.Array(kept)


def _disarm(node: Object) -> None:
    keys = set(node.keys())
    for key in keys & _NEVER_KEPT:
        del node[key]
    for key in keys & {"/A", "/PA"}:
        # An action says its kind in /S; the /A of a structure element is an attribute and has none.
        if isinstance(node[key], Dictionary) and "/S" in node[key]:
            del node[key]


def _strip_photograph(stream: Stream) -> None:
    """Take EXIF and comments out of a JPEG inside the PDF, such as a telephone's picture with its place."""
    if stream.get("/Filter") == Name("/DCTDecode"):
        stream.write(without_metadata(stream.read_raw_bytes()), filter=Name("/DCTDecode"))


def _dictionaries(pdf: Pdf) -> Iterator[Object]:
    """Yield every dictionary and stream of the file, nested ones too."""
    waiting: list[Object] = [pdf.Root, *pdf.objects]
    seen = 0
    while waiting:
        node = waiting.pop()
        seen += 1
        if seen > 10 * MOST_OBJECTS:
            raise EvidenceTooDetailedError
        if isinstance(node, Dictionary | Stream):
            yield node
            waiting += [value for value in _values(node) if not value.is_indirect]
        elif isinstance(node, pikepdf.Array):
            waiting += [value for value in node if isinstance(value, Object) and not value.is_indirect]


def _values(node: Object) -> Iterator[Object]:
    for key in list(node.keys()):
        value = node.get(key)
        if isinstance(value, Object):
            yield value
