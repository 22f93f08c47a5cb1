"""Messages as any package asks for them: to whom, on what, with which values; and what the database holds of them."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.utils import Error, IntegrityError, InternalError, ProgrammingError

from accounts.facts import facts_for, facts_of
from accounts.models import Customer, OutboxMessage
from accounts.services import post_message
from accounts.services.outbox import Addressee
from accounts.topics import AGREEMENTS, NEWSLETTER, PROVIDER_ALERTS, SECURITY, TOPICS, Audience, Topic, topics_for
from ledger.actor import Actor
from protection.clock import transaction_time
from protection.rowsecurity import no_rows, recipient_rows, subject_rows
from tests.factories import CustomerFactory, RecipientFactory, UserFactory

pytestmark = pytest.mark.django_db

JOB = Actor.system("test")


def post(to: Addressee | None = None, **details: Any) -> OutboxMessage:
    """Post a message, by default to a new customer on their agreements."""
    defaults = {"topic": AGREEMENTS, "template": "consent_receipt", "by": JOB}
    return post_message(to=to or CustomerFactory(), **{**defaults, **details})


def refused(error: type[Error], statement: str) -> bool:
    """Say whether the database refuses a statement with this error."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except error:
        return True
    return False


@pytest.mark.parametrize("audience", list(Audience))
def test_message_names_its_one_addressee(audience: Audience) -> None:
    to: Addressee = {
        Audience.CUSTOMER: CustomerFactory(),
        Audience.USER: UserFactory(),
        Audience.RECIPIENT: RecipientFactory(),
        Audience.PROVIDER: Audience.PROVIDER,
    }[audience]

    message = post(to, topic=topics_for(audience)[0].code)

    message.refresh_from_db()
    assert message.addressee == audience
    assert [message.customer, message.user, message.recipient].count(to) == (audience != Audience.PROVIDER)
    assert message.status == OutboxMessage.Status.PENDING
    assert message.due_at == message.created_at


def test_message_says_who_asked_for_it() -> None:
    staff = UserFactory(staff=True)

    assert post(by=Actor.of(staff)).posted_by_id == staff.pk
    assert post().poster_kind == "system"


def test_same_key_asks_once() -> None:
    first = post(dedup_key="yearly:2026:1", context={"year": 2026})
    second = post(dedup_key="yearly:2026:1", context={"year": 2027})

    assert second.uuid == first.uuid
    assert OutboxMessage.objects.get().context == {"year": 2026}


def test_messages_without_a_key_do_not_stand_in_for_each_other() -> None:
    post()
    post()

    assert OutboxMessage.objects.count() == 2


def test_context_keeps_ids_and_plain_values() -> None:
    ident = UUID(int=7)

    context = {"consent": ident, "on": date(2026, 3, 1), "count": 3, "is_last": True, "path": "/consents/", "ids": [1]}

    assert post(context=context).context == {
        "consent": str(ident),
        "on": "2026-03-01",
        "count": 3,
        "is_last": True,
        "path": "/consents/",
        "ids": [1],
    }


@pytest.mark.parametrize(
    "value", ["Alex Sample", "alex@home.example", {"name": "x"}, 1.5, "a" * 201, "two\nlines", ["Alex Sample"], b"x"]
)
def test_context_with_what_could_be_personal_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="ids and plain values"):
        post(context={"value": value})


@pytest.mark.parametrize("context", ['{"a": "Alex Sample"}', '{"a": ["x@y"]}', '{"a": {"b": "two words"}}', '["x"]'])
def test_database_refuses_such_a_context_too(context: str) -> None:
    message = post()

    statement = (
        "INSERT INTO accounts_outboxmessage (uuid, addressee, customer_id, topic, template, context, dedup_key,"  # noqa: S608
        " poster_kind, status, attempts, channel, language, subject, outcome)"
        f" SELECT gen_random_uuid(), addressee, customer_id, topic, template, '{context}', '', 'system', 'pending',"
        f" 0, '', '', '', '' FROM accounts_outboxmessage WHERE id = {message.pk}"
    )
    assert refused(IntegrityError, statement)
    assert not refused(Error, statement.replace(context, '{"a": "b"}'))


@pytest.mark.parametrize("template", ["Consent", "../secrets", "a b", "", "1st"])
def test_template_is_a_name(template: str) -> None:
    with pytest.raises(ValueError, match="no template's name"):
        post(template=template)


def test_topic_fits_the_addressee() -> None:
    with pytest.raises(ValueError, match="no topic"):
        post(CustomerFactory(), topic=PROVIDER_ALERTS)
    with pytest.raises(ValueError, match="no topic"):
        post(topic="gossip")


