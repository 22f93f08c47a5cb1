"""The one sender: what leaves, by which channel, what is suppressed and why, what is tried again."""

from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection

from accounts.models import Customer, OutboxMessage
from accounts.services import post_message
from accounts.topics import AGREEMENTS, NEWSLETTER, PROVIDER_ALERTS, REQUESTS, Audience
from consent import sender
from consent.errors import MessageSettledError, NoLongerApprovedError
from consent.links import open_link
from consent.services import choose_contact, refuse_by_link, retry_message, settle_at_desk
from ledger.actor import Actor
from tests.consent.factories import holder_of, staff_with
from tests.consent.test_contact_choices import UNREFUSABLE, chosen
from tests.factories import CustomerFactory, RecipientFactory, UserFactory

pytestmark = pytest.mark.django_db

JOB = Actor.system("test")


def post(to: Any, topic: str = NEWSLETTER, template: str = "test_news", **context: Any) -> OutboxMessage:
    return post_message(topic=topic, to=to, template=template, context={"number": 7, **context}, by=JOB)


def after_sending(message: OutboxMessage) -> OutboxMessage:
    sender.send_messages()
    message.refresh_from_db()
    return message


def subscriber(*channels: str, **details: Any) -> Customer:
    """Return a customer who chose the newsletter by these channels."""
    customer: Customer = CustomerFactory.create(**details)
    chosen(customer, newsletter=list(channels) or ["email"])
    return customer


def now_due(message: OutboxMessage) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_outboxmessage SET due_at = created_at WHERE id = %s", [message.pk])


def test_chosen_message_leaves_by_email_with_the_means_to_refuse_it() -> None:
    customer = subscriber(name="Alex Sample", email="alex@home.example")

    message = after_sending(post(customer))

    assert (message.status, message.channel, message.language) == ("sent", "email", "en")
    assert message.subject == "Newsletter 7"
    sent = mail.outbox[0]
    assert (sent.subject, sent.to) == ("Newsletter 7", ["Alex Sample <alex@home.example>"])
    assert "Dear Alex Sample," in sent.body
    assert "<7> & no more" in sent.body
    assert sent.extra_headers["Message-ID"].startswith(f"<{message.uuid}@")
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = sent.extra_headers["List-Unsubscribe"].strip("<>")
    assert address in sent.body
    link = open_link(address.rstrip("/").rsplit("/", 1)[-1])
    assert link is not None
    assert (link.customer_id, link.topic) == (customer.pk, NEWSLETTER)
    page, kind = sent.alternatives[0]
    assert kind == "text/html"
    assert address in page


def test_message_is_written_in_the_language_of_its_addressee() -> None:
    message = after_sending(post(subscriber(language="es")))

    assert message.language == "es"
    assert mail.outbox[0].subject != ""


def test_message_that_cannot_be_refused_offers_no_refusal() -> None:
    after_sending(post(CustomerFactory.create(), topic=AGREEMENTS))

    assert "List-Unsubscribe" not in mail.outbox[0].extra_headers
    assert "/unsubscribe/" not in mail.outbox[0].body


def test_unasked_newsletter_is_suppressed_with_its_reason() -> None:
    message = after_sending(post(CustomerFactory.create()))

    assert (message.status, message.outcome) == ("suppressed", "refused")
    assert mail.outbox == []


def test_choice_made_after_the_message_was_written_counts() -> None:
    customer = subscriber()
    message = post(customer)
    refuse_by_link(customer=customer, topics=[NEWSLETTER])

    assert after_sending(message).status == "suppressed"
    assert mail.outbox == []


def test_first_approved_channel_with_an_address_is_taken() -> None:
    message = after_sending(
        post(subscriber("email", "post", email="", mailing_street="1 Example Street", mailing_city="Valle Claro"))
    )

    assert (message.status, message.channel, message.settled_at) == ("at_desk", "post", None)
    assert message.subject == "Newsletter 7"
    assert mail.outbox == []


def test_no_other_channel_than_an_approved_one_is_taken() -> None:
    message = after_sending(post(subscriber("post", mailing_street="", mailing_city="")))

    assert (message.status, message.outcome) == ("failed", "no_address")


def test_closed_customer_gets_no_newsletter_but_their_receipts() -> None:
    customer = subscriber()
    Customer.objects.filter(pk=customer.pk).update(closed_at=customer.created_at)

    assert after_sending(post(Customer.objects.get(pk=customer.pk))).outcome == "closed"
    assert after_sending(post(Customer.objects.get(pk=customer.pk), topic=REQUESTS)).status == "sent"


def test_people_organizations_and_the_privacy_contact_get_theirs() -> None:
    administrator = UserFactory.create(administrator=True)
    post(administrator, topic=PROVIDER_ALERTS)
    post(RecipientFactory.create(email="desk@contractor.example"), topic=AGREEMENTS)
    post(Audience.PROVIDER, topic=PROVIDER_ALERTS)

    sender.send_messages()

    assert [sent.to[0].partition("<")[2] or sent.to[0] for sent in mail.outbox] == [
        f"{administrator.email}>",
        "desk@contractor.example>",
        mail.outbox[2].to[0].partition("<")[2],
    ]
    assert OutboxMessage.objects.filter(status="sent").count() == 3


def test_who_may_no_longer_sign_in_gets_no_alerts() -> None:
    message = after_sending(post(UserFactory.create(administrator=True, is_active=False), topic=PROVIDER_ALERTS))

    assert (message.status, message.outcome) == ("suppressed", "shut_out")


