"""What happened in the demo before you came: consents, a release, a correction, a request, a legal hold."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Protocol

from django.utils import translation

from accounts.models import Account, Recipient, User
from accounts.services import open_customer
from consent.models import Consent, Notice, Offer, Purpose
from consent.selectors import consent_form
from consent.services import (
    ProjectDetails,
    PurposeTerms,
    Signature,
    Words,
    approve_notice,
    approve_purpose,
    begin_rounds,
    draft_notice,
    edit_notice,
    file_project_request,
    go_on_with_round,
    make_offer,
    match_requests,
    propose_purpose,
    serve_agreement,
    sign_agreement,
    submit_notice,
    withdraw_consent,
)
from consent.statement import intent
from disclosures.gate import ReleaseRequest
from disclosures.models import LegalBasis
from disclosures.services import release_disclosure
from energy.selectors import months_before
from ledger.actor import Actor
from portal.demo.cast import Part
from portal.demo.demands import demand_by_law
from protection.clock import transaction_time
from retention.services import place_hold
from rights.services import correct_field, file_request

USAGE_FIELDS = ("account.number", "usage.readings")
_OFFICE = {
    "en": "Where to find us. Our privacy office answers questions about this notice; how to reach it stands below.",
    "es": "Dónde encontrarnos. Nuestra oficina de privacidad responde a preguntas; abajo se indica cómo contactarla.",
}
OFFERED_FIELDS = (*USAGE_FIELDS, "customer.name", "account.service_street", "account.service_city", "bill.consumption")


class Stage(Protocol):
    """What `portal.demo.seeding` has put together so far."""

    users: dict[str, User]
    recipients: dict[str, Recipient]

    def account_of(self, part: Part) -> Account | None: ...


def tell_story(stage: Stage, today: date) -> None:
    """Let the demo's people act, as far as the demo has the customers for it."""
    _publish_the_notice(stage, today)
    if (household := stage.account_of(Part.HOUSEHOLD)) is not None:
        _quote_for_the_household(stage, household, today)
        _request_from_outside(stage, household)
    if (spanish := stage.account_of(Part.QUARTER_HOURLY)) is not None:
        _consent_withdrawn_again(stage, spanish, today)
        _open_cases(stage, spanish)
        demand_by_law(spanish, today, Actor.of(stage.users["staff"]))
    if (held := stage.account_of(Part.UNDER_HOLD)) is not None:
        place_hold(
            customer=held.customer,
            reason="Billing dispute before the regulator, plainly fictitious case 26-0042",
            citation="Preservation demand of the provider's counsel",
            review_on=months_before(today, -6),
            by=Actor.of(stage.users["administrator"]),
        )


def _publish_the_notice(stage: Stage, today: date) -> None:
    """Have two administrators publish the provider's own privacy notice, which names the recipients; send it out.

    A new purpose waits for the notice after it, of which there is a draft.
    """
    first, second = Actor.of(stage.users["administrator"]), Actor.of(stage.users["deputy"])
    notice = draft_notice(kind=Notice.Kind.PRIVACY, by=first)
    words = {
        text.language: Words(text.title, f"{text.body}\n\n{_OFFICE[text.language]}") for text in notice.texts.all()
    }
    edit_notice(notice=notice, words=words, effective_from=today, by=first)
    submission = submit_notice(notice=notice, reason="Names the organizations that we work with", by=first)
    approve_notice(submission=submission, by=second)
    for run in begin_rounds():
        go_on_with_round(run=run, by=Actor.system("demo"))
    change = propose_purpose(
        code="heat_pump_advice",
        is_secondary=True,
        terms=PurposeTerms(
            name_en="Advise you on a heat pump",
            name_es="Aconsejarle sobre una bomba de calor",
            description_en="Work out from your energy use whether a heat pump would suit your home.",
            description_es="Calcular con su consumo si una bomba de calor conviene a su vivienda.",
            field_ids=(*USAGE_FIELDS, "account.service_city", "account.service_postal_code"),
            recipient_kinds=(Recipient.Kind.CONTRACTOR,),
            typical_months=12,
        ),
        reason="A program for heat pumps begins next year",
        by=first,
    )
    approve_purpose(change=change, by=second)
    draft_notice(kind=Notice.Kind.PRIVACY, by=first)


