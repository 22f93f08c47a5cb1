"""A published notice as paper: the same words and lists, with the frozen document's fingerprint."""

from datetime import UTC, datetime, time

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from consent.models import Notice, NoticeText
from consent.status import written
from ledger.paper import Facts, Paper, Prose, render_paper
from ledger.signing import sign_receipt


def notice_pdf(notice: Notice, text: NoticeText) -> bytes:
    """Return a version of a notice as PDF, in the language of `text`."""
    with translation.override(text.language):
        paper = Paper(
            title=text.title,
            lead=_("Version %(number)s, in effect since %(day)s")
            % {"number": notice.number, "day": written(notice.effective_from)},
            language=text.language,
            issuer=settings.PROVIDER["name"],
            issued_at=datetime.combine(notice.effective_from, time(), UTC),
            sections=[
                Prose([" ".join(part.split()) for part in text.body.split("\n\n")]),
                *_lists(notice, text.language),
                Facts(_("Proof"), [(_("Fingerprint of this version (SHA-256)"), notice.sha256)]),
            ],
            attachment=f"{notice.kind}-{notice.number}.json",
            keywords=[notice.kind, str(notice.uuid)],
        )
    return render_paper(paper, document=sign_receipt({"type": "notice", "sha256": notice.sha256, **notice.frozen}))


def _lists(notice: Notice, language: str) -> list[Prose]:
    blocks = notice.frozen["rendered"].get(language, "").split("\n\n")
    return [Prose(lines[1:], title=lines[0]) for block in blocks if len(lines := block.splitlines()) > 1]
