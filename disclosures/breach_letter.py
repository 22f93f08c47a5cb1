"""The letter about a breach on paper, in English and Spanish, one below the other."""

from collections.abc import Iterator

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from disclosures.models import Breach
from ledger.paper import Paper, Prose, render_paper
from ledger.signing import sign_receipt
from protection.clock import transaction_time

LANGUAGES = ("en", "es")


def letter_of(breach: Breach) -> bytes:
    """Return the letter as a PDF; the signed text is its attachment."""
    with translation.override(LANGUAGES[0]):
        title = _("Your data was affected by an incident")
    document = sign_receipt(
        {
            "type": "resguardo.breach-letter",
            "version": 1,
            "breach": breach.uuid,
            "provider": settings.PROVIDER["name"],
            "detected_on": breach.detected_on,
            "title": breach.title,
            "description": breach.description,
            "containment": breach.containment,
            "made_at": transaction_time(),
        }
    )
    paper = Paper(
        title=title,
        language=LANGUAGES[0],
        issuer=settings.PROVIDER["name"],
        issued_at=transaction_time(),
        sections=[section for language in LANGUAGES for section in _sections(breach, language)],
        attachment="letter.json",
    )
    return render_paper(paper, document=document)


def _sections(breach: Breach, language: str) -> Iterator[Prose]:
    with translation.override(language):
        yield Prose([breach.description], _("What happened"))
        yield Prose([breach.containment], _("What we did"))
        yield Prose([contact_line()], _("Whom you can ask"))


def contact_line() -> str:
    """Return whom to ask, in the language that is active."""
    values = {name: settings.PROVIDER[name] for name in ("title", "phone", "email", "address")}
    return _("%(title)s, %(phone)s, %(email)s, %(address)s") % values
