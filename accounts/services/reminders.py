from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import ConfidentialityAgreement, Recipient, RecipientAgreement, RecipientNotice, Role, User
from accounts.services.notices import tell_recipient
from accounts.services.outbox import post_message
from accounts.topics import PROVIDER_REMINDERS
from ledger.actor import Actor
from protection.clock import provider_today

REMINDED_BEFORE_DAYS = (7, 30, 90)
"""So many days before an agreement ends the administrators are written to."""
CERTIFICATE_DAYS = 30
"""So long a recipient has to certify that the data is gone; as often the administrators are told that it did not."""
KEEPS_DATA = (
    Recipient.Kind.CONTRACTOR,
    Recipient.Kind.AUTHORISED_THIRD_PARTY,
    Recipient.Kind.COLLECTION_AGENCY,
    Recipient.Kind.MERGER_COUNTERPARTY,
)
"""Kinds of recipients that give back or destroy what they had; a court or an agency keeps its own files."""


@transaction.atomic
def remind_of_agreements(*, by: Actor) -> int:
    """Ask for the reminders of agreements that are about to end unrenewed; return how many reminders stand.

    Harmless to repeat: a message has one key for agreement, last day, stage and person, so that a missed night is made
    up for and none is sent twice.
    """
    today = provider_today()
    administrators = _administrators()
    count = 0
    ending: list[RecipientAgreement | ConfidentialityAgreement] = [*_recipients_ending(today), *_peoples_ending(today)]
    for agreement in ending:
        left = ((agreement.valid_to or today) - today).days
        stage = next(days for days in REMINDED_BEFORE_DAYS if left <= days)
        kind = type(agreement).__name__.lower()
        for person in _readers(agreement, administrators):
            key = f"agreement ends {kind} {agreement.pk} {agreement.valid_to} {stage} {person.pk}"
            _remind(person, "agreement_ends", {kind: agreement.pk}, key, by)
            count += 1
    return count


@transaction.atomic
def ask_for_certificates(*, by: Actor) -> int:
    """Ask each recipient whose last agreement is over to certify that the data is gone; return how many still owe it.

    Each is asked once; after CERTIFICATE_DAYS, and every such time again, the administrators are told who did not.
    """
    today = provider_today()
    administrators = _administrators()
    owing = owed_certificates(today)
    for agreement in owing:
        asked = RecipientNotice.objects.filter(agreement=agreement, kind=RecipientNotice.Kind.RETURN_DUE)
        if not asked.exists():
            kind = RecipientNotice.Kind.RETURN_DUE
            tell_recipient(recipient=agreement.recipient, kind=kind, agreement=agreement, by=by)
        stage = (today - (agreement.valid_to or today)).days // CERTIFICATE_DAYS
        for person in administrators if stage else []:
            key = f"certificate owed {agreement.pk} {stage} {person.pk}"
            _remind(person, "certificate_owed", {"recipientagreement": agreement.pk}, key, by)
    return len(owing)


def owed_certificates(today: date) -> list[RecipientAgreement]:
    """Return the latest agreement of each recipient that has none in force any more and has certified nothing."""
    running = RecipientAgreement.objects.filter(recipient=OuterRef("recipient")).filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=today)
    )
    later = RecipientAgreement.objects.filter(recipient=OuterRef("recipient"), valid_to__gt=OuterRef("valid_to"))
    over = RecipientAgreement.objects.over(today).filter(recipient__kind__in=KEEPS_DATA)
    unanswered = over.filter(~Exists(running), ~Exists(later), return_certificate__isnull=True)
    return list(unanswered.select_related("recipient").order_by("valid_to", "pk"))


def _recipients_ending(today: date) -> QuerySet[RecipientAgreement]:
    followed = _lasting_longer(RecipientAgreement.objects.filter(recipient=OuterRef("recipient")))
    ending = RecipientAgreement.objects.filter(_ends_soon(today), ~Exists(followed))
    return ending.select_related("recipient").order_by("valid_to", "pk")


def _peoples_ending(today: date) -> QuerySet[ConfidentialityAgreement]:
    followed = _lasting_longer(ConfidentialityAgreement.objects.filter(user=OuterRef("user")))
    ending = ConfidentialityAgreement.objects.filter(_ends_soon(today), ~Exists(followed), user__is_active=True)
    return ending.select_related("user").order_by("valid_to", "pk")


def _lasting_longer(same: QuerySet[Any]) -> QuerySet[Any]:
    """Narrow to the agreements that take over without a gap from the one that is looked at."""
    longer = Q(valid_to__isnull=True) | Q(valid_to__gt=OuterRef("valid_to"))
    return same.filter(longer, valid_from__lte=OuterRef("valid_to"))


def _ends_soon(today: date) -> Q:
    horizon = today + timedelta(days=max(REMINDED_BEFORE_DAYS))
    return Q(valid_from__lte=today, valid_to__gt=today, valid_to__lte=horizon)


def _administrators() -> list[User]:
    return list(User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).order_by("pk"))


def _readers(agreement: RecipientAgreement | ConfidentialityAgreement, administrators: list[User]) -> Iterator[User]:
    """Yield the administrators, and whose agreement it is where it is a person's."""
    yield from administrators
    if isinstance(agreement, ConfidentialityAgreement) and agreement.user not in administrators:
        yield agreement.user


def _remind(person: User, template: str, context: dict[str, Any], key: str, by: Actor) -> None:
    post_message(topic=PROVIDER_REMINDERS, to=person, template=template, context=context, dedup_key=key, by=by)
