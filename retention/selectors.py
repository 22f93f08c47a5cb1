from collections.abc import Collection, Iterator
from datetime import date

from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet

from accounts.models import Account, Customer
from energy.models import Bill, DayReading
from energy.selectors import months_before
from retention.models import HeldBill, HeldDayReading, HoldRelease, LegalHold, RetentionRule, RuleProposal
from retention.models.holds import LegalHoldQuerySet


def rule_in_force(retention_class: str) -> RetentionRule:
    """Return the version of a class's rule that is in force. Raises RetentionRule.DoesNotExist for an unknown class."""
    return RetentionRule.objects.current().get(retention_class=retention_class)


def due_before(retention_class: str, as_of: date) -> date | None:
    """Return the first day that a class still keeps as of a day: what is older is past its time; None: nothing ever is.

    A day is kept for the rule's months counted from it, that last day included, and in any case while it lies in the
    floor's complete months before the month of `as_of`.
    """
    return cutoff_day(rule_in_force(retention_class), as_of)


def cutoff_day(rule: RetentionRule, as_of: date) -> date | None:
    """Return the first day that `rule` still keeps as of a day; see `due_before`."""
    if rule.months is None:
        return None
    by_period = months_before(as_of, rule.months)
    by_floor = months_before(as_of.replace(day=1), rule.floor_months)
    return min(by_period, by_floor) if rule.floor_months else by_period


def holds_on(customer: Customer) -> QuerySet[LegalHold]:
    """Return the holds in force that concern a customer, the newest first; row security hides confidential ones.

    With their next review, where the reader may know of it.
    """
    holds = LegalHold.objects.in_force().with_review().on_customer(customer)
    return holds.select_related("account").order_by("-placed_at", "-pk")


def told_holds(customer: Customer) -> QuerySet[LegalHold]:
    """Return the holds on a customer that the customer may know of."""
    return holds_on(customer).filter(is_confidential=False)


def read_held_days(
    account_ids: Collection[int], usage_point_ids: Collection[int], from_: date, to: date
) -> Iterator[DayReading]:
    """Yield the packed days that only a legal hold keeps, in the order of `energy.selectors.read_days`.

    They come as day readings that are not stored where day readings are. For legal demands; nothing else reads them.
    Without `usage_point_ids`, of every usage point. Needs a transaction around it.
    """
    days = HeldDayReading.objects.filter(account__in=account_ids, day__gte=from_, day__lt=to)
    if usage_point_ids:
        days = days.filter(usage_point_id__in=usage_point_ids)
    ordered = days.order_by("account_id", "usage_point_id", "reading_type_id", "day")
    for values in ordered.values(*_columns(DayReading)).iterator(chunk_size=1000):
        yield DayReading(**values)


def held_bills(account_ids: Collection[int], from_: date, to: date) -> Iterator[Bill]:
    """Yield the bills that only a legal hold keeps, in the order of `energy.selectors.bills_between`."""
    bills = HeldBill.objects.filter(account__in=account_ids, bill_date__gte=from_, bill_date__lt=to)
    for values in bills.order_by("account_id", "bill_date", "uuid").values(*_columns(Bill)):
        yield Bill(**values)


def _columns(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def is_held(account: Account, day: date, retention_class: str = "readings") -> bool:
    """Say whether some hold in force keeps some of this account's data of one day."""
    holds = LegalHold.objects.in_force().covering(retention_class).on_customer(account.customer)
    return any(hold.covers(day) for hold in holds if hold.account_id in {None, account.pk})


def search_holds(
    *, text: str = "", state: str = "", customer: Customer | None = None, day: date | None = None
) -> QuerySet[LegalHold]:
    """Return holds with their next review and open release, those in force first, the newest of them first.

    Every word of `text` occurs in order, reason, person, customer or account number. `state` is in_force, overdue
    (to be reviewed by `day`), waiting (for a second person), implicit or released.
    """
    holds = LegalHold.objects.all() if customer is None else LegalHold.objects.on_customer(customer)
    holds = _in_state(holds, state, day)
    for word in text.split():
        holds = holds.filter(
            Q(citation__icontains=word)
            | Q(reason__icontains=word)
            | Q(owner__icontains=word)
            | Q(account__number__startswith=word)
            | Q(customer__name__icontains=word)
            | Q(account__customer__name__icontains=word)
        )
    open_release = HoldRelease.objects.filter(hold=OuterRef("pk"), decided_at__isnull=True)
    found = holds.with_review().annotate(has_open_release=Exists(open_release))
    ordered = found.order_by(F("released_at").desc(nulls_first=True), "-placed_at", "-pk")
    return ordered.select_related("customer", "account", "usage_point")


def _in_state(holds: LegalHoldQuerySet, state: str, day: date | None) -> LegalHoldQuerySet:
    if state == "waiting":
        return holds.in_force().filter(releases__isnull=False, releases__decided_at__isnull=True)
    if state == "overdue" and day is not None:
        return holds.overdue(day)
    narrowed = {"in_force": holds.in_force, "implicit": holds.in_force().implicit, "released": holds.released}
    return narrowed[state]() if state in narrowed else holds


def waiting_proposals() -> QuerySet[RuleProposal]:
    """Return the approved changes of rules that wait until the privacy notice says so, the oldest first."""
    return RuleProposal.objects.waiting().order_by("decided_at", "pk")


def open_proposals() -> QuerySet[RuleProposal]:
    """Return the changes of rules that wait for a second person, the oldest first."""
    return RuleProposal.objects.filter(decided_at__isnull=True).order_by("proposed_at", "pk")