class FailingBackend(EmailBackend):
    """A mail server that answers with what a test put into `errors`, then works."""

    errors: list[Exception] = []

    def send_messages(self, messages: Any) -> int:
        if self.errors:
            raise self.errors.pop(0)
        return int(super().send_messages(messages))


@pytest.fixture
def failing(settings: Any) -> list[Exception]:
    settings.EMAIL_BACKEND = f"{__name__}.FailingBackend"
    FailingBackend.errors = []
    return FailingBackend.errors


def test_message_is_tried_again_later_and_later(failing: list[Exception]) -> None:
    failing += [SMTPServerDisconnected("gone"), ConnectionRefusedError()]
    message = after_sending(post(subscriber()))
    assert (message.status, message.attempts, message.outcome) == ("pending", 1, "SMTPServerDisconnected")
    first_wait = message.due_at - message.created_at

    assert after_sending(message).attempts == 1  # not due yet
    now_due(message)
    message = after_sending(message)
    assert (message.attempts, message.outcome) == (2, "ConnectionRefusedError")
    assert message.due_at - message.created_at > 2 * first_wait

    now_due(message)
    message = after_sending(message)
    assert (message.status, message.attempts, message.outcome) == ("sent", 3, "")


def test_message_is_given_up_after_the_last_try_with_the_reason(failing: list[Exception]) -> None:
    failing += [SMTPServerDisconnected("gone")] * sender.MAX_ATTEMPTS
    message = post(subscriber())
    for _attempt in range(sender.MAX_ATTEMPTS):
        now_due(message)
        message = after_sending(message)

    assert (message.status, message.outcome) == ("failed", "SMTPServerDisconnected")
    assert message.settled_at is not None


def test_address_that_the_server_refuses_for_good_is_not_tried_again(failing: list[Exception]) -> None:
    failing.append(SMTPRecipientsRefused({"alex@home.example": (550, b"alex@home.example unknown")}))
    message = after_sending(post(subscriber()))

    assert (message.status, message.outcome) == ("failed", "SMTPRecipientsRefused 550")


def test_message_that_cannot_be_written_does_not_hold_up_the_next() -> None:
    customer = subscriber()
    broken, fine = post(customer, template="no_such_template"), post(customer)

    sender.send_messages()

    broken.refresh_from_db()
    fine.refresh_from_db()
    assert (broken.status, broken.outcome) == ("pending", "TemplateDoesNotExist")
    assert fine.status == "sent"


def test_facts_that_break_the_transaction_do_not_hold_up_the_next() -> None:
    customer = subscriber()
    post(customer, topic=REQUESTS, template="contact_chosen", choice="not-a-uuid")
    fine = post(customer)

    assert after_sending(fine).status == "sent"


def at_desk() -> OutboxMessage:
    """Return a letter that waits at the desk."""
    where = {"mailing_street": "1 Example Street", "mailing_city": "Valle Claro"}
    return after_sending(post(subscriber("post", **where)))


def test_letter_is_settled_by_staff_once() -> None:
    letter, staff = at_desk(), UserFactory.create(staff=True, bound=True)

    settled = settle_at_desk(message=letter, is_reached=True, by=Actor.of(staff))

    assert (settled.status, settled.settled_by) == ("sent", staff)
    with pytest.raises(MessageSettledError):
        settle_at_desk(message=letter, is_reached=True, by=Actor.of(staff))


def test_letter_that_the_customer_refused_meanwhile_is_not_sent() -> None:
    letter, staff = at_desk(), UserFactory.create(staff=True, bound=True)
    assert letter.customer is not None
    refuse_by_link(customer=letter.customer)

    with pytest.raises(MessageSettledError):
        settle_at_desk(message=letter, is_reached=True, by=Actor.of(staff))
    assert after_sending(letter).status == "suppressed"


def test_letter_is_not_sent_where_its_way_is_no_longer_approved() -> None:
    letter, staff = at_desk(), UserFactory.create(staff=True, bound=True)
    Customer.objects.filter(messages=letter).update(mailing_street="")

    with pytest.raises(NoLongerApprovedError):
        settle_at_desk(message=letter, is_reached=True, by=Actor.of(staff))


def test_changed_choice_sends_a_letter_by_the_new_way() -> None:
    letter = at_desk()
    customer = letter.customer
    assert customer is not None
    choose_contact(
        customer=customer,
        channels={**UNREFUSABLE, NEWSLETTER: ["email"]},
        method="telephone",
        reason="Called and wants it by e-mail.",
        by=Actor.of(staff_with(customer)),
    )

    assert (after_sending(letter).status, letter.channel) == ("sent", "email")


def test_failed_message_is_tried_again_when_staff_say_so() -> None:
    customer = subscriber("post")
    message = after_sending(post(customer))
    assert message.status == "failed"
    Customer.objects.filter(pk=customer.pk).update(mailing_street="1 Example Street", mailing_city="Valle Claro")

    retry_message(message=message, by=Actor.of(UserFactory.create(staff=True, bound=True)))

    assert after_sending(message).status == "at_desk"


def test_confirmation_of_what_staff_noted_says_it() -> None:
    customer = CustomerFactory.create()
    holder_of(customer)
    choose_contact(
        customer=customer,
        channels={**UNREFUSABLE, NEWSLETTER: ["post"]},
        method="telephone",
        reason="Called on 3 March and asked for it.",
        by=Actor.of(staff_with(customer)),
    )

    sender.send_messages()

    assert "- Newsletter: Post" in mail.outbox[0].body
    assert "- Surveys: none" in mail.outbox[0].body
    assert "/settings/messages/" in mail.outbox[0].body
