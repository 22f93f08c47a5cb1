"""Signed documents as PDF: what people see, what their reader is told, what lies inside."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from pikepdf import Pdf, parse_content_stream

from ledger.paper import Column, Facts, Paper, Prose, Table, render_paper
from ledger.signing import document_sha256, sign_receipt
from ledger.verify import main

DOCUMENT: dict[str, Any] = sign_receipt({"certificate": "of nothing", "provider": "Energía del Valle"})
PAPER = Paper(
    title="Certificado de eliminación",
    language="es",
    issuer="Energía del Valle",
    issued_at=datetime(2026, 3, 15, 12, tzinfo=UTC),
    lead="¿Qué se olvidó? El ñandú & <b>otros</b>.",
    sections=[
        Prose(["Texto\nen dos líneas"], "Declaración"),
        Facts("Datos", [("Número", "1"), ("Huella", "a" * 64)]),
        Table(
            "Particiones",
            [Column("Partición", 2), Column("Filas", is_number=True)],
            [(f"mes {number}", f"{number}") for number in range(120)],
        ),
    ],
    attachment="certificado.json",
)


def opened(paper: Paper = PAPER) -> Pdf:
    return Pdf.open(BytesIO(render_paper(paper, document=DOCUMENT)))


def texts(paper: Paper = PAPER) -> list[str]:
    """Return the text of each page, by the map from glyphs to characters that the file brings for readers."""
    with opened(paper) as pdf:
        return text_of_pages(pdf)


def text_of_pages(pdf: Pdf) -> list[str]:
    return ["".join(_text_of(page)) for page in pdf.pages]


def _text_of(page: Any) -> list[str]:
    shown: list[str] = []
    characters: dict[int, str] = {}
    for step in parse_content_stream(page):
        operands, operator = step.operands, step.operator
        if str(operator) == "Tf":
            characters = _characters(page.Resources.Font[str(operands[0])])
        elif str(operator) == "Tj":
            shown += [characters.get(code, "?") for code in bytes(operands[0])]
        elif str(operator) == "T*":
            shown.append("\n")
    return shown


def _characters(font: Any) -> dict[int, str]:
    found = re.findall(rb"<([0-9A-F]{2})> <([0-9A-F]{4})>", font.ToUnicode.read_bytes()) if "/ToUnicode" in font else []
    return {int(code, 16): chr(int(sign, 16)) for code, sign in found}


def test_the_same_document_gives_the_same_bytes() -> None:
    assert render_paper(PAPER, document=DOCUMENT) == render_paper(PAPER, document=DOCUMENT)


def test_reader_is_told_title_language_and_time() -> None:
    with opened() as pdf, pdf.open_metadata() as metadata:
        assert (str(pdf.Root.Lang), bool(pdf.Root.ViewerPreferences.DisplayDocTitle)) == ("es", True)
        assert str(pdf.docinfo.Title) == metadata["dc:title"] == PAPER.title
        assert str(pdf.docinfo.CreationDate) == "D:20260315120000Z"


def test_headings_are_in_the_outline() -> None:
    with opened() as pdf, pdf.open_outline() as outline:
        (title,) = outline.root
        headings = [title.title, *(heading.title for heading in title.children)]
    assert headings == [PAPER.title, "Declaración", "Datos", "Particiones"]


def test_every_font_is_embedded() -> None:
    with opened() as pdf:
        fonts = [font for page in pdf.pages for font in page.Resources.Font.values()]
        assert {str(font.BaseFont).partition("+")[2] for font in fonts} == {"PublicSans-Regular", "PublicSans-Bold"}
        assert all("/FontFile2" in font.FontDescriptor for font in fonts)


def test_spanish_and_markup_are_shown_as_they_are_written() -> None:
    first = texts()[0]
    assert PAPER.lead in first
    assert "Declaración" in first


def test_every_page_repeats_the_headings_and_names_the_digest_the_key_and_its_number() -> None:
    pages = texts()
    assert len(pages) > 2
    for number, text in enumerate(pages, start=1):
        assert document_sha256(DOCUMENT) in text
        assert DOCUMENT["signature"]["key_id"] in text
        assert re.search(rf"\b{number}\b[^\d]+{len(pages)}\b", text)
        assert "Partición" in text


def test_the_signed_document_inside_is_checked_by_the_verifier(tmp_path: Path) -> None:
    file = tmp_path / "certificado.json"
    with opened() as pdf:
        file.write_bytes(pdf.attachments["certificado.json"].get_file().read_bytes())
    assert json.loads(file.read_bytes()) == DOCUMENT
    assert main([str(file)]) == 0


def test_signs_that_reorder_or_end_a_text_are_left_out() -> None:
    paper = replace(PAPER, lead="a\u202eb\x00c")
    assert "abc" in texts(paper)[0]


def test_a_cell_longer_than_a_page_is_printed_in_parts() -> None:
    paper = replace(PAPER, sections=[Facts("", [("Motivo", "palabra " * 3000)])])
    assert len(texts(paper)) > 1
