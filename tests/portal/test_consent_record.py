"""The one page on which a privacy officer finds all that would be asked about a consent in a dispute."""

from html import unescape

import pytest

from consent.services import narrow_consent, withdraw_consent
from ledger.actor import Actor
from ledger.models import Entry
from tests.consent.factories import agreed, holder_of, last_act_on, offered, scope_of
from tests.disclosures.factories import FIELDS, Case
from tests.factories import UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


def test_one_page_says_all_that_would_be_asked_in_a_dispute() -> None:
    case = Case()
    holder = holder_of(case.customer)
    consent = agreed(holder, case.customer, offered(recipient=case.recipient), field_ids=FIELDS)
    release = case.released()
    granted = scope_of(consent)
    narrowed = narrow_consent(consent=consent, field_ids=["customer.name"], by=Actor.of(holder))
    ended = withdraw_consent(consent=narrowed, by=case.by, reason="Asked by telephone")
    page = unescape(signed_in(case.clerk).get(f"/consents/{consent.uuid}/record/").content.decode())
    assert granted.served_notice is not None
    assert granted.signature is not None
    entry = Entry.objects.get(pk=granted.entry_id)
    for shown in (
        granted.served_notice.sha256,
        "Data of which days: from 1 January 2024, no end",
        granted.signature["typed_name"],
        granted.signature["address"],
        bytes(entry.commitment).hex(),
        "3. Withdrawn",
        "2. Narrowed",
        "Asked by telephone",
        f"/disclosures/{release.uuid}/",
        f"/receipts/{last_act_on(ended).receipt.uuid}/",
        release.reason,
        "Nobody downloaded anything yet.",
        "None was due yet.",
    ):
        assert shown in page, shown


def test_what_a_clerk_compared_on_paper_is_on_the_page() -> None:
    case = Case()
    consent = case.consented()
    page = unescape(signed_in(case.clerk).get(f"/consents/{consent.uuid}/record/").content.decode())
    assert "Compared with our record" in page
    assert "Download the form of version 1" in page


def test_only_the_desk_that_opened_the_customer_reads_it() -> None:
    case = Case()
    consent = case.consented()
    address = f"/consents/{consent.uuid}/record/"
    assert "/open/" in signed_in(UserFactory.create(staff=True, bound=True)).get(address).headers["Location"]
    assert signed_in(holder_of(case.customer)).get(address).status_code == 403
