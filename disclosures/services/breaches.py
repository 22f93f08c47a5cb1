from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Customer
from accounts.topics import BREACHES
from disclosures.errors import BreachError, NotAllowedError
from disclosures.models import Breach, BreachDuty, BreachStep
from disclosures.permissions import can_handle_demand
from ledger.actor import Actor
from ledger.services import PROVIDER_TAG, record
from protection.clock import transaction_time

What = BreachStep.What
TOLD = {
    BreachDuty.Whom.REGULATOR: What.REGULATOR_TOLD,
    BreachDuty.Whom.RESIDENTS: What.RESIDENTS_TOLD,
    BreachDuty.Whom.ATTORNEY_GENERAL: What.ATTORNEY_GENERAL_TOLD,
}
TEMPLATE = "breach_letter"

_CONCERNED = """
INSERT INTO disclosures_breachcustomer (breach_id, customer_id) SELECT %s, chosen.id FROM ({chosen}) AS chosen (id)
ON CONFLICT DO NOTHING
"""
# Set by set: a breach may concern half a million.
_LETTERS = """
WITH posted AS (
    INSERT INTO accounts_outboxmessage (uuid, addressee, customer_id, topic, template, context, dedup_key,
                                        posted_by_id, poster_kind, status, attempts, channel, language, subject,
                                        outcome)
    SELECT gen_random_uuid(), 'customer', concerned.customer_id, %(topic)s, %(template)s,
           jsonb_build_object('breach', %(uuid)s::text), 'breach:' || %(uuid)s::text || ':' || concerned.customer_id,
           %(user)s, %(kind)s, 'pending', 0, '', '', '', ''
    FROM disclosures_breachcustomer concerned
    WHERE concerned.breach_id = %(breach)s AND concerned.message_id IS NULL
    RETURNING id, customer_id
)
UPDATE disclosures_breachcustomer concerned SET message_id = posted.id FROM posted
WHERE concerned.breach_id = %(breach)s AND concerned.customer_id = posted.customer_id
"""


@dataclass(frozen=True, slots=True)
class Clock:
    """A duty to tell somebody of a breach: until when, whether it applies by the number of customers, and is done."""

    duty: BreachDuty
    due_on: date
    applies: bool
    is_done: bool


@transaction.atomic
def record_breach(*, breach: Breach, by: Actor) -> Breach:
    """Record a breach, not yet saved. Raises NotAllowedError, BreachError with what to mend."""
    if not can_handle_demand(by):
        raise NotAllowedError
    breach.created_by_id, breach.actor_name = by.user_id, by.name
    try:
        breach.full_clean(exclude={"entry_id", "salt", "evidence", "created_by"})
    except ValidationError as error:
        raise BreachError(" ".join(error.messages)) from error
    witness = record(
        kind="breach.recorded",
        subject_tag=PROVIDER_TAG,
        evidence={
            "by": by.evidence(),
            "breach": breach.uuid,
            "title": breach.title,
            "description": breach.description,
            "data_classes": breach.data_classes,
            "happened_on": breach.happened_on,
            "detected_on": breach.detected_on,
            "containment": breach.containment,
            "jurisdictions": breach.jurisdictions,
        },
    )
    for column, value in witness.columns().items():
        setattr(breach, column, value)
    breach.save(force_insert=True)
    return breach


@transaction.atomic
def add_breach_customers(*, breach: Breach, customers: QuerySet[Customer], by: Actor) -> int:
    """Say whose data it is, in one statement whatever their number; return how many are new.

    Raises NotAllowedError, BreachError for a breach that is closed.
    """
    _begin(breach, by)
    chosen, values = customers.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_CONCERNED.format(chosen=chosen), [breach.pk, *values])
        count = int(cursor.rowcount)
    if count:
        _append(breach, What.CUSTOMERS_ADDED, by, _("Customers added: %(count)s") % {"count": count})
    return count


@transaction.atomic
def write_to_breach_customers(*, breach: Breach, by: Actor) -> int:
    """Write to every customer concerned who was not written to yet, in both languages; return how many those are.

    By e-mail, or as a letter where there is none. Raises NotAllowedError, BreachError when nobody is left to tell.
    """
    _begin(breach, by)
    values: dict[str, int | str | UUID | None] = {
        "breach": breach.pk,
        "uuid": breach.uuid,
        "topic": BREACHES,
        "template": TEMPLATE,
        "user": by.user_id,
        "kind": by.kind,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LETTERS, values)
        count = int(cursor.rowcount)
    if not count:
        raise BreachError(_("Nobody is left to be written to. Add the customers concerned first."))
    _append(breach, What.RESIDENTS_TOLD, by, _("Customers written to: %(count)s") % {"count": count})
    return count


@transaction.atomic
def note_breach_step(*, breach: Breach, what: str, note: str, by: Actor) -> BreachStep:
    """Record that regulator or attorney general was told, or another step. Raises NotAllowedError, BreachError."""
    _begin(breach, by)
    if what not in {What.REGULATOR_TOLD, What.ATTORNEY_GENERAL_TOLD, What.NOTED} or not note.strip():
        raise BreachError(_("Say what was done, and how it can be looked up."))
    return _append(breach, What(what), by, note.strip())


@transaction.atomic
def close_breach(*, breach: Breach, note: str, by: Actor) -> Breach:
    """Close a breach that is dealt with. Raises NotAllowedError, BreachError while a duty to tell is not met."""
    _begin(breach, by)
    if any(clock.applies and not clock.is_done for clock in clocks_of(breach)):
        raise BreachError(_("Somebody must still be told. Do that first: the clocks say whom and until when."))
    if not note.strip():
        raise BreachError(_("Say how it ended."))
    _append(breach, What.CLOSED, by, note.strip())
    breach.closed_at, breach.closed_by_name = transaction_time(), by.name
    breach.save(update_fields=["closed_at", "closed_by_name"])
    return breach


def clocks_of(breach: Breach) -> list[Clock]:
    """Return the duties to tell somebody, the first due first."""
    count = breach.customers.count()
    untold = breach.customers.filter(message__isnull=True).exists()
    done = set(breach.steps.values_list("what", flat=True))
    duties = BreachDuty.objects.filter(jurisdiction__in=breach.jurisdictions).order_by("days", "jurisdiction", "whom")
    return [
        Clock(
            duty=duty,
            due_on=breach.detected_on + timedelta(days=duty.days),
            applies=count >= duty.from_customers,
            is_done=TOLD[BreachDuty.Whom(duty.whom)] in done
            and not (duty.whom == BreachDuty.Whom.RESIDENTS and untold),
        )
        for duty in duties
    ]


def _begin(breach: Breach, by: Actor) -> None:
    if not can_handle_demand(by):
        raise NotAllowedError
    if Breach.objects.select_for_update().get(pk=breach.pk).is_closed:
        raise BreachError(_("The breach is closed. Record a new one for what came to light since."))


def _append(breach: Breach, what: BreachStep.What, by: Actor, note: str) -> BreachStep:
    witness = record(
        kind=f"breach.{what}",
        subject_tag=PROVIDER_TAG,
        evidence={"by": by.evidence(), "breach": breach.uuid, "note": note},
    )
    return BreachStep.objects.create(
        breach=breach, what=what, note=note, user_id=by.user_id, actor_name=by.name, **witness.columns()
    )
