from collections.abc import Collection, Mapping, Sequence
from uuid import uuid4

from django.db import connection, transaction

from accounts.errors import NotAllowedError
from accounts.models import Channel, Customer, OutboxMessage
from accounts.services import post_message
from accounts.topics import REQUESTS, TOPICS
from consent.contact import Table, contact_topics, last_choice, plain_table, table_of
from consent.errors import ChannelMissingError, ChoiceReasonMissingError
from consent.models import ContactChoice, Notice
from consent.permissions import can_choose_contact, can_widen_contact
from consent.selectors import notice_in_force
from ledger.actor import Actor
from ledger.services import record
from protection.clock import transaction_time
from protection.rowsecurity import provider_rows

Method = ContactChoice.Method
LINK = Actor.system("unsubscribe link")
"""Whoever holds the link of a message: nobody signed in."""


@transaction.atomic
def choose_contact(
    *, customer: Customer, channels: Mapping[str, Sequence[str]], method: str = "", reason: str = "", by: Actor
) -> ContactChoice:
    """Record what a customer wants to be written to about and how; it counts for the next message that leaves.

    `channels` maps topics to approved channels; a topic left out is refused. Any member may approve less, the holder or
    a guardian also more; staff record what they were told, with `method` and a reason, and the customer gets a message
    that confirms it. An unchanged table adds no row.
    Raises NotAllowedError, ChannelMissingError where something that cannot be refused would have no channel,
    ChoiceReasonMissingError.
    """
    if not can_choose_contact(by, customer):
        raise NotAllowedError
    table = plain_table(channels)
    _require_channels(table)
    is_own = by.kind == "customer"
    if not is_own and len(reason.strip()) < MIN_REASON:
        raise ChoiceReasonMissingError
    _take_turns(customer)
    former = last_choice(customer)
    if former is not None and table_of(former) == table:
        return former
    if _is_wider(table_of(former), table) and not can_widen_contact(by, customer):
        raise NotAllowedError
    choice = _append(
        customer=customer,
        former=former,
        table=table,
        method=Method.PORTAL if is_own else method or Method.TELEPHONE,
        reason=reason.strip(),
        by=by,
    )
    if not is_own:
        context = {"choice": choice.uuid}
        post_message(topic=REQUESTS, to=customer, template="contact_chosen", context=context, by=by)
    return choice


@transaction.atomic
def refuse_by_link(*, customer: Customer, topics: Collection[str] | None = None) -> ContactChoice | None:
    """Refuse topics (None: all that can be refused) for whoever holds a message's link.

    Return the choice that counts now; None where there was nothing to refuse. What cannot be refused stays.
    """
    _take_turns(customer)
    former = last_choice(customer)
    table = table_of(former)
    asked = {code for code in table if topics is None or code in topics}
    refused = sorted(code for code in asked if TOPICS[code].is_refusable and table[code])
    if not refused:
        return former
    table |= {code: [] for code in refused}
    return _append(customer=customer, former=former, table=table, method=Method.LINK, refused=refused, by=LINK)


@transaction.atomic
def undo_refusal(*, customer: Customer) -> ContactChoice | None:
    """Take back the last act if it was a link's refusal: the topics get the channels that they had.

    Return the choice that counts now. A later choice of any other kind stands, so that an old mail undoes nothing.
    """
    _take_turns(customer)
    last = last_choice(customer)
    if last is None or not last.refused:
        return last
    before = ContactChoice.objects.filter(customer=customer, number__lt=last.number).order_by("-number").first()
    table = table_of(last) | {code: table_of(before)[code] for code in last.refused}
    return _append(customer=customer, former=last, table=table, method=Method.LINK, by=LINK)


MIN_REASON = 10
"""Characters of a note on a choice that staff were told."""


def _append(
    *,
    customer: Customer,
    former: ContactChoice | None,
    table: Table,
    method: str,
    by: Actor,
    reason: str = "",
    refused: Sequence[str] = (),
) -> ContactChoice:
    uuid, notice = uuid4(), notice_in_force(Notice.Kind.PRIVACY)
    witness = record(
        kind="contact.chosen",
        subject_tag=bytes(customer.tag),
        evidence={
            "at": transaction_time(),
            "by": by.evidence(),
            "choice": uuid,
            "customer": customer.uuid,
            "channels": table,
            "method": method,
            "notice": {"uuid": notice.uuid, "number": notice.number} if notice else None,
            "reason": reason,
        },
    )
    choice = ContactChoice.objects.create(
        uuid=uuid,
        customer=customer,
        number=former.number + 1 if former else 1,
        channels=table,
        refused=list(refused),
        method=method,
        reason=reason,
        notice=notice,
        recorded_by_id=by.user_id,
        actor_kind=by.kind,
        **witness.columns(),
    )
    _route_anew(customer)
    return choice


def _route_anew(customer: Customer) -> None:
    """Have the sender ask again about letters and calls that wait at the desk; nobody else may change a message."""
    with provider_rows():
        waiting = OutboxMessage.objects.at_desk().filter(customer=customer)
        waiting.update(status=OutboxMessage.Status.PENDING, due_at=transaction_time(), channel="", language="")


def _take_turns(customer: Customer) -> None:
    """Let one change of a customer's choices follow the other, until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"contact of {customer.pk}"])


def _require_channels(table: Table) -> None:
    for topic in contact_topics():
        if not topic.is_refusable and not table[topic.code]:
            raise ChannelMissingError(topic)


def _is_wider(former: Table, table: Table) -> bool:
    return any(_added(former[code], channels) for code, channels in table.items())


def _added(former: Sequence[Channel], channels: Sequence[Channel]) -> bool:
    return not set(channels) <= set(former)
