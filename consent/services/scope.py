from collections.abc import Collection

from accounts.models import Customer
from consent.errors import UsagePointsUnknownError


def require_own_usage_points(customer: Customer, usage_point_ids: Collection[int]) -> None:
    """Raise UsagePointsUnknownError unless each usage point belongs to an account of the customer."""
    if usage_point_ids:
        raise UsagePointsUnknownError
