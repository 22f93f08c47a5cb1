"""Legal demands for tests: plainly fictitious papers of a plainly fictitious court."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.db import connection

from accounts.models import Account, Recipient
from disclosures.models import LegalDemand
from disclosures.services import take_in_demand
from disclosures.services.demands import DemandTerms, Named
from disclosures.services.orders import OrderTerms
from ledger.actor import Actor
from portal import databases
from protection.clock import provider_today
from protection.files import seal_bytes
from protection.models import SealedFile
from tests.factories import RecipientFactory

FIELDS = ("customer.name", "account.number", "usage.readings")
FROM, TO = date(2025, 3, 1), date(2025, 4, 1)
KINDS = {"emergency": Recipient.Kind.EMERGENCY_SERVICE}


def paper(name: str = "order.pdf") -> SealedFile:
    """Return a sealed document."""
    return seal_bytes(b"%PDF-1.7", name=name, content_type="application/pdf", retention_class="evidence")


def terms(kind: str = "subpoena", **changes: Any) -> DemandTerms:
    """Return what a demand of a kind says, with changes."""
    today = provider_today()
    values: dict[str, Any] = {
        "kind": kind,
        "case_number": "26-CV-0042",
        "authority": "Superior Court of Puerto Ejemplo",
        "requester_name": "Detective Dot Sample",
        "requester_capacity": "Investigator",
        "delivery_address": "1 Courthouse Square, Puerto Ejemplo, CA 90001",
        "field_ids": FIELDS,
        "data_from": FROM,
        "data_to": TO,
        "received_on": today,
        "due_on": today + timedelta(days=30),
        "document": paper(),
        **changes,
    }
    if kind == "emergency":
        values |= {"threat": "A missing child may be in the building.", "callback_note": "Called back on 555-0199."}
    if "recipient" not in values:
        values["recipient"] = RecipientFactory.create(kind=KINDS.get(kind, Recipient.Kind.COURT))
    return DemandTerms(**values)


def taken_in(
    account: Account, by: Actor, kind: str = "subpoena", *, order: OrderTerms | None = None, **changes: Any
) -> LegalDemand:
    """Return a demand that names the customer of an account, taken in."""
    named = [Named(customer=account.customer)]
    return take_in_demand(terms=terms(kind, **changes), named=named, by=by, order=order)


def secrecy(**changes: Any) -> OrderTerms:
    """Return an order not to tell, until it is lifted."""
    values = {"authority": "Superior Court", "citation": "18 U.S.C. 2705(b)", "document": paper("secrecy.pdf")}
    return OrderTerms(**{**values, **changes})


def let_days_pass(demand: LegalDemand, days: int) -> None:
    """Set the committed notice of a demand so many days back, as nobody can but a superuser."""
    administrator = replace(databases.administrator(), database=str(connection.settings_dict["NAME"]))
    with administrator.connect(autocommit=True) as superuser:
        superuser.execute("ALTER TABLE disclosures_demandevent DISABLE TRIGGER USER")
        superuser.execute(
            "UPDATE disclosures_demandevent SET served_on = served_on - %s, ends_on = ends_on - %s"
            " WHERE demand_id = %s AND what = 'notice_served'",
            [days, days, demand.pk],
        )
        for trigger in ("append_only_row", "append_only_truncate", "lawful_event"):
            superuser.execute(f"ALTER TABLE disclosures_demandevent ENABLE ALWAYS TRIGGER {trigger}")  # type: ignore[call-overload]
