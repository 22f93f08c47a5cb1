"""A clerk with a stack of paper: what the last one said is there, repetitions are asked about, a slip is undone."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from accounts.errors import NotAllowedError
from accounts.models import Account, CustomerOpening, Recipient, User
from consent.errors import UndoOverError
from consent.models import Consent, ConsentVersion
from consent.selectors import consent_form
from consent.services import undo_grant, withdraw_consent
from ledger.actor import Actor
from protection.clock import provider_today
from tests.consent.factories import granted, last_act_on, staff_with
from tests.consent.test_desk_pages import scan
from tests.factories import AccountFactory, RecipientFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


class Clerk:
    """Staff with papers for one organization."""

    def __init__(self) -> None:
        self.user: User = UserFactory.create(staff=True, bound=True)
        self.client: Client = signed_in(self.user)
        self.recipient: Recipient = RecipientFactory.create()

    def begin(self, account: Account | str, **changes: str) -> Any:
        number = account if isinstance(account, str) else account.number
        subject = {"recipient": str(self.recipient.uuid), "purpose": "energy_analysis"}
        return self.client.post("/consents/log/", {"account": number, **subject, **changes})

    def paper(self, account: Account, **changes: Any) -> Any:
        """Enter a paper from the account number on; return the answer to the second step."""
        form = self.begin(account).headers["Location"]
        entered = {
            "field_ids": ["account.number"],
            "meters": "all",
            "data_from": "2024-01-01",
            "method": "paper",
            "signed_on": provider_today().isoformat(),
            "signer_name": account.customer.name,
            "service_address": f"{account.service_street} {account.service_postal_code}",
            "form_version": "CF-7",
            "notice_text": str(consent_form("es").pk),
            "evidence": scan(),
            "request_id": str(uuid4()),
            **changes,
        }
        return self.client.post(form, {name: value for name, value in entered.items() if value is not None})


@pytest.fixture
def clerk() -> Clerk:
    return Clerk()


def test_three_papers_go_in_and_what_the_last_said_is_there(clerk: Clerk) -> None:
    first, second = AccountFactory.create_batch(2)
    assert clerk.paper(first).headers["Location"] == "/consents/log/"
    start = text_of(clerk.client.get("/consents/log/"))
    assert f'value="{clerk.recipient.uuid}" selected' in start
    assert 'value="energy_analysis" selected' in start
    assert first.customer.name in start
    page = text_of(clerk.client.get(clerk.begin(second).headers["Location"]))
    for carried in ('value="2024-01-01"', 'value="CF-7"', f'value="{consent_form("es").pk}" selected'):
        assert carried in page
    assert re.search(r'value="paper"[^>]* checked', page)
    assert 'name="field_ids" value="account.number"' not in page or "checked" not in page.split("field_ids", 2)[1][:200]
    assert second.customer.name not in re.findall(r'<input[^>]*name="signer_name"[^>]*>', page)[0]


def test_the_customer_is_opened_with_a_reason_that_they_see(clerk: Clerk) -> None:
    account = AccountFactory.create()
    clerk.begin(account)
    opening = CustomerOpening.objects.get(customer=account.customer)
    assert (opening.user, opening.reason) == (clerk.user, "Recorded a signed consent form")
    clerk.begin(account)
    assert CustomerOpening.objects.count() == 1


def test_what_is_missing_is_said_beside_its_input(clerk: Clerk) -> None:
    assert "There is no such account" in text_of(clerk.begin("nonsense"))
    assert "Enter the account number on the form." in text_of(clerk.begin(""))
    assert "Choose the organization named on the form." in text_of(clerk.begin(AccountFactory.create(), recipient=""))
    page = text_of(clerk.paper(AccountFactory.create(), signer_name="", evidence=None))
    assert "Enter the name of the person who signed" in page
    assert not Consent.objects.exists()


def test_a_running_consent_to_the_same_is_asked_about_before_it_is_replaced(clerk: Clerk) -> None:
    account = AccountFactory.create()
    granted(customer=account.customer, recipient=clerk.recipient)
    page = text_of(clerk.paper(account))
    assert "This one would replace it." in page
    assert re.search(r'<input[^>]*type="checkbox"[^>]*name="confirmed"', page) or 'name="confirmed"' in page
    assert Consent.objects.get().version_count == 1
    clerk.paper(account, confirmed="on")
    assert Consent.objects.get().version_count == 2


def test_a_scan_that_was_recorded_before_is_asked_about(clerk: Clerk) -> None:
    one, other = AccountFactory.create_batch(2)
    clerk.paper(one)
    assert "The same scan was recorded on" in text_of(clerk.paper(other))
    assert Consent.objects.count() == 1
    clerk.paper(other, confirmed="on")
    assert Consent.objects.count() == 2


def test_the_same_form_sent_twice_is_not_taken_for_a_repetition(clerk: Clerk) -> None:
    account, request_id = AccountFactory.create(), str(uuid4())
    for _ in range(2):
        assert clerk.paper(account, request_id=request_id).status_code == 302
    assert ConsentVersion.objects.count() == 1


def test_a_slip_is_undone_by_a_withdrawal_that_says_so(clerk: Clerk) -> None:
    account = AccountFactory.create()
    clerk.paper(account)
    consent = Consent.objects.get()
    assert f"/consents/{consent.uuid}/undo/" in text_of(clerk.client.get("/consents/log/"))
    clerk.client.post(f"/consents/{consent.uuid}/undo/", {"note": "Wrong account"})
    act = last_act_on(Consent.objects.get())
    assert (act.kind, act.number, act.reason, act.method) == ("withdraw", 2, "Entered in error: Wrong account", "paper")
    assert f"/consents/{consent.uuid}/undo/" not in text_of(clerk.client.get("/consents/log/"))


def test_only_who_recorded_it_undoes_it_and_only_for_a_while(clerk: Clerk) -> None:
    account = AccountFactory.create()
    clerk.paper(account)
    consent = Consent.objects.get()
    with pytest.raises(NotAllowedError):
        undo_grant(consent=consent, by=Actor.of(staff_with(account.customer)))
    withdraw_consent(consent=consent, by=Actor.of(clerk.user))
    with pytest.raises(UndoOverError):
        undo_grant(consent=consent, by=Actor.of(clerk.user))


def test_after_a_quarter_of_an_hour_it_takes_the_customers_word(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    account = AccountFactory.create()
    clerk.paper(account)
    monkeypatch.setattr("consent.services.undoing.UNDO_WITHIN", timedelta(0))
    with pytest.raises(UndoOverError):
        undo_grant(consent=Consent.objects.get(), by=Actor.of(clerk.user))


def test_staff_without_an_agreement_record_nothing() -> None:
    client = signed_in(UserFactory.create(staff=True))
    assert client.get("/consents/log/").status_code == 403
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_customeropening")
        assert cursor.fetchone()[0] == 0
