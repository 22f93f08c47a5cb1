"""Hostile and broken files: each is refused with a sentence that says what to do, or comes out harmless."""

import io
import zlib
from collections.abc import Callable
from hashlib import sha256

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String
from PIL import Image, TiffImagePlugin
from PIL.PngImagePlugin import PngInfo
from pytest_django import Settings

from protection.evidence import CleanEvidence, check_evidence
from protection.evidence import images as image_limits
from protection.evidence import pdf as pdf_limits
from protection.evidence.errors import (
    EvidenceBrokenError,
    EvidenceEmptyError,
    EvidenceError,
    EvidenceLockedError,
    EvidenceTooDetailedError,
    EvidenceTooLargeError,
    EvidenceTypeError,
)

SECRET = b"GPS 37.9 N, 122.5 W"


class Upload(io.BytesIO):
    def __init__(self, content: bytes, name: str = "form") -> None:
        super().__init__(content)
        self.name = name


def checked(content: bytes, name: str = "form") -> CleanEvidence:
    return check_evidence(Upload(content, name))


def image(format_name: str, **options: object) -> bytes:
    target = io.BytesIO()
    picture = Image.new("RGB", (40, 30), "white")
    picture.putpixel((3, 4), (255, 0, 0))
    picture.save(target, format=format_name, **options)
    return target.getvalue()


def jpeg_with_exif() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif[0x0112] = 6  # turned by a quarter
    return image("JPEG", exif=exif, comment=SECRET, quality=95)


def pdf(change: Callable[[Pdf], None] = lambda document: None, **options: object) -> bytes:
    target = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page(page_size=(612, 792))
        document.pages[0].contents_add(Stream(document, b"0 0 m 100 100 l S"))
        change(document)
        document.save(target, **options)
    return target.getvalue()


