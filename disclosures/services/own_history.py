import io
from dataclasses import dataclass

from django.db import transaction

from accounts.models import Customer
from accounts.permissions import can_see_customer
from accounts.selectors import active_user
from accounts.services import record_act
from disclosures.errors import NotAllowedError
from disclosures.own_history import OwnFilter
from disclosures.packaging.own_paper import own_paper
from disclosures.packaging.own_proof import own_document
from disclosures.packaging.own_rows import COLUMNS, own_rows
from disclosures.packaging.spreadsheet import SpreadsheetWriter
from ledger.actor import Actor
from ledger.signing import document_text

TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json", "pdf": "application/pdf"}


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A file for the customer."""

    name: str
    content_type: str
    content: bytes


@transaction.atomic
def hand_over_history(*, customer: Customer, form: str, filters: OwnFilter, by: Actor) -> OwnFile:
    """Write a customer's own history as `form` (csv, json or pdf) and enter in the ledger that it was taken.

    Table and paper are filtered; the signed document is always whole, since only the whole can be proven complete.
    Raises NotAllowedError for who may not see the customer.
    """
    user = active_user(by)
    if user is None or not can_see_customer(user, customer):
        raise NotAllowedError
    writers = {"csv": _table, "json": _document, "pdf": _paper}
    content = writers[form](customer, filters, by)
    facts = {"customer": customer.uuid, "format": form}
    record_act(kind="history.taken", by=by, facts=facts, row_uuid=customer.uuid, customer=customer)
    return OwnFile(f"who-has-my-data.{form}", TYPES[form], content)


def _table(customer: Customer, filters: OwnFilter, by: Actor) -> bytes:
    text = io.StringIO(newline="")
    writer = SpreadsheetWriter(text, COLUMNS)
    for row in own_rows(customer, filters):
        writer.write(row)
    return text.getvalue().encode()


def _document(customer: Customer, filters: OwnFilter, by: Actor) -> bytes:
    return document_text(own_document(customer, by=by.name)).encode()


def _paper(customer: Customer, filters: OwnFilter, by: Actor) -> bytes:
    return own_paper(customer, list(own_rows(customer, filters)), own_document(customer, by=by.name))
