"""Mail about incidents: once when one begins, once when it is over, by whichever process comes first."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest, Now
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Role, User
from retention.incidents import advice_on, title_of
from retention.models import Incident

logger = logging.getLogger(__name__)

AT_ONCE = 20
"""So many incidents at most are told of in one look; more wait a minute."""


def tell_incidents(*, after: timedelta = timedelta()) -> int:
    """Send what nobody was told yet and that is older than `after`; return how many incidents were told of.

    A mail server that does not answer is tried again at the next look. One that is over before anybody was told is
    never mentioned.
    """
    told = 0
    try:
        while told < AT_ONCE and _tell_next(after):
            told += 1
    except OSError as error:
        logger.exception("Nobody could be told of an incident: %s", type(error).__name__)
    return told


@transaction.atomic
def _tell_next(after: timedelta) -> bool:
    """Tell of one incident under its lock, so that nobody else does; a crash before the commit has it told twice."""
    untold = Incident.objects.untold().filter(opened_at__lte=Now() - after)
    incident = untold.select_for_update(skip_locked=True).order_by("pk").first()
    if incident is None:
        return False
    _send(incident)
    column = "told_at" if incident.is_open else "resolution_told_at"
    Incident.objects.filter(pk=incident.pk).update(**{column: Greatest(Now(), F("opened_at"))})
    return True


def _send(incident: Incident) -> None:
    """Mail an incident to everybody. A refused address keeps nobody else from it, nor has it the others told again.

    Raises what the mail server said when nobody could be told.
    """
    sent, fault = 0, None
    for address, language in _addressees():
        try:
            with translation.override(language):
                _mail(incident, address).send()
            sent += 1
        except OSError as error:
            if not (sent or isinstance(error, SMTPException)):
                raise
            logger.warning("One address could not be told of an incident: %s", type(error).__name__)
            fault = error
    if fault and not sent:
        raise fault


def _addressees() -> Iterator[tuple[str, str]]:
    """Yield address and language: of every administrator who may sign in, and of the address from the settings."""
    people = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).order_by("pk")
    yield from people.values_list("email", "language")
    if settings.ALERT_EMAIL:
        yield settings.ALERT_EMAIL, settings.LANGUAGE_CODE


def _mail(incident: Incident, address: str) -> EmailMessage:
    title = title_of(incident.kind)
    subject = _("Alert: %(title)s") if incident.is_open else _("Over: %(title)s")
    frame = {
        "incident": incident,
        "title": title,
        "advice": advice_on(incident.kind),
        "provider": settings.PROVIDER,
        "portal": settings.PUBLIC_ADDRESS,
    }
    headers = {"Auto-Submitted": "auto-generated"}
    body = render_to_string("portal/mail/incident.txt", frame)
    return EmailMessage(subject % {"title": title}, body, to=[address], headers=headers)