def everything_in(content: bytes) -> bytes:
    """Return a PDF with every stream uncompressed, so that nothing hides from a search."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as document:
        document.save(
            target,
            qdf=True,
            compress_streams=False,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
        )
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (pdf(), "application/pdf"),
        (image("JPEG"), "image/jpeg"),
        (image("PNG"), "image/png"),
        (image("TIFF"), "image/tiff"),
    ],
)
def test_a_scan_is_known_by_its_content_whatever_its_name_says(content: bytes, content_type: str) -> None:
    clean = checked(content, "form.exe")
    assert (clean.content_type, clean.name) == (content_type, "form.exe")
    assert checked(clean.content).content_type == content_type
    assert clean.original_sha256 == sha256(content).hexdigest()
    assert clean.sha256 == sha256(clean.content).hexdigest()


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00 a program",
        b"<html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"PK\x03\x04 an office document",
        image("GIF"),
        image("BMP"),
        image("WEBP"),
        b"%!PS-Adobe-3.0 EPSF",
    ],
)
def test_other_types_are_refused_even_when_they_are_called_pdf(content: bytes) -> None:
    with pytest.raises(EvidenceTypeError, match="PDF, JPEG, PNG or TIFF"):
        checked(content, "form.pdf")


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(EvidenceEmptyError, match="empty"):
        checked(b"")


def test_a_file_over_the_limit_is_refused_and_not_read_to_its_end(settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES = 2_000_000
    upload = Upload(b"%PDF-" + bytes(5_000_000))
    with pytest.raises(EvidenceTooLargeError, match="2 MB"):
        check_evidence(upload)
    assert upload.tell() <= 2_000_001


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\nand nothing else",
        b"%PDF-1.7\n" + bytes(range(256)) * 50,
        image("JPEG")[:200],
        b"\xff\xd8\xff" + bytes(500),
        image("PNG")[:60],
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        image("TIFF")[:100],
        b"II*\x00" + b"\xff" * 100,
        b"MM\x00*" + bytes(100),
    ],
)
def test_a_damaged_file_is_refused(content: bytes) -> None:
    with pytest.raises(EvidenceBrokenError, match="damaged"):
        checked(content)


@pytest.mark.parametrize("cut", range(30, 700, 37))
def test_a_pdf_cut_anywhere_is_refused_or_comes_out_whole(cut: int) -> None:
    try:
        clean = checked(pdf()[:cut])
    except EvidenceError:
        return
    with pikepdf.open(io.BytesIO(clean.content)) as document:
        assert len(document.pages) == 1


@pytest.mark.parametrize("passwords", [{"owner": "o", "user": "u"}, {"owner": "o", "user": ""}])
def test_an_encrypted_pdf_is_refused(passwords: dict[str, str]) -> None:
    with pytest.raises(EvidenceLockedError, match="password"):
        checked(pdf(encryption=pikepdf.Encryption(**passwords)))


def test_a_pdf_without_pages_is_refused() -> None:
    with pytest.raises(EvidenceBrokenError):
        checked(pdf(lambda document: document.pages.__delitem__(0)))


def test_a_pdf_with_very_many_pages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_limits, "MOST_PAGES", 3)

    def add_pages(document: Pdf) -> None:
        for _ in range(3):
            document.add_blank_page()

    with pytest.raises(EvidenceTooDetailedError):
        checked(pdf(add_pages))


def arm(document: Pdf) -> None:
    """Put in all that may act, hide or tell in a PDF."""
    script = Dictionary(S=Name.JavaScript, JS=String("app.alert('active')"))
    document.Root.OpenAction = document.make_indirect(script)
    document.Root.AA = Dictionary(WC=script)
    document.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), script])))
    widget = document.make_indirect(
        Dictionary(Subtype=Name.Widget, Rect=Array([0, 0, 9, 9]), AA=Dictionary(K=script), FT=Name.Tx, T=String("name"))
    )
    document.Root.AcroForm = Dictionary(Fields=Array([widget]), XFA=Stream(document, b"active form"))
    document.Root.PieceInfo = Dictionary(Maker=Dictionary(Private=String("secret of the maker")))
    document.attachments["payload.exe"] = b"MZ active payload"
    page = document.pages[0].obj
    page.AA = Dictionary(O=script)
    attached = document.make_indirect(Dictionary(Type=Name.Filespec, EF=Dictionary(F=Stream(document, b"active file"))))
    page.Annots = Array(
        [
            Dictionary(
                Subtype=Name.Link,
                Rect=Array([0, 0, 9, 9]),
                A=Dictionary(S=Name.URI, URI=String("http://active.example")),
            ),
            Dictionary(
                Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=Dictionary(S=Name.Launch, F=String("active.exe"))
            ),
            Dictionary(Subtype=Name.FileAttachment, Rect=Array([0, 0, 9, 9]), FS=attached),
            widget,
        ]
    )
    with document.open_metadata() as metadata:
        metadata["dc:creator"] = ["secret author"]
    document.docinfo["/Author"] = "secret author"


def test_what_may_act_hide_or_tell_in_a_pdf_is_gone_and_the_page_stays() -> None:
    armed = pdf(arm)
    assert b"active" in everything_in(armed)
    assert b"secret" in everything_in(armed)
    clean = everything_in(checked(armed).content)
    for trace in (b"active", b"secret", b"/JavaScript", b"/JS", b"/OpenAction", b"/AA", b"/Launch", b"/EmbeddedFile"):
        assert trace not in clean
    assert b"100 100 l" in clean


def test_a_photograph_in_a_pdf_loses_where_it_was_taken() -> None:
    def add_photograph(document: Pdf) -> None:
        photograph = Stream(document, jpeg_with_exif())
        photograph.update({"/Type": Name.XObject, "/Subtype": Name.Image, "/Width": 40, "/Height": 30})
        photograph.update({"/ColorSpace": Name.DeviceRGB, "/BitsPerComponent": 8, "/Filter": Name.DCTDecode})
        document.pages[0].obj.Resources = Dictionary(XObject=Dictionary(Im0=photograph))

    assert SECRET in pdf(add_photograph)
    clean = checked(pdf(add_photograph)).content
    assert SECRET not in clean
    with pikepdf.open(io.BytesIO(clean)) as document:
        picture = pikepdf.PdfImage(document.pages[0].obj.Resources.XObject.Im0).as_pil_image()
        assert picture.size == (40, 30)


def test_what_stands_before_and_after_a_pdf_is_gone() -> None:
    clean = checked(b"<html>polyglot\n" + pdf() + b"\npolyglot appended").content
    assert clean.startswith(b"%PDF-")
    assert b"polyglot" not in clean


def test_a_photograph_loses_its_metadata_and_stands_upright() -> None:
    assert SECRET in jpeg_with_exif()
    clean = checked(jpeg_with_exif())
    assert SECRET not in clean.content
    with Image.open(io.BytesIO(clean.content)) as picture:
        assert picture.size == (30, 40)
        assert not picture.getexif()


def test_the_texts_of_a_png_are_gone() -> None:
    from_file = Image.open(io.BytesIO(image("PNG")))
    notes = PngInfo()
    notes.add_text("Comment", SECRET.decode())
    target = io.BytesIO()
    from_file.save(target, format="PNG", pnginfo=notes)
    assert SECRET in target.getvalue()
    assert SECRET not in checked(target.getvalue()).content


def test_every_page_of_a_tiff_is_kept_without_its_tags() -> None:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[270] = SECRET.decode()
    target = io.BytesIO()
    pages = [Image.new("1", (50, 40), 1), Image.new("L", (60, 40), 200), Image.new("RGB", (70, 40), "white")]
    pages[0].save(target, format="TIFF", save_all=True, append_images=pages[1:], tiffinfo=tags)
    assert SECRET in target.getvalue()
    clean = checked(target.getvalue())
    assert SECRET not in clean.content
    with Image.open(io.BytesIO(clean.content)) as opened:
        widths = []
        for number in range(opened.n_frames):
            opened.seek(number)
            widths.append(opened.width)
    assert widths == [50, 60, 70]


def test_the_pixels_of_a_drawing_stay_and_what_is_transparent_is_paper() -> None:
    drawing = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    drawing.putpixel((5, 5), (10, 20, 30, 255))
    target = io.BytesIO()
    drawing.save(target, format="PNG")
    with Image.open(io.BytesIO(checked(target.getvalue()).content)) as clean:
        assert (clean.mode, clean.getpixel((5, 5)), clean.getpixel((0, 0))) == ("RGB", (10, 20, 30), (255, 255, 255))


def png_bomb(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes that says it is very large."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
    packed = zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(50_000, 50_000), (12_000, 12_000), (7_000, 6_000)])
def test_a_decompression_bomb_is_refused_before_it_is_opened(size: tuple[int, int]) -> None:
    with pytest.raises(EvidenceTooDetailedError, match="dots"):
        checked(png_bomb(*size))


def test_a_tiff_with_very_many_pages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_limits, "MOST_PAGES", 2)
    pages = [Image.new("1", (9, 9)) for _ in range(3)]
    target = io.BytesIO()
    pages[0].save(target, format="TIFF", save_all=True, append_images=pages[1:])
    with pytest.raises(EvidenceTooDetailedError):
        checked(target.getvalue())


def test_a_name_with_a_path_keeps_only_its_last_part() -> None:
    assert checked(pdf(), "../../etc/passwd.pdf").name == "passwd.pdf"
