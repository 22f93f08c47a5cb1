from collections.abc import Collection

from accounts.models import Customer
from consent.errors import UsagePointsUnknownError
from energy.models import UsagePoint


def require_own_usage_points(customer: Customer, usage_point_ids: Collection[int]) -> None:
    """Raise UsagePointsUnknownError unless each usage point belongs to an account of the customer."""
    if not usage_point_ids:
        return
    own = UsagePoint.objects.filter(pk__in=usage_point_ids, account__customer=customer)
    if own.count() != len(set(usage_point_ids)):
        raise UsagePointsUnknownError