def _quote_for_the_household(stage: Stage, account: Account, today: date) -> None:
    """Have the holder agree that a solar company gets a year of usage, and staff release it."""
    holder, staff = Actor.of(stage.users["customer"]), Actor.of(stage.users["staff"])
    purpose = Purpose.objects.get(code="solar_quote")
    year_ago = months_before(today, 12)
    _sign(
        make_offer(
            recipient=stage.recipients["solar"],
            purpose=purpose,
            customer=None,
            field_ids=OFFERED_FIELDS,
            by=staff,
        ),
        account,
        data_from=year_ago,
        permission_to=months_before(today, -6),
        language="en",
        by=holder,
    )
    open_customer(customer=account.customer, reason="Release for the solar quote that the customer asked for", by=staff)
    release_disclosure(
        request=ReleaseRequest(
            recipient=stage.recipients["solar"],
            purpose=purpose,
            basis=LegalBasis.objects.get(code="written_consent"),
            customers=(account.customer,),
            field_ids=USAGE_FIELDS,
            data_from=year_ago,
            data_to=today,
            format="csv",
            reason="Quote for a solar roof",
        ),
        by=staff,
    )


def _request_from_outside(stage: Stage, account: Account) -> None:
    """Have a contractor ask the household for a project, and wait for the answer; and name somebody whom nobody is."""
    customer = account.customer
    wanted = ProjectDetails(
        purpose=Purpose.objects.get(code="energy_analysis"),
        program="Home Efficiency Fund",
        project="HEF-2041",
        description="Insulation of the attic; a year of usage shows what it saves.",
        funds=Decimal("1800.00"),
        contact_name="Robin Contractor",
        contact_email="robin@efficiency.example",
        field_ids=USAGE_FIELDS,
        months_back=12,
        account_number=account.number,
        customer_name=customer.name,
        postal_code=account.service_postal_code,
    )
    unknown = replace(wanted, project="HEF-2042", account_number="1000000000", customer_name="Nadia Nobody")
    for details in (wanted, unknown):
        file_project_request(
            recipient=stage.recipients["efficiency"], details=details, by=Actor.of(stage.users["recipient"])
        )
    match_requests(by=Actor.system("demo"))


def _consent_withdrawn_again(stage: Stage, account: Account, today: date) -> None:
    holder = Actor.of(stage.users["cliente"])
    offer = make_offer(
        recipient=stage.recipients["efficiency"],
        purpose=Purpose.objects.get(code="energy_analysis"),
        field_ids=OFFERED_FIELDS,
        months_back=24,
        by=Actor.of(stage.users["staff"]),
    )
    until = months_before(today, -12)
    consent = _sign(offer, account, data_from=months_before(today, 24), permission_to=until, language="es", by=holder)
    withdraw_consent(consent=consent, by=holder)


def _sign(offer: Offer, account: Account, *, data_from: date, permission_to: date, language: str, by: Actor) -> Consent:
    """Have a holder review what an offer asks for, narrow it to usage, and sign."""
    served = serve_agreement(
        offer=offer,
        customer=account.customer,
        field_ids=USAGE_FIELDS,
        data_from=data_from,
        permission_to=permission_to,
        notice_text=consent_form(language),
        by=by,
    )
    with translation.override(language):
        meant = intent()
    signature = Signature(
        typed_name=by.name, intent=meant, authenticated_at=transaction_time(), address="127.0.0.1", agent="Demo"
    )
    return sign_agreement(served=served, signature=signature, by=by)


def _open_cases(stage: Stage, account: Account) -> None:
    holder = Actor.of(stage.users["cliente"])
    customer = account.customer
    correct_field(
        customer=customer,
        row=customer,
        field_id="customer.name",
        value=f"{customer.name} Supuesto",
        reason="Cambié mi apellido",
        by=holder,
    )
    file_request(customer=customer, kind="access", text="Quiero una copia de todos mis datos.", by=holder)
