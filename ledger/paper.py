"""Signed documents as paper: a PDF that people can read, print and file, with the signed JSON inside as attachment.

The JSON is what is signed and what `python -m ledger.verify` checks; the paper shows it. The same document gives the
same bytes whenever it is rendered. Public Sans is embedded: Latin letters with every accent, no other script.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from django.utils import translation
from django.utils.translation import gettext as _
from pikepdf import Array, AttachedFileSpec, Dictionary, Name, Pdf, String
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont, registerFontFamily
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, CondPageBreak, Flowable, Frame, LongTable, PageTemplate, Paragraph

from ledger.signing import document_sha256, document_text

_FONTS = Path(__file__).resolve().parent.parent / "static" / "vendor" / "uswds" / "fonts" / "public-sans"
_REGULAR, _BOLD = "PublicSans", "PublicSans-Bold"
_MARGIN = 20 * mm
_WIDTH = letter[0] - 2 * _MARGIN
_INK, _SOFT, _LINE, _SHADE = HexColor("#1b1b1b"), HexColor("#565c65"), HexColor("#a9aeb1"), HexColor("#f0f0f0")
_FACT_WIDTHS = (0.34 * _WIDTH, 0.66 * _WIDTH)
_CELL_PADDING = 3


class FontsMissingError(RuntimeError):
    """The front end's files were never copied, and the font lies among them; the message says how to get them."""

    def __init__(self) -> None:
        super().__init__(f'{_FONTS} is missing: run `python -c "import bootstrap; bootstrap.copy_front_end()"`.')


@dataclass(frozen=True, slots=True)
class Prose:
    """Paragraphs under an optional heading; texts are plain, line breaks are kept."""

    paragraphs: Sequence[str]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values, one pair a line, under a heading."""

    title: str
    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Column:
    """A table's column: its heading, its part of the width beside the others', whether it holds numbers."""

    label: str
    share: float = 1
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under a heading; the column headings are repeated on every page that the table reaches."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]


Section = Prose | Facts | Table


@dataclass(frozen=True, slots=True)
class Paper:
    """What is printed: every text already in `language` (en or es), plain, without markup.

    `issuer` is who issued the document, `lead` one sentence below the title, `issued_at` the moment that the file's
    properties name (aware). `attachment` is the file name of the signed JSON inside the PDF.
    """

    title: str
    language: str
    issuer: str
    issued_at: datetime
    sections: Sequence[Section]
    lead: str = ""
    attachment: str = "document.json"
    keywords: Sequence[str] = field(default_factory=tuple)


def render_paper(paper: Paper, *, document: Mapping[str, Any]) -> bytes:
    """Return the PDF of a signed document (`ledger.signing.sign_receipt`); each page names its SHA-256 and its key.

    Raises FontsMissingError where the front end's files were never copied.
    """
    _load_fonts()
    with translation.override(paper.language):
        drawn = _draw(paper, document)
    with Pdf.open(BytesIO(drawn)) as pdf:
        _describe(pdf, paper)
        _attach(pdf, paper, document)
        finished = BytesIO()
        pdf.save(finished, deterministic_id=True)
    return finished.getvalue()


@cache
def _load_fonts() -> None:
    for name, file in ((_REGULAR, "PublicSans-Regular.ttf"), (_BOLD, "PublicSans-Bold.ttf")):
        if not (_FONTS / file).is_file():
            raise FontsMissingError
        registerFont(TTFont(name, _FONTS / file))
    registerFontFamily(_REGULAR, normal=_REGULAR, bold=_BOLD, italic=_REGULAR, boldItalic=_BOLD)


def _style(name: str, size: float, *, font: str = _REGULAR, color: Color = _INK, **further: Any) -> ParagraphStyle:
    return ParagraphStyle(name, fontName=font, fontSize=size, leading=size * 1.4, textColor=color, **further)


_TITLE = _style("title", 20, font=_BOLD, spaceAfter=6)
_LEAD = _style("lead", 11, color=_SOFT, spaceAfter=6)
_HEADING = _style("heading", 13, font=_BOLD, spaceBefore=12, spaceAfter=5)
_BODY = _style("body", 10, spaceAfter=5)
_CELL = _style("cell", 8.5)
_CELL_NAME = _style("cell name", 8.5, font=_BOLD)
_CELL_NUMBER = _style("cell number", 8.5, alignment=TA_RIGHT)
_CELL_NUMBER_NAME = _style("cell number name", 8.5, font=_BOLD, alignment=TA_RIGHT)


class _Template(BaseDocTemplate):
    """Lists the headings in the reader's outline."""

    headings = 0

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802 (reportlab's name)
        if isinstance(flowable, Paragraph) and flowable.style in (_TITLE, _HEADING):
            self.headings += 1
            mark = f"heading-{self.headings}"
            self.canv.bookmarkPage(mark)
            self.canv.addOutlineEntry(flowable.getPlainText(), mark, level=0 if flowable.style is _TITLE else 1)


class _NumberedCanvas(Canvas):
    """Keeps the pages until their number is known, then gives each its foot."""

    def __init__(self, *arguments: Any, foot: Callable[[Canvas, int, int], None], **further: Any) -> None:
        super().__init__(*arguments, **further)
        self._foot = foot
        self._kept: list[dict[str, Any]] = []

    def _make_preamble(self) -> None:
        """Begin a page without reportlab's own choice of a font, which would be named and not embedded."""
        self._preamble = "1 0 0 1 0 0 cm"

    def showPage(self) -> None:  # noqa: N802 (reportlab's name)
        self._kept.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]

    def save(self) -> None:
        for number, page in enumerate(self._kept, start=1):
            self.__dict__.update(page)
            self._foot(self, number, len(self._kept))
            super().showPage()
        super().save()


