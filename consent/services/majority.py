"""Coming of age: the customer and the guardians are told beforehand and on the day, and the customer is asked anew."""

from datetime import date, timedelta

from accounts.models import Customer, Guardianship, User
from accounts.services import end_at_majority, post_message
from accounts.topics import AGREEMENTS
from consent.models import Consent, Offer
from consent.services.versions import take_turns
from ledger.actor import Actor
from protection.clock import provider_today
from protection.rowsecurity import provider_rows

TOLD_BEFORE = timedelta(days=30)
"""How long before the eighteenth birthday it is said what will change."""
_MOST_MONTHS = 120


def tell_of_majority(*, by: Actor) -> int:
    """Tell of each customer with a guardian who comes of age soon, and of each who has; return how many came of age.

    At majority the guardian's right is over by the clock; this records the end, and asks the customer by offers for
    what the guardian agreed to. Run twice, or by two at once, each is told and asked once.
    """
    with provider_rows():
        today = provider_today()
        standing = Guardianship.objects.filter(ended_at__isnull=True).select_related("customer")
        dated = [(row.pk, row.customer.of_age_on) for row in standing.order_by("pk")]
    soon = [pk for pk, day in dated if day is not None and today < day <= today + TOLD_BEFORE]
    grown = [pk for pk, day in dated if day is not None and day <= today]
    for pk in soon:
        with provider_rows():
            _tell(Guardianship.objects.select_related("customer", "guardian").get(pk=pk), "majority_soon", by)
    for pk in grown:
        with provider_rows():
            take_turns(f"majority {pk}")
            guardianship = Guardianship.objects.select_related("customer", "guardian").get(pk=pk)
            _tell(guardianship, "majority_reached", by)
            _ask_anew(guardianship.customer, today)
            end_at_majority(guardianship=guardianship, by=by)
    return len(grown)


def _tell(guardianship: Guardianship, template: str, by: Actor) -> None:
    customer = guardianship.customer
    to: tuple[Customer | User, ...] = (customer, guardianship.guardian)
    for each in to:
        post_message(
            topic=AGREEMENTS,
            to=each,
            template=template,
            context={"customer": customer.uuid, "day": customer.of_age_on},
            dedup_key=f"{template}:{customer.uuid}:{each.uuid}",
            by=by,
        )


def _ask_anew(customer: Customer, today: date) -> None:
    """Ask the customer for what a guardian agreed to and that still stands, unless they are asked for it already."""
    given = Consent.objects.filter(customer=customer, is_granted=True, scope_version__guardianship__isnull=False)
    for consent in given.select_related("scope_version").order_by("pk"):
        scope = consent.scope_version
        same = (
            Offer.objects.open()
            .for_customer(customer)
            .filter(recipient=consent.recipient_id, purpose=consent.purpose_id, project=consent.project)
        )
        if scope is None or scope.data_from is None or scope.recorded_by_id is None or same.exists():
            continue
        months = (today.year - scope.data_from.year) * 12 + today.month - scope.data_from.month + 1
        Offer.objects.create(
            recipient_id=consent.recipient_id,
            purpose_id=consent.purpose_id,
            project=consent.project,
            customer=customer,
            field_ids=scope.field_ids,
            months_back=min(max(months, 0), _MOST_MONTHS),
            created_by_id=scope.recorded_by_id,
        )
