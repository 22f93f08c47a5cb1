from datetime import date

from django.db.models import QuerySet

from accounts.models import Account, Customer
from energy.selectors import months_before
from retention.models import LegalHold, RetentionRule, RuleProposal


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
    """Return the holds in force that concern a customer, the newest first; row security hides confidential ones."""
    return LegalHold.objects.in_force().on_customer(customer).select_related("account").order_by("-placed_at", "-pk")


def is_held(account: Account, day: date, retention_class: str = "readings") -> bool:
    """Say whether some hold in force keeps this account's data of one day."""
    holds = LegalHold.objects.in_force().covering(retention_class).on_customer(account.customer)
    return any(hold.covers(day) for hold in holds if hold.account_id in {None, account.pk})


def open_proposals() -> QuerySet[RuleProposal]:
    """Return the changes of rules that wait for a second person, the oldest first."""
    return RuleProposal.objects.filter(decided_at__isnull=True).order_by("proposed_at", "pk")
