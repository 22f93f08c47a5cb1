"""Agreeing in the portal: what is served is what is signed, and only by whom it was served to."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from accounts.errors import NotAllowedError
from accounts.models import Customer, Member, User
from consent.errors import (
    AgreementOutdatedError,
    ConsentError,
    FieldsNotCoveredError,
    MethodError,
    NameDiffersError,
    OfferClosedError,
    OfferMadeError,
    RecipientStoppedError,
    SignatureMissingError,
    UsagePointsUnknownError,
)
from consent.models import ConsentVersion, Offer, OfferDecline, Receipt, ServedNotice
from consent.models.served import sha256_of
from consent.selectors import consent_form
from consent.services import (
    close_offer,
    decline_offer,
    expire_consent,
    grant_consent,
    narrow_consent,
    serve_agreement,
    sign_agreement,
    withdraw_consent,
)
from energy.models import UsagePoint
from ledger.actor import Actor
from ledger.models import Entry
from ledger.verify import main as verify
from protection.clock import provider_today
from tests.consent.factories import (
    FIELDS,
    agreed,
    granted,
    holder_of,
    last_act_on,
    offered,
    scope_of,
    signature_of,
    staff_with,
    terms,
)
from tests.factories import AccountFactory, CustomerFactory, RecipientFactory, UserFactory

pytestmark = pytest.mark.django_db


class Signing:
    """A customer with a holder and a meter, and what an organization asks for."""

    def __init__(self) -> None:
        self.customer: Customer = CustomerFactory.create()
        self.holder: User = holder_of(self.customer)
        self.offer = offered(project="Roof 7")
        account = self.customer.accounts.get()
        self.point = UsagePoint.objects.create(account=account, identifier="UsagePoint/1", title="House")

    @property
    def by(self) -> Actor:
        return Actor.of(self.holder)

    def serve(self, **changes: Any) -> ServedNotice:
        chosen = {
            "field_ids": FIELDS,
            "data_from": date(2024, 1, 1),
            "notice_text": consent_form("en"),
            "by": self.by,
            **changes,
        }
        return serve_agreement(offer=self.offer, customer=self.customer, **chosen)


@pytest.fixture
def signing() -> Signing:
    return Signing()


def test_what_is_on_the_screen_is_kept_word_by_word_before_anything_is_signed(signing: Signing) -> None:
    served = signing.serve(
        usage_point_ids=[signing.point.pk], data_to=date(2025, 1, 1), permission_to=provider_today() + timedelta(100)
    )
    for shown in (
        signing.offer.recipient.legal_name,
        signing.offer.purpose.name_en,
        signing.customer.name,
        "Roof 7",
        "Which meters: House",
        "Data of which days: 1 January 2024 to 31 December 2024",
        "Account number",
        *(" ".join(paragraph.split()) for paragraph in consent_form("en").body.split("\n\n")),
    ):
        assert shown in served.text
    assert served.sha256 == sha256_of(served.text)
    assert (served.served_to, served.user, served.language) == (signing.holder.name, signing.holder, "en")
    assert not ConsentVersion.objects.exists()


def test_an_agreement_is_served_in_spanish_where_the_page_is(signing: Signing) -> None:
    served = signing.serve(notice_text=consent_form("es"))
    assert signing.offer.purpose.name_es in served.text
    assert " ".join(consent_form("es").body.split()) in " ".join(served.text.split())
    assert "2024" in served.text


def test_signing_records_intent_name_time_device_and_the_hash_of_the_exact_text(signing: Signing) -> None:
    served = signing.serve()
    consent = sign_agreement(served=served, signature=signature_of(signing.holder), by=signing.by)
    version = scope_of(consent)
    assert (version.method, version.served_notice, version.signed_on) == ("portal", served, provider_today())
    assert version.signature is not None
    assert version.signature["text_sha256"] == served.sha256
    assert {version.signature[name] for name in ("typed_name", "intent", "address", "agent")} == {
        signing.holder.name,
        "I agree.",
        "192.0.2.7",
        "Test",
    }
    assert version.signature["authenticated_at"]
    evidence = version.evidence_json
    assert (evidence["signature"], evidence["served"]["sha256"]) == (version.signature, served.sha256)
    assert consent.project == "Roof 7"


def test_signed_twice_is_one_consent(signing: Signing) -> None:
    served = signing.serve()
    first, again = (
        sign_agreement(served=served, signature=signature_of(signing.holder), by=signing.by) for _ in range(2)
    )
    assert first == again
    assert ConsentVersion.objects.count() == 1


@pytest.mark.parametrize("typed", ["  pat   EXAMPLE {n} ", "Pat Example {n}"])
def test_the_typed_name_is_compared_as_people_read_it(signing: Signing, typed: str) -> None:
    name = typed.format(n=signing.holder.name.rsplit(maxsplit=1)[-1])
    assert sign_agreement(
        served=signing.serve(), signature=signature_of(signing.holder, typed_name=name), by=signing.by
    ).is_granted


@pytest.mark.parametrize(
    ("typed", "error"),
    [("", SignatureMissingError), ("  ", SignatureMissingError), ("Somebody Else", NameDiffersError)],
)
def test_without_the_signers_own_name_nothing_is_signed(
    signing: Signing, typed: str, error: type[ConsentError]
) -> None:
    with pytest.raises(error) as refused:
        sign_agreement(served=signing.serve(), signature=signature_of(signing.holder, typed_name=typed), by=signing.by)
    assert refused.value.field == "typed_name"
    assert not ConsentVersion.objects.exists()


def test_only_who_may_agree_is_asked(signing: Signing) -> None:
    other = Actor.of(holder_of(signing.customer, part=Member.Part.ADULT_MEMBER))
    with pytest.raises(NotAllowedError):
        signing.serve(by=other)
    with pytest.raises(NotAllowedError):
        decline_offer(offer=signing.offer, customer=signing.customer, by=other)
    agent = Actor.of(holder_of(signing.customer, part=Member.Part.AGENT))
    assert signing.serve(by=agent).served_to == agent.name


def test_nobody_signs_what_was_put_before_somebody_else(signing: Signing) -> None:
    served, other = signing.serve(), holder_of(signing.customer)
    with pytest.raises(NotAllowedError):
        sign_agreement(served=served, signature=signature_of(other), by=Actor.of(other))


def test_staff_do_not_sign_for_the_customer(signing: Signing) -> None:
    staff = staff_with(signing.customer)
    with pytest.raises(NotAllowedError):
        signing.serve(by=Actor.of(staff))
    details = terms(method="paper", signature=signature_of(staff), served=signing.serve())
    with pytest.raises(MethodError):
        grant_consent(customer=signing.customer, recipient=signing.offer.recipient, by=Actor.of(staff), **details)


def test_more_than_is_asked_for_cannot_be_agreed_to(signing: Signing) -> None:
    with pytest.raises(FieldsNotCoveredError):
        signing.serve(field_ids=["customer.email"])
    with pytest.raises(FieldsNotCoveredError):
        signing.serve(field_ids=[])
    foreign = UsagePoint.objects.create(account=AccountFactory.create(), identifier="UsagePoint/2")
    with pytest.raises(UsagePointsUnknownError):
        signing.serve(usage_point_ids=[foreign.pk])


def test_an_offer_that_was_closed_meanwhile_is_not_signed(signing: Signing) -> None:
    served = signing.serve()
    close_offer(offer=signing.offer, by=Actor.of(UserFactory.create(staff=True, bound=True)))
    with pytest.raises(OfferClosedError):
        sign_agreement(served=served, signature=signature_of(signing.holder), by=signing.by)
    with pytest.raises(OfferClosedError):
        signing.serve()


def test_an_offer_to_one_customer_is_none_to_another(signing: Signing) -> None:
    other = CustomerFactory.create()
    signing.offer = offered(customer=other, by=Actor.of(staff_with(other)))
    with pytest.raises(OfferClosedError):
        signing.serve()


def test_what_was_shown_on_another_day_is_shown_anew(signing: Signing) -> None:
    served = signing.serve()
    yesterday = (provider_today() - timedelta(days=1)).isoformat()
    served.terms = {**(served.terms or {}), "permission_from": yesterday}
    with pytest.raises(AgreementOutdatedError):
        sign_agreement(served=served, signature=signature_of(signing.holder), by=signing.by)


def test_declining_is_kept_once_and_bars_nothing(signing: Signing) -> None:
    for _ in range(2):
        decline_offer(offer=signing.offer, customer=signing.customer, by=signing.by)
    assert OfferDecline.objects.count() == 1
    assert agreed(signing.holder, signing.customer, signing.offer).is_granted


def test_an_organization_asks_for_a_purpose_once() -> None:
    first = offered()
    with pytest.raises(OfferMadeError):
        offered(recipient=first.recipient)
    close_offer(offer=first, by=Actor.of(UserFactory.create(staff=True, bound=True)))
    assert offered(recipient=first.recipient).pk != first.pk
    assert Offer.objects.open().count() == 1


def test_only_the_bound_desk_makes_offers_and_only_for_who_may_receive() -> None:
    for user in (UserFactory.create(), UserFactory.create(staff=True), UserFactory.create(auditor=True, bound=True)):
        with pytest.raises(NotAllowedError):
            offered(by=Actor.of(user))
    with pytest.raises(NotAllowedError):
        offered(customer=CustomerFactory.create())  # nobody opened this customer
    stopped = RecipientFactory.create(stopped_at="2026-01-01T00:00Z", stopped_by=UserFactory.create(staff=True))
    with pytest.raises(RecipientStoppedError):
        offered(recipient=stopped)


def record_in(receipt: Receipt) -> dict[str, Any]:
    record: dict[str, Any] = receipt.document["payload"]["dpv:hasRecordOfActivity"]
    return record


def test_every_act_has_its_signed_receipt(signing: Signing) -> None:
    consent = agreed(signing.holder, signing.customer, signing.offer)
    narrow_consent(consent=consent, field_ids=["customer.name"], by=signing.by)
    withdraw_consent(consent=consent, by=signing.by)
    receipts = Receipt.objects.order_by("pk")
    events = [record_in(receipt)["dpv:hasConsentStatus"] for receipt in receipts]
    assert [event["@type"] for event in events] == [
        "dpv:ConsentGiven",
        "dpv:RenewedConsentGiven",
        "dpv:ConsentWithdrawn",
    ]
    ledger = [receipt.document["payload"]["ledger"]["entry"] for receipt in receipts]
    assert ledger == list(consent.versions.order_by("number").values_list("entry_id", flat=True))
    assert Entry.objects.filter(pk__in=ledger).count() == 3


def test_the_end_of_a_closed_account_has_its_receipt_too() -> None:
    customer = AccountFactory.create().customer
    consent = granted(customer=customer)
    customer.accounts.update(closed_on=provider_today())
    ended = expire_consent(consent=consent, by=Actor.system("beat"))
    event = record_in(last_act_on(ended).receipt)["dpv:hasConsentStatus"]
    assert (event["@type"], event["cause"], event["dpv:isIndicatedBy"]) == (
        "dpv:ConsentExpired",
        "account_closed",
        {"role": "system"},
    )


def test_a_receipt_says_what_was_agreed_to_in_the_terms_of_the_standard(signing: Signing) -> None:
    consent = agreed(signing.holder, signing.customer, signing.offer, usage_point_ids=[signing.point.pk])
    receipt = Receipt.objects.get()
    payload, record = receipt.document["payload"], record_in(receipt)
    (process, notice) = record["dpv:hasProcess"], record["dpv:hasNotice"]
    assert payload["@type"] == "dpv:ConsentReceipt"
    assert "ISO/IEC TS 27560:2023" in payload["dct:conformsTo"]
    assert record["dct:identifier"] == str(consent.uuid)
    assert record["dpv:hasDataSubject"]["dct:identifier"] == str(signing.customer.uuid)
    assert [data["dct:identifier"] for data in process["dpv:hasPersonalData"]] == sorted(FIELDS)
    assert process["usage_points"] == [str(signing.point.uuid)]
    assert process["data_period"] == {"first_day": "2024-01-01", "last_day": None}
    assert process["dpv:hasDuration"]["first_day"] == provider_today().isoformat()
    assert process["dpv:hasRecipient"]["dct:title"] == consent.recipient.legal_name
    assert process["dpv:hasPurpose"]["dct:title"]["es"] == consent.purpose.name_es
    assert notice["served"]["sha256"] == scope_of(consent).served_notice.sha256
    signature = record["dpv:hasConsentStatus"]["signature"]
    assert signature["typed_name"] == signing.holder.name
    assert "address" not in signature


def test_a_receipt_is_verified_offline_and_an_altered_one_is_not(signing: Signing, tmp_path: Path) -> None:
    agreed(signing.holder, signing.customer, signing.offer)
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(Receipt.objects.get().document))
    assert verify([str(file)]) == 0
    altered = file.read_text().replace("customer.name", "customer.email")
    file.write_text(altered)
    assert verify([str(file)]) == 1
