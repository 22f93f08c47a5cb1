"""A purge certificate as PDF: what it shows is what was signed."""

from io import BytesIO
from pathlib import Path

from pikepdf import Pdf

from ledger.verify import main as verify
from retention.papers import certificate_paper
from tests.conftest import ActAs
from tests.ledger.test_paper import text_of_pages
from tests.retention.test_certificates import certified


def test_the_paper_shows_and_carries_what_was_signed(committed_database: str, acting_as: ActAs, tmp_path: Path) -> None:
    certificate = certified(acting_as)
    payload = certificate.document["payload"]
    paper = certificate_paper(certificate)
    assert certificate_paper(certificate) == paper
    with Pdf.open(BytesIO(paper)) as pdf:
        text = " ".join("".join(text_of_pages(pdf)).split())
        (name,) = pdf.attachments
        (tmp_path / name).write_bytes(pdf.attachments[name].get_file().read_bytes())
    assert verify([str(tmp_path / name)]) == 0
    assert "Certificate of the purge as of 15 March 2026" in text
    for shown in (payload["run"], certificate.sha256, payload["plan"]["digest"], payload["operator"]["name"]):
        assert shown in text.replace(" ", "") or shown in text
    for item in payload["items"]:
        assert item["partition"] in text
