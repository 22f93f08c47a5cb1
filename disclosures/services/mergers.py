from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer, Recipient, RecipientAgreement
from accounts.services import post_message
from accounts.topics import NOTICES
from disclosures.errors import MergerError, NotAllowedError
from disclosures.models import MergerNotice, MergerNoticeServed
from disclosures.permissions import can_announce_merger
from ledger.actor import Actor
from ledger.services import record
from protection.clock import provider_today

TEMPLATE = "merger_notice"
BATCH = 500
"""Customers written to in one transaction."""


@transaction.atomic
def announce_merger(
    *, recipient: Recipient, title_en: str, title_es: str, text_en: str, text_es: str, waiting_days: int, by: Actor
) -> MergerNotice:
    """Write down what customers are told before their data may go to the counterparty of a merger, sale or financing.

    `serve_merger_notice` then tells them. Raises NotAllowedError for all but administrators who are bound, MergerError
    for a recipient of another kind and for one without an agreement in force.
    """
    if by.user_id is None or not can_announce_merger(by):
        raise NotAllowedError
    if recipient.kind != Recipient.Kind.MERGER_COUNTERPARTY:
        raise MergerError(_("Choose a recipient that is registered as a counterparty of a merger, sale or financing."))
    agreement = (
        RecipientAgreement.objects.in_force(provider_today())
        .filter(recipient=recipient)
        .order_by("-valid_from")
        .first()
    )
    if agreement is None:
        raise MergerError(_("No agreement with this counterparty is in force. Record its signed agreement first."))
    words = {"title_en": title_en, "title_es": title_es, "text_en": text_en, "text_es": text_es}
    notice = MergerNotice(recipient=recipient, agreement=agreement, waiting_days=waiting_days, **words)
    witness = record(
        kind="merger.announced",
        subject_tag=bytes(recipient.tag),
        evidence={
            "by": by.evidence(),
            "notice": notice.uuid,
            "recipient": recipient.uuid,
            "agreement": agreement.uuid,
            "waiting_days": waiting_days,
            **words,
        },
    )
    for column, value in witness.columns().items():
        setattr(notice, column, value)
    notice.created_by_id = by.user_id
    notice.save(force_insert=True)
    return notice


@transaction.atomic
def serve_merger_notice(*, notice: MergerNotice, by: Actor) -> int:
    """Write to up to BATCH customers who were not written to yet; return how many that were: none, when all were.

    Harmless to repeat: it goes on where it was broken off, and later finds the customers who came since.
    """
    with connection.cursor() as cursor:  # two workers go one after the other; an append-only row cannot be locked
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"merger notice {notice.pk}"])
    waiting = Customer.objects.filter(forgotten_at__isnull=True).exclude(merger_notices__notice=notice)
    customers = list(waiting.order_by("pk")[:BATCH])
    rows = []
    for customer in customers:
        message = post_message(
            topic=NOTICES,
            to=customer,
            template=TEMPLATE,
            context={"notice": notice.uuid},
            dedup_key=f"merger {notice.uuid} {customer.pk}",
            by=by,
        )
        witness = record(
            kind="merger.customer_told",
            subject_tag=bytes(customer.tag),
            evidence={"by": by.evidence(), "notice": notice.uuid, "message": message.uuid},
        )
        rows.append(MergerNoticeServed(notice=notice, customer=customer, message=message, **witness.columns()))
    MergerNoticeServed.objects.bulk_create(rows)
    return len(customers)
