from collections.abc import Iterable, Iterator
from datetime import date

from django.db import transaction

from accounts.models import Role, User
from accounts.services import post_message
from accounts.topics import PROVIDER_REMINDERS
from ledger.actor import Actor
from protection.clock import provider_today
from retention.models import LegalHold

REMINDED_BEFORE_DAYS = (7, 30)
"""So many days before a review its people are written to; once overdue, every week."""

TEMPLATE = "hold_review_due"


@transaction.atomic
def remind_of_holds(*, by: Actor) -> int:
    """Ask for the reminders of reviews that are due, to each hold's owner and the administrators; return how many.

    A month and a week before the day, then on the day and each week after it. Harmless to repeat: a message has one
    key for hold, review, stage and person, so that a missed night is made up for and none is sent twice.
    """
    today = provider_today()
    administrators = list(User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).order_by("pk"))
    due = LegalHold.objects.in_force().with_review().filter(origin="", next_review_on__isnull=False)  # type: ignore[misc]
    count = 0
    for hold in due.select_related(None).order_by("pk"):
        day: date = getattr(hold, "next_review_on")  # noqa: B009 (an annotation)
        stage = stage_of(day, today)
        if not stage:
            continue
        for person in _readers(hold, administrators):
            post_message(
                topic=PROVIDER_REMINDERS,
                to=person,
                template=TEMPLATE,
                context={"hold": hold.uuid, "review_on": day},
                dedup_key=f"hold review {hold.uuid} {day} {stage} {person.pk}",
                by=by,
            )
            count += 1
    return count


def stage_of(review_on: date, today: date) -> str:
    """Return which reminder is due: of a month or a week before, or of so many weeks after; empty: none yet."""
    left = (review_on - today).days
    if left <= 0:
        return f"overdue-{-left // 7}"
    return next((f"before-{days}" for days in REMINDED_BEFORE_DAYS if left <= days), "")


def _readers(hold: LegalHold, administrators: Iterable[User]) -> Iterator[User]:
    """Yield the owner, as the latest review says, and the administrators, each once; none who is shut out."""
    yield from administrators
    owner_id: int | None = getattr(hold, "present_owner_id", None)
    if owner_id is not None and owner_id not in {one.pk for one in administrators}:
        yield from User.objects.filter(pk=owner_id, is_active=True)
