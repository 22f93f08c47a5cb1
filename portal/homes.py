"""What each role finds on its first page: a few facts from every package, each in a bounded number of queries."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q

from accounts.models import Account, ConfidentialityAgreement, Customer, RecipientAgreement, RecipientNotice, Role, User
from accounts.permissions import has_confidentiality_agreement
from accounts.selectors import accounts_of, customers_of, recently_opened
from consent.models import Consent, Purpose
from disclosures.models import ReleaseLine
from disclosures.selectors import disclosures_of, packages_for
from energy.models import Bill, Series
from energy.selectors import bills_of, month_totals, series_of
from energy.selectors.usage import Total
from ledger.selectors import latest_checkpoint, oldest_unsealed, unsealed_count
from protection.clock import provider_today
from retention.models import PurgeItem, PurgeRun
from rights.models import Correction, RightsRequest
from rights.selectors import queue, queue_counts

DISCLOSURES_SHOWN = 3
CASES_SHOWN = 5
ACCOUNTS_SHOWN = 5
ENDING_SOON = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class AccountOverview:
    """An account with its latest month of usage and its latest bill, where there are any."""

    account: Account
    month: date | None
    usage: Total | None
    unit: str
    bill: Bill | None


def overview_of(user: User) -> dict[str, Any]:
    """Return what the first page of this user's role shows."""
    overviews = {
        Role.CUSTOMER: _customer,
        Role.RECIPIENT: _recipient,
        Role.STAFF: _staff,
        Role.AUDITOR: _auditor,
        Role.ADMINISTRATOR: _administrator,
    }
    return overviews[Role(user.role)](user)


def _customer(user: User) -> dict[str, Any]:
    customers = list(customers_of(user))
    return {
        "customers": customers,
        "accounts": [_account_overview(account) for account in accounts_of(user)[:ACCOUNTS_SHOWN]],
        "disclosures": _latest_disclosures(customers),
        "open_requests": RightsRequest.objects.open().filter(customer__in=customers).order_by("due_on", "pk"),
        "open_corrections": Correction.objects.pending().filter(customer__in=customers).order_by("due_on", "pk"),
    }


def _account_overview(account: Account) -> AccountOverview:
    bill = bills_of(account).first()
    series = _consumption(list(series_of(account)))
    if series is None:
        return AccountOverview(account, None, None, "", bill)
    months = month_totals([series], series.last_day.replace(day=1), series.last_day + timedelta(days=1))
    month, totals = next(reversed(months.items()), (None, {}))
    return AccountOverview(account, month, totals.get(series.pk), series.reading_type.unit.symbol, bill)


def _consumption(found: list[Series]) -> Series | None:
    """Return the series that people mean by their usage: energy delivered to them, as far as there is such a one."""
    delivered = [each for each in found if not each.reading_type.is_reverse]
    return max(
        delivered or found, key=lambda each: (each.reading_type.unit.symbol == "kWh", each.last_day), default=None
    )


def _latest_disclosures(customers: list[Customer]) -> list[ReleaseLine]:
    return list(disclosures_of(customers)[:DISCLOSURES_SHOWN])


def _recipient(user: User) -> dict[str, Any]:
    packages = list(packages_for(user.recipient_id)[:CASES_SHOWN]) if user.recipient_id else []
    today = provider_today()
    # A recipient sees the consents that name it, but no accounts, which a consent's whole state depends on.
    lasting = Q(scope_version__permission_to__isnull=True) | Q(scope_version__permission_to__gt=today)
    running = Consent.objects.filter(lasting, recipient=user.recipient, is_granted=True)
    agreements = RecipientAgreement.objects.in_force(today).filter(recipient=user.recipient)
    notices = RecipientNotice.objects.filter(recipient=user.recipient, acknowledged_at__isnull=True)
    purposes = Purpose.objects.filter(consents__in=running).annotate(
        customers=Count("consents__customer", distinct=True)
    )
    return {
        "packages": packages,
        "recipient": user.recipient,
        "purposes": purposes.order_by("name_en", "pk"),
        "agreements": agreements.order_by("valid_to", "pk"),
        "notices": notices.select_related("agreement", "acknowledged_by").order_by("-created_at", "-pk"),
    }


def _staff(user: User) -> dict[str, Any]:
    return {
        "is_bound": has_confidentiality_agreement(user),
        "counts": queue_counts(),
        "cases": queue()[:CASES_SHOWN],
        "openings": recently_opened(user, CASES_SHOWN),
    }


def _auditor(user: User) -> dict[str, Any]:
    return {
        "is_bound": has_confidentiality_agreement(user),
        "checkpoint": latest_checkpoint(),
        "unsealed": unsealed_count(),
        "oldest_unsealed": oldest_unsealed(),
    }


def _administrator(user: User) -> dict[str, Any]:
    today = provider_today()
    return {
        "unsealed": unsealed_count(),
        "oldest_unsealed": oldest_unsealed(),
        "last_run": PurgeRun.objects.order_by("-created_at", "-pk").first(),
        "failed_items": PurgeItem.objects.filter(status="failed").count(),
        "ending": _ending(today),
    }


def _ending(today: date) -> list[ConfidentialityAgreement | RecipientAgreement]:
    """Return the agreements in force that end soon, the first to end first."""
    soon = {"valid_to__lte": today + ENDING_SOON, "valid_to__gt": today}
    people = (
        ConfidentialityAgreement.objects.in_force(today).filter(user__is_active=True, **soon).select_related("user")
    )
    recipients = RecipientAgreement.objects.in_force(today).filter(**soon).select_related("recipient")
    return sorted([*people, *recipients], key=lambda agreement: (agreement.valid_to or today, agreement.title))
