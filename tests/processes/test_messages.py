"""Messages as the real worker sends them, and two senders at once."""

from threading import Thread
from typing import Any

from celery import current_app
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection

from accounts.models import OutboxMessage
from consent import sender
from consent.services import choose_contact
from ledger.actor import Actor
from portal.schedule import SCHEDULE
from protection.rowsecurity import provider_rows
from tests.consent.factories import staff_with
from tests.consent.test_contact_choices import UNREFUSABLE
from tests.consent.test_sender import post, subscriber
from tests.factories import CustomerFactory
from tests.processes.conftest import Processes


class CuriousBackend(EmailBackend):
    """While one message is being sent, has another sender look for work."""

    found: list[int] = []

    def send_messages(self, messages: Any) -> int:
        thread = Thread(target=self._look)
        thread.start()
        thread.join()
        return int(super().send_messages(messages))

    def _look(self) -> None:
        self.found.append(sender.send_messages())
        connection.close()


def status_of(message: OutboxMessage) -> str:
    with provider_rows():
        message.refresh_from_db()
    return str(message.status)


def test_two_senders_send_a_message_once(committed_database: str) -> None:
    mail.outbox = []
    with provider_rows():
        message = post(subscriber())

    assert sender.send_next(CuriousBackend())

    assert CuriousBackend.found == [0]
    assert len(mail.outbox) == 1
    assert status_of(message) == "sent"


def test_worker_sends_what_was_posted(committed_database: str, processes: Processes) -> None:
    with provider_rows():
        customer = CustomerFactory.create(language="es")
        told = {"method": "telephone", "reason": "Called on 3 March and asked for it."}
        choose_contact(customer=customer, channels=UNREFUSABLE, by=Actor.of(staff_with(customer)), **told)
        message = OutboxMessage.objects.get(customer=customer)

    processes.start("worker")
    current_app.send_task(SCHEDULE["send messages"]["task"])
    processes.wait_for(lambda: status_of(message) == "sent")

    assert (message.channel, message.language) == ("email", "es")
    assert message.subject
