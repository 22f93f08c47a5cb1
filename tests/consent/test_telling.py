"""What customers and organizations are told: each receipt, and once a year that a consent still runs."""

from datetime import date, timedelta

import pytest

from accounts.errors import NotAllowedError
from accounts.models import OutboxMessage
from consent.mail import write
from consent.models import Consent, Receipt, Reminder
from consent.selectors import waiting_reminder
from consent.services import announce_receipts, keep_consent, narrow_consent, remind_of_consents, withdraw_consent
from ledger.actor import Actor
from protection.clock import provider_today
from tests.consent.factories import granted, holder_of
from tests.factories import AccountFactory, CustomerFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db
BEAT = Actor.system("beat")


def days(count: int) -> date:
    return provider_today() + timedelta(days=count)


@pytest.fixture
def consent() -> Consent:
    return granted(customer=AccountFactory.create().customer)


def test_customer_and_organization_are_told_of_each_receipt_once(consent: Consent) -> None:
    withdraw_consent(consent=consent, by=Actor.of(holder_of(consent.customer)))
    assert announce_receipts(by=BEAT) == 2
    assert announce_receipts(by=BEAT) == 0
    messages = OutboxMessage.objects.filter(template="consent_receipt")
    assert sorted(messages.values_list("addressee", flat=True)) == ["customer", "customer", "recipient", "recipient"]
    for language in ("en", "es"):
        written = write(messages.order_by("pk").first(), language, "email")
        assert str(Receipt.objects.order_by("pk").first().uuid) in written.text
        assert consent.recipient.legal_name in written.page


def test_a_running_residential_consent_is_reminded_of_once_a_year_whatever_runs_twice(consent: Consent) -> None:
    assert remind_of_consents(day=days(300), by=BEAT) == 0
    assert remind_of_consents(day=days(366), by=BEAT) == 1
    assert remind_of_consents(day=days(366), by=BEAT) == 0
    reminder = Reminder.objects.get()
    assert (reminder.consent, reminder.customer) == (consent, consent.customer)
    (message,) = OutboxMessage.objects.filter(template="consent_reminder")
    text = write(message, "en", "email").text
    assert consent.recipient.legal_name in text
    assert f"/consents/{consent.uuid}/" in text


def test_what_ended_or_is_not_residential_or_was_changed_is_not_reminded_of(consent: Consent) -> None:
    business, ended = (granted(customer=AccountFactory.create().customer) for _ in range(2))
    business.customer.accounts.update(customer_class="commercial")
    withdraw_consent(consent=ended, by=Actor.of(holder_of(ended.customer)))
    granted(customer=CustomerFactory.create())  # has no account at all
    assert remind_of_consents(day=days(366), by=BEAT) == 1
    assert Reminder.objects.get().consent == consent


def test_keeping_narrowing_and_withdrawing_each_answer_a_reminder(consent: Consent) -> None:
    by = Actor.of(holder_of(consent.customer))
    others = [granted(customer=consent.customer) for _ in range(2)]
    assert remind_of_consents(day=days(366), by=BEAT) == 3
    assert keep_consent(consent=consent, by=by) is not None
    assert keep_consent(consent=consent, by=by) is None
    withdraw_consent(consent=others[0], by=by)
    for each in (consent, others[0]):
        each.refresh_from_db()
        assert waiting_reminder(each) is None
    assert waiting_reminder(others[1]) is not None
    narrowed = narrow_consent(consent=others[1], field_ids=["customer.name"], by=by)
    assert narrowed.is_granted


def test_a_stranger_keeps_nothing(consent: Consent) -> None:
    with pytest.raises(NotAllowedError):
        keep_consent(consent=consent, by=Actor.of(holder_of(CustomerFactory.create())))


def test_the_page_asks_a_reminded_customer_and_takes_the_answer(consent: Consent) -> None:
    client = signed_in(holder_of(consent.customer))
    address = f"/consents/{consent.uuid}/"
    assert "Do you still want this?" not in client.get(address).content.decode()
    remind_of_consents(day=days(366), by=BEAT)
    page = client.get(address).content.decode()
    assert "Do you still want this?" in page
    assert "Withdraw this consent" in page
    assert "Give less data" in page
    page = client.post(f"{address}keep/", follow=True).content.decode()
    assert "We remind you again in a year." in page
    assert "Do you still want this?" not in page