def _draw(paper: Paper, document: Mapping[str, Any]) -> bytes:
    drawn = BytesIO()
    template = _Template(
        drawn,
        pagesize=letter,
        title=paper.title,
        author=paper.issuer,
        lang=paper.language,
        invariant=1,
        pageCompression=1,
    )
    # The frame's own padding is none, so that tables and paragraphs begin at one edge.
    frame = Frame(_MARGIN, 24 * mm, _WIDTH, letter[1] - 44 * mm, 0, 0, 0, 0)
    template.addPageTemplates(PageTemplate(frames=[frame]))
    foot = partial(_draw_foot, paper, document_sha256(document), str(document["signature"]["key_id"]))
    template.build(_flow(paper), canvasmaker=partial(_NumberedCanvas, foot=foot, initialFontName=_REGULAR))
    return drawn.getvalue()


def _draw_foot(paper: Paper, digest: str, key_id: str, canvas: Canvas, number: int, pages: int) -> None:
    canvas.setStrokeColor(_LINE)
    canvas.line(_MARGIN, 20 * mm, letter[0] - _MARGIN, 20 * mm)
    canvas.setFillColor(_SOFT)
    canvas.setFont(_REGULAR, 7.5)
    canvas.drawString(_MARGIN, 16 * mm, f"{paper.issuer} · {paper.title}"[:100])
    canvas.drawRightString(
        letter[0] - _MARGIN, 16 * mm, _("Page %(page)d of %(pages)d") % {"page": number, "pages": pages}
    )
    canvas.drawString(_MARGIN, 12 * mm, f"SHA-256 {digest}")
    canvas.drawRightString(letter[0] - _MARGIN, 12 * mm, _("Key %(key)s") % {"key": key_id})


def _flow(paper: Paper) -> list[Flowable]:
    flow: list[Flowable] = [_paragraph(paper.title, _TITLE)]
    if paper.lead:
        flow.append(_paragraph(paper.lead, _LEAD))
    for section in paper.sections:
        if section.title:
            flow += [CondPageBreak(35 * mm), _paragraph(section.title, _HEADING)]
        flow += _section(section)
    return flow


def _section(section: Section) -> list[Flowable]:
    if isinstance(section, Prose):
        return [_paragraph(text, _BODY) for text in section.paragraphs]
    if isinstance(section, Facts):
        rows = [[_paragraph(name, _CELL_NAME), _paragraph(value, _CELL)] for name, value in section.rows]
        return [_grid(rows, _FACT_WIDTHS)] if rows else []
    styles = [_CELL_NUMBER if column.is_number else _CELL for column in section.columns]
    names = [_CELL_NUMBER_NAME if column.is_number else _CELL_NAME for column in section.columns]
    rows = [[_paragraph(column.label, style) for column, style in zip(section.columns, names, strict=True)]]
    rows += [[_paragraph(cell, style) for cell, style in zip(row, styles, strict=True)] for row in section.rows]
    whole = sum(column.share for column in section.columns)
    return [_grid(rows, [column.share / whole * _WIDTH for column in section.columns], has_head=True)]


def _grid(rows: Sequence[list[Paragraph]], widths: Sequence[float], *, has_head: bool = False) -> Flowable:
    looks: list[tuple[Any, ...]] = [
        ("FONTNAME", (0, 0), (-1, -1), _REGULAR),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
        ("LEFTPADDING", (0, 0), (-1, -1), _CELL_PADDING),
        ("RIGHTPADDING", (0, 0), (-1, -1), _CELL_PADDING),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
    if has_head:
        looks.append(("BACKGROUND", (0, 0), (-1, 0), _SHADE))
    return LongTable(rows, colWidths=widths, repeatRows=int(has_head), style=looks, splitInRow=1, hAlign="LEFT")


def _paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    lines = unicodedata.normalize("NFC", text).splitlines()
    return Paragraph("<br/>".join(escape(_printable(line)) for line in lines), style)


def _printable(line: str) -> str:
    """Return a line without control characters, which no font draws and some of which reorder what is read."""
    return "".join(sign for sign in line if unicodedata.category(sign) not in {"Cc", "Cf", "Cs"})


def _describe(pdf: Pdf, paper: Paper) -> None:
    """Tell readers, screen readers among them, title, language and time; the window shows the title, not the file."""
    pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    pdf.Root.Lang = String(paper.language)
    moment = paper.issued_at.astimezone(UTC)
    stamp = String(f"D:{moment:%Y%m%d%H%M%S}Z")
    facts = Dictionary(
        Title=String(paper.title),
        Author=String(paper.issuer),
        Keywords=String(", ".join(paper.keywords)),
        Producer=String("Resguardo"),
        CreationDate=stamp,
        ModDate=stamp,
    )
    pdf.docinfo = pdf.make_indirect(facts)
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        metadata["dc:title"] = paper.title
        metadata["dc:creator"] = [paper.issuer]
        metadata["dc:language"] = [paper.language]
        metadata["xmp:CreateDate"] = moment.isoformat(timespec="seconds")


def _attach(pdf: Pdf, paper: Paper, document: Mapping[str, Any]) -> None:
    """Put the signed JSON inside, so that who has the paper has the proof."""
    text = document_text(document).encode()
    file = AttachedFileSpec(
        pdf,
        text,
        description=paper.title,
        filename=paper.attachment,
        mime_type="application/json",
        creation_date="",
        mod_date="",
    )
    file.obj.AFRelationship = Name.Source
    pdf.attachments[paper.attachment] = file
    pdf.Root.AF = pdf.make_indirect(Array([file.obj]))
