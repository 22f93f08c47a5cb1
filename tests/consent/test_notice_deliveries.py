"""Every customer is sent the privacy notice: on opening an account, once a year, and when it changed."""

from datetime import date, timedelta
from html import unescape

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.test import Client

from accounts.models import Customer, OutboxMessage
from consent.models import NoticeDelivery, NoticeRun
from consent.sender import send_messages
from consent.services import begin_rounds, deliver_to_new_accounts, go_on_with_round
from consent.tasks import deliver_notices
from ledger.actor import Actor
from protection.clock import provider_today, transaction_time
from protection.rowsecurity import subject_rows
from tests.consent.factories import holder_of, noticed
from tests.factories import LONG_AGO, AccountFactory, CustomerFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db

BY = Actor.system("test")


def customers(number: int, **account: object) -> list[Customer]:
    return [AccountFactory.create(**account).customer for _ in range(number)]


def go_through(run: NoticeRun, batch: int = 2) -> None:
    while go_on_with_round(run=run, by=BY, batch=batch):
        pass


def told(key: str) -> set[int]:
    return set(NoticeDelivery.objects.filter(key=key).values_list("customer_id", flat=True))


def ids(people: list[Customer]) -> set[int]:
    return {customer.pk for customer in people}


@transaction.atomic
def killed_in_a_batch(run: NoticeRun) -> None:
    go_on_with_round(run=run, by=BY, batch=2)
    raise KeyboardInterrupt


def test_the_notice_that_the_portal_was_shipped_with_is_sent_to_nobody() -> None:
    customers(1, opened_on=provider_today())
    assert begin_rounds() == []
    assert deliver_to_new_accounts(by=BY) == 0
    assert not NoticeDelivery.objects.exists()


def test_a_changed_notice_goes_to_every_customer_with_an_open_account_once() -> None:
    people = customers(5)
    customers(1, closed_on=provider_today())
    CustomerFactory.create()
    noticed()
    (run,) = begin_rounds()
    assert (run.key, run.total) == ("changed:2", 5)
    go_through(run)
    assert told("changed:2") == ids(people)
    run.refresh_from_db()
    assert (run.done, run.asked, run.share) == (5, 5, 1.0)
    assert OutboxMessage.objects.filter(template="privacy_notice").count() == 5


def test_a_round_that_runs_twice_asks_for_nothing_twice() -> None:
    customers(3)
    noticed()
    (run,) = begin_rounds()
    go_through(run)
    NoticeRun.objects.filter(pk=run.pk).update(finished_at=None, last_customer_id=0, done=0)
    go_through(run)
    assert NoticeDelivery.objects.count() == OutboxMessage.objects.filter(template="privacy_notice").count() == 3
    assert [each.key for each in begin_rounds()] == [f"yearly:{provider_today().year}"]
    assert NoticeRun.objects.filter(key="changed:2").count() == 1


def test_a_killed_round_goes_on_where_it_stood() -> None:
    people = customers(5)
    noticed()
    (run,) = begin_rounds()
    assert go_on_with_round(run=run, by=BY, batch=2)
    with pytest.raises(KeyboardInterrupt):
        killed_in_a_batch(run)
    assert len(told("changed:2")) == 2
    go_through(begin_rounds()[0])
    assert told("changed:2") == ids(people)
    assert OutboxMessage.objects.filter(template="privacy_notice").count() == 5


def test_the_round_of_a_year_leaves_out_whom_something_was_sent_to_this_year() -> None:
    early = customers(2)
    noticed()
    go_through(begin_rounds()[0])
    late = customers(2)
    year = provider_today().year
    (run,) = begin_rounds(day=date(year, 12, 1))
    assert run.key == f"yearly:{year}"
    go_through(run)
    assert told(run.key) == ids(late)
    assert begin_rounds(day=date(year, 12, 31)) == []
    assert told("changed:2") == ids(early)


def test_the_round_of_a_year_waits_for_its_day() -> None:
    noticed()
    go_through(begin_rounds()[0])
    year = provider_today().year
    assert begin_rounds(day=date(year + 1, 1, 31)) == []
    assert [run.key for run in begin_rounds(day=date(year + 1, 2, 1))] == [f"yearly:{year + 1}"]


def test_who_opens_an_account_gets_the_notice_once_for_it() -> None:
    noticed()
    (new,) = customers(1, opened_on=provider_today())
    customers(1, opened_on=LONG_AGO)
    assert deliver_to_new_accounts(by=BY) == 1
    assert deliver_to_new_accounts(by=BY) == 0
    delivery = NoticeDelivery.objects.get()
    assert (delivery.customer, delivery.occasion) == (new, "opened")


def test_a_round_leaves_room_for_other_messages() -> None:
    customers(3)
    noticed()
    (run,) = begin_rounds()
    go_through(run)
    due = list(
        OutboxMessage.objects.filter(template="privacy_notice").order_by("due_at").values_list("due_at", flat=True)
    )
    assert due[1] - due[0] == timedelta(seconds=0.2)
    assert due[0] >= run.created_at


def test_a_delivery_says_how_and_when_the_message_left_in_the_language_of_the_customer() -> None:
    people = customers(2)
    Customer.objects.filter(pk=people[1].pk).update(
        language="es", email="", mailing_street="1 Example Street", mailing_city="Valle Claro"
    )
    noticed()
    go_through(begin_rounds()[0])
    OutboxMessage.objects.filter(template="privacy_notice").update(due_at=transaction_time())
    assert send_messages() >= 2
    by_mail, by_post = (NoticeDelivery.objects.get(customer=customer) for customer in people)
    assert (by_mail.status, by_mail.channel, by_mail.language) == ("sent", "email", "en")
    assert by_mail.settled_at is not None
    assert (by_post.status, by_post.channel, by_post.language) == ("at_desk", "post", "es")
    (letter,) = (message for message in mail.outbox if people[0].email in message.to[0])
    assert letter.subject == "Our privacy notice changes"
    assert "/privacy/notices/privacy/2/" in letter.body
    assert "/privacy/notices/privacy/1/2/" in letter.body


def test_the_job_does_everything_and_once() -> None:
    people = customers(3)
    noticed()
    deliver_notices()
    deliver_notices()
    assert told("changed:2") == ids(people)
    assert NoticeDelivery.objects.count() == 3


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE consent_noticedelivery SET status = 'sent'",
        "DELETE FROM consent_noticedelivery",
        "DELETE FROM consent_noticerun",
    ],
)
def test_nobody_rewrites_who_was_sent_what(sql: str) -> None:
    customers(1)
    noticed()
    go_through(begin_rounds()[0])
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_customers_see_what_they_were_sent_and_nobody_elses() -> None:
    mine, other = customers(2)
    holder = holder_of(mine)
    noticed()
    go_through(begin_rounds()[0])
    with subject_rows(user_id=holder.pk, customers=[mine.pk]):
        assert set(NoticeDelivery.objects.values_list("customer", flat=True)) == {mine.pk}
    page = unescape(signed_in(holder).get("/privacy/received/").content.decode())
    assert "The notice changed" in page
    assert "Version 2" in page
    assert other.name not in page


def test_staff_find_what_a_customer_was_sent() -> None:
    mine, other = customers(2)
    noticed()
    go_through(begin_rounds()[0])
    client: Client = signed_in(UserFactory.create(staff=True, bound=True))
    page = unescape(client.get("/notices/deliveries/", {"q": mine.accounts.get().number}).content.decode())
    assert mine.name in page
    assert other.name not in page
    assert "changed:2" in page
