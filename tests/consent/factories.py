"""Consents for tests, given through the service, so that ledger and head are as in life."""

from datetime import date, timedelta
from typing import Any

from accounts.models import Customer, User
from accounts.services import open_customer
from consent.models import Consent, ConsentVersion, Notice, Offer, Purpose
from consent.selectors import consent_form
from consent.services import (
    Signature,
    Words,
    approve_notice,
    draft_notice,
    edit_notice,
    grant_consent,
    make_offer,
    serve_agreement,
    sign_agreement,
    submit_notice,
)
from ledger.actor import Actor
from protection.clock import provider_today, transaction_time
from protection.evidence import CleanEvidence
from tests.factories import AccountFactory, CustomerFactory, MemberFactory, RecipientFactory, UserFactory

SCANNED = CleanEvidence(name="form.pdf", content_type="application/pdf", content=b"%PDF-1.7", original_sha256="0" * 64)
FIELDS = ("account.number", "customer.name")


def staff_with(customer: Customer) -> User:
    """Return a bound staff user who has opened the customer."""
    user = UserFactory.create(staff=True, bound=True)
    open_customer(customer=customer, reason="The customer sent us a form.", by=Actor.of(user))
    return user


def holder_of(customer: Customer, **membership: Any) -> User:
    """Return a user who holds an account of the customer."""
    return MemberFactory.create(account=AccountFactory.create(customer=customer), **membership).user


def terms(**changes: Any) -> dict[str, Any]:
    """Return what grant_consent takes for a paper form signed yesterday, with changes."""
    return {
        "purpose": Purpose.objects.get(code="energy_analysis"),
        "field_ids": FIELDS,
        "data_from": date(2024, 1, 1),
        "method": "paper",
        "signed_on": provider_today() - timedelta(days=1),
        "signer_name": "Alex Sample",
        "evidence": SCANNED,
        "notice_text": consent_form("en"),
        **changes,
    }


def granted(**changes: Any) -> Consent:
    """Return a consent on paper that runs from today; `customer`, `recipient`, `by` and terms may be given."""
    customer = changes.pop("customer", None) or CustomerFactory.create()
    recipient = changes.pop("recipient", None) or RecipientFactory.create()
    by = changes.pop("by", None) or Actor.of(staff_with(customer))
    return grant_consent(customer=customer, recipient=recipient, by=by, **terms(**changes))


def signature_of(user: User, **changes: Any) -> Signature:
    """Return how a user signs in the portal."""
    signed = {
        "typed_name": user.name,
        "intent": "I agree.",
        "authenticated_at": transaction_time(),
        "address": "192.0.2.7",
        "agent": "Test",
    }
    return Signature(**{**signed, **changes})


def offered(**changes: Any) -> Offer:
    """Return an offer for every customer, of data that an energy analysis needs."""
    terms = {
        "recipient": changes.pop("recipient", None) or RecipientFactory.create(),
        "purpose": Purpose.objects.get(code="energy_analysis"),
        "field_ids": (*FIELDS, "usage.readings"),
        "months_back": 120,
        "by": Actor.of(UserFactory.create(staff=True, bound=True)),
        **changes,
    }
    return make_offer(**terms)


def agreed(holder: User, customer: Customer, offer: Offer | None = None, **choice: Any) -> Consent:
    """Have a holder review an offer in the portal and sign it."""
    by = Actor.of(holder)
    chosen = {"field_ids": FIELDS, "data_from": date(2024, 1, 1), "notice_text": consent_form("en"), **choice}
    served = serve_agreement(offer=offer or offered(), customer=customer, by=by, **chosen)
    return sign_agreement(served=served, signature=signature_of(holder), by=by)


def scope_of(consent: Consent) -> ConsentVersion:
    """Return the version that says what the consent covers, or covered."""
    assert consent.scope_version is not None
    return consent.scope_version


def last_act_on(consent: Consent) -> ConsentVersion:
    """Return the newest version."""
    assert consent.current_version is not None
    return consent.current_version


def noticed(kind: str = "privacy", *, by: tuple[Actor, Actor] | None = None, **changes: Any) -> Notice:
    """Publish the next version of a notice, today by default: one administrator submits it, another approves it."""
    first, second = by or (administrator(), administrator())
    notice = draft_notice(kind=kind, by=first)
    words = changes.pop("words", None) or {
        text.language: Words(f"{text.title} {notice.number}", text.body) for text in notice.texts.all()
    }
    edit_notice(notice=notice, words=words, by=first, **{"effective_from": provider_today(), **changes})
    submission = submit_notice(notice=notice, reason="A new version is due", by=first)
    return approve_notice(submission=submission, by=second)


def administrator() -> Actor:
    """Return an administrator who is bound to confidentiality."""
    return Actor.of(UserFactory.create(administrator=True, bound=True))
