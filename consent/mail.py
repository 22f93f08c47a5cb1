"""What a message says when it leaves: the template in the addressee's language, and the headers of an e-mail.

`templates/mail/<template>.txt` extends `mail/base.txt` and fills the blocks `subject` (one line) and `body`; the
`.html` beside it, which may be missing, extends `mail/base.html` and fills `body`. Both are filled with the message's
context, the facts behind it (`accounts.facts`), and what `_frame` names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formataddr
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template import Context, TemplateDoesNotExist
from django.template.backends.django import Template
from django.template.loader import get_template
from django.utils import translation

from accounts.facts import facts_of
from accounts.models import OutboxMessage
from accounts.topics import TOPICS
from consent.contact import Route
from consent.links import unsubscribe_url

_SUBJECT_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Written:
    """A message as it is read: the subject, the text, the page (empty where there is none), the link to refuse it."""

    subject: str
    text: str
    page: str
    unsubscribe: str


def write(message: OutboxMessage, language: str, channel: str) -> Written:
    """Write a message in a language, for a channel.

    Raises TemplateDoesNotExist, and whatever loading its facts raises.
    """
    with translation.override(language):
        facts = facts_of(message.template, message.context)
        unsubscribe = _unsubscribe_link(message)
        frame = {**facts, **_frame(message, language, unsubscribe), "channel": channel}
        subject = " ".join(_fill(f"{message.template}.txt", frame, part="subject").split())
        return Written(
            subject=subject[:_SUBJECT_LIMIT],
            text=_fill(f"{message.template}.txt", frame, part="body").strip() + "\n",
            page=_page(message.template, frame),
            unsubscribe=unsubscribe,
        )


def email_of(
    message: OutboxMessage, written: Written, route: Route, connection: BaseEmailBackend
) -> EmailMultiAlternatives:
    """Return the e-mail of a message.

    Its Message-ID is the message's own, so that a mailbox shows it once, should a crash have it sent twice. A refusable
    one carries the link and the one-click POST of RFC 8058.
    """
    host = urlsplit(settings.PUBLIC_ADDRESS).hostname or "localhost"
    headers = {"Message-ID": f"<{message.uuid}@{host}>", "Auto-Submitted": "auto-generated"}
    if written.unsubscribe:
        headers["List-Unsubscribe"] = f"<{written.unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    email = EmailMultiAlternatives(
        subject=written.subject,
        body=written.text,
        to=[_recipient_of(message, route.address)],
        reply_to=[settings.PROVIDER["email"]],
        headers=headers,
        connection=connection,
    )
    if written.page:
        email.attach_alternative(written.page, "text/html")
    return email


def addressee_name(message: OutboxMessage) -> str:
    """Return the name of whom a message is to."""
    to = message.customer or message.user or message.recipient
    return str(to) if to else settings.PROVIDER["title"]


def _recipient_of(message: OutboxMessage, address: str) -> str:
    name = " ".join(addressee_name(message).split())
    return formataddr((name, address))


def _unsubscribe_link(message: OutboxMessage) -> str:
    if message.customer_id is None or not TOPICS[message.topic].is_refusable:
        return ""
    return unsubscribe_url(message.customer_id, message.topic)


def _frame(message: OutboxMessage, language: str, unsubscribe: str) -> dict[str, Any]:
    return {
        "message": message,
        "name": addressee_name(message),
        "topic": TOPICS[message.topic],
        "provider": settings.PROVIDER,
        "portal": settings.PUBLIC_ADDRESS,
        "unsubscribe_url": unsubscribe,
        "LANGUAGE_CODE": language,
    }


def _page(template: str, frame: Mapping[str, Any]) -> str:
    name = f"{template}.html"
    try:
        get_template(f"mail/{name}")
    except TemplateDoesNotExist:
        return ""
    return _fill(name, frame, part="body", is_page=True)


def _fill(name: str, frame: Mapping[str, Any], *, part: str, is_page: bool = False) -> str:
    template = cast(Template, get_template(f"mail/{name}")).template
    return str(template.render(Context({**frame, "part": part}, autoescape=is_page)))