def test_no_topic_is_advertising_that_cannot_be_refused() -> None:
    with pytest.raises(ValueError, match="can be refused"):
        Topic("x", "X", "x", frozenset(), is_refusable=False, is_service=False)

    assert TOPICS[NEWSLETTER].is_refusable
    assert not TOPICS[SECURITY].is_refusable


@pytest.mark.parametrize(
    ("error", "change"),
    [
        (IntegrityError, "status = 'lost'"),
        (IntegrityError, "status = 'sent'"),
        (IntegrityError, "status = 'sent', settled_at = now()"),
        (IntegrityError, "status = 'suppressed', settled_at = now()"),
        (IntegrityError, "settled_at = now()"),
        (IntegrityError, "status = 'at_desk'"),
        (IntegrityError, "channel = 'pigeon'"),
        (ProgrammingError, "context = '{}', topic = 'newsletter'"),
        (ProgrammingError, "customer_id = NULL, addressee = 'provider'"),
        (ProgrammingError, "created_at = now() - interval '1 day'"),
        (ProgrammingError, "dedup_key = 'x'"),
    ],
)
def test_impossible_change_is_refused(error: type[Error], change: str) -> None:
    post(context={"year": 2026})

    assert refused(error, f"UPDATE accounts_outboxmessage SET {change}")  # noqa: S608


def test_what_became_of_a_message_is_final() -> None:
    post()
    OutboxMessage.objects.update(status="suppressed", outcome="refused", settled_at=transaction_time())

    assert refused(ProgrammingError, "UPDATE accounts_outboxmessage SET status = 'pending', settled_at = NULL")


def test_failed_message_may_be_tried_again() -> None:
    post()
    OutboxMessage.objects.update(status="failed", outcome="unreachable", settled_at=transaction_time())

    assert OutboxMessage.objects.update(status="pending", settled_at=None) == 1


def test_nobody_but_the_purge_deletes_messages() -> None:
    post()

    assert refused(ProgrammingError, "DELETE FROM accounts_outboxmessage")
    assert refused(ProgrammingError, "TRUNCATE accounts_outboxmessage")


def test_two_addressees_are_refused() -> None:
    user = UserFactory()
    statement = (
        "INSERT INTO accounts_outboxmessage (uuid, addressee, customer_id, user_id, topic, template, context,"  # noqa: S608
        " dedup_key, poster_kind, status, attempts, channel, language, subject, outcome) VALUES (gen_random_uuid(),"
        f" 'customer', {CustomerFactory().pk}, {user.pk}, 'security', 'x', '{{}}', '', 'system', 'pending', 0, '', '',"
        " '', '')"
    )

    assert refused(IntegrityError, statement)


def test_addressees_see_their_own_messages_and_no_others() -> None:
    customer, user, recipient = CustomerFactory(), UserFactory(), RecipientFactory()
    theirs = {to: post(to).pk for to in (customer, user, recipient)}
    post()
    post(Audience.PROVIDER, topic=PROVIDER_ALERTS)

    with subject_rows(user_id=user.pk, customers=[customer.pk]):
        assert set(OutboxMessage.objects.values_list("pk", flat=True)) == {theirs[customer], theirs[user]}
    with recipient_rows(recipient.pk):
        assert set(OutboxMessage.objects.values_list("pk", flat=True)) == {theirs[recipient]}
    with no_rows():
        assert not OutboxMessage.objects.exists()


def test_customer_may_post_to_a_recipient_but_write_no_row_by_hand() -> None:
    customer: Customer = CustomerFactory()
    recipient = RecipientFactory()

    with subject_rows(user_id=0, customers=[customer.pk]):
        post(recipient, dedup_key="receipt:1")
        with pytest.raises((ProgrammingError, InternalError)), transaction.atomic():
            OutboxMessage.objects.create(addressee="customer", customer=customer, topic="security", template="x")

    assert OutboxMessage.objects.get().recipient_id == recipient.pk


@pytest.mark.database_role("purge")
def test_purge_can_post_an_alert() -> None:
    post(Audience.PROVIDER, topic=PROVIDER_ALERTS, dedup_key="purge:1")

    assert OutboxMessage.objects.get().topic == PROVIDER_ALERTS


def test_template_is_filled_with_its_context_and_the_facts_behind_it() -> None:
    @facts_for("test_facts_template")
    def load(context: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"double": context["count"] * 2}

    assert facts_of("test_facts_template", {"count": 2}) == {"count": 2, "double": 4}
    assert facts_of("test_without_facts", {"count": 2}) == {"count": 2}
    with pytest.raises(ValueError, match="already"):
        facts_for("test_facts_template")(load)
