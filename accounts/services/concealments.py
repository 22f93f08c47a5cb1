from django.db import transaction

from accounts.models import Concealment, Customer
from ledger.actor import Actor
from ledger.models import Entry
from ledger.services import record
from protection.clock import transaction_time

_END_COLUMNS = ("ended_at", "end_entry_id", "end_salt", "end_evidence")


@transaction.atomic
def begin_concealment(*, customer: Customer, origin: str) -> Concealment:
    """Hide from a customer what is done under an order from now on; the one that is running for `origin` counts.

    The upper package has checked the right. Nothing goes into the ledger under the customer's tag.
    """
    concealment, _is_new = Concealment.objects.running().get_or_create(customer=customer, origin=origin)
    return concealment


@transaction.atomic
def end_concealments(*, origin: str, reason: str, by: Actor) -> list[Concealment]:
    """Show the customers what was hidden from them under an order; return what ended now.

    For each of them an entry under their own tag names the hidden tag and all entries under it, so that from then on
    their history is complete again, and provably so.
    """
    running = Concealment.objects.running().filter(origin=origin).select_related("customer")
    return [_end(one, reason, by) for one in running.select_for_update(of=("self",)).order_by("pk")]


def _end(concealment: Concealment, reason: str, by: Actor) -> Concealment:
    now = transaction_time()
    entries = Entry.objects.filter(subject_tag=bytes(concealment.tag)).order_by("pk")
    witness = record(
        kind="concealment.ended",
        subject_tag=bytes(concealment.customer.tag),
        evidence={
            "by": by.evidence(),
            "concealment": concealment.uuid,
            "tag": bytes(concealment.tag).hex(),
            "began_at": concealment.began_at,
            "ended_at": now,
            "reason": reason,
            "entries": [
                {"entry": entry.pk, "kind": entry.kind, "commitment": bytes(entry.commitment).hex()}
                for entry in entries
            ],
        },
    )
    concealment.ended_at = now
    concealment.end_entry_id = witness.entry_id
    concealment.end_salt = witness.salt
    concealment.end_evidence = witness.evidence
    concealment.save(update_fields=_END_COLUMNS)
    return concealment
