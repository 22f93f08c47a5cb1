"""The agreement as it stands on the screen: one plain text, generated from what is asked for, in one language.

What the customer signs is this text and nothing else; its hash is signed with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Customer, Recipient
from consent.models import NoticeText, Purpose
from consent.status import written
from consent.wording import field_groups

FORM_VERSION = "portal-1"
"""The version of the layout below; it changes whenever the words around what is filled in do."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a customer is asked to agree to. Periods are half-open; no `meters` mean all of them, also later ones."""

    customer: Customer
    recipient: Recipient
    purpose: Purpose
    project: str
    field_ids: Sequence[str]
    meters: Sequence[str]
    data_from: date
    data_to: date | None
    permission_from: date
    permission_to: date | None


def statement(agreement: Agreement, text: NoticeText) -> str:
    """Return the agreement in the language of the consent form `text`, followed by the form's own words."""
    with translation.override(text.language):
        lines = [f"{label}: {value}" for label, value in _lines(agreement) if value]
    return "\n".join([*lines, "", text.title, "", _unwrapped(text.body)])


def _unwrapped(body: str) -> str:
    """Return a text with each paragraph on one line, so that it fits every screen."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in body.split("\n\n"))


def intent() -> str:
    """Return the sentence by which a customer says that they mean to sign, in the language of the page."""
    return _("I have read this agreement and I agree to it. Typing my name here signs it.")


def _lines(agreement: Agreement) -> list[tuple[str, str]]:
    recipient, purpose = agreement.recipient, agreement.purpose
    trade_name = f" ({recipient.trade_name})" if recipient.trade_name else ""
    address = " ".join(recipient.postal_address.split())
    contact = ", ".join(part for part in (address, recipient.email, recipient.phone) if part)
    groups = [f"{group.label}: {', '.join(group.fields)}" for group in field_groups(agreement.field_ids)]
    return [
        (_("Who gives the data"), settings.PROVIDER["name"]),
        (_("Whose data"), agreement.customer.name),
        (_("Who may receive it"), f"{recipient.legal_name}{trade_name}"),
        (_("How to reach them"), contact),
        (_("What for"), f"{purpose.name}. {purpose.description}"),
        (_("Project"), agreement.project),
        (_("Which data"), "; ".join(groups)),
        (_("Which meters"), ", ".join(agreement.meters) or _("All meters, also later ones")),
        (_("Data of which days"), _span(agreement.data_from, agreement.data_to)),
        (_("When it may be given"), _span(agreement.permission_from, agreement.permission_to)),
    ]


def _span(first: date, end: date | None) -> str:
    if end is None:
        return _("from %(first)s, no end") % {"first": written(first)}
    return _("%(first)s to %(last)s") % {"first": written(first), "last": written(end - timedelta(days=1))}
