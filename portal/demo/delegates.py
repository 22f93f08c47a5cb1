"""Who acts for whom in the demo: a minor's guardian, whom staff verified, and a household's agent."""

from datetime import date, timedelta
from io import BytesIO

from pikepdf import Pdf

from accounts.matching import SignatureCheck
from accounts.models import Account
from accounts.services import Verification, authorise_agent, link_guardian, open_customer
from energy.selectors import months_before
from ledger.actor import Actor
from portal.demo.cast import Part
from portal.demo.story import Stage
from protection.evidence import CleanEvidence


def verify_guardian(stage: Stage, account: Account, today: date) -> None:
    """Have staff verify the minor's guardian, before whose consent nothing of the minor is taken."""
    staff = Actor.of(stage.users["staff"])
    open_customer(customer=account.customer, reason="The mother came to the desk", by=staff)
    link_guardian(
        customer=account.customer,
        guardian=stage.users["guardian"],
        verification=Verification(
            relation="parent",
            proof="birth_certificate",
            identity_document="driver_license",
            method="in_person",
            verified_on=today,
            approved_on=today,
        ),
        by=staff,
    )


def name_agent(stage: Stage, today: date) -> None:
    """Take in the household's permission for an agent, who may correct and withdraw."""
    staff = Actor.of(stage.users["staff"])
    if (household := stage.account_of(Part.HOUSEHOLD)) is not None:
        open_customer(customer=household.customer, reason="A signed permission for an agent came", by=staff)
        _authorise(stage, household, today, staff)


def _authorise(stage: Stage, account: Account, today: date, staff: Actor) -> None:
    customer = account.customer
    address = f"{account.service_street}, {account.service_city} {account.service_postal_code}"
    paper = CleanEvidence(
        name="permission.pdf", content_type="application/pdf", content=_blank_page(), original_sha256="0" * 64
    )
    authorise_agent(
        customer=customer,
        agent=stage.users["agent"],
        acts=["correct", "withdraw"],
        valid_from=today,
        valid_to=months_before(today, -12),
        signed_on=today - timedelta(days=3),
        signer_name=customer.name,
        identity_document="passport",
        evidence=paper,
        check=SignatureCheck(service_address=address),
        by=staff,
    )


def _blank_page() -> bytes:
    """Return a PDF of one empty page, which stands for the scan of the permission."""
    page = BytesIO()
    with Pdf.new() as paper:
        paper.add_blank_page()
        paper.save(page)
    return page.getvalue()
