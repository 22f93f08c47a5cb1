"""The cache: a derived copy, so nothing in it may outlive what it was derived from for long."""

from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache

LONGEST_SECONDS = 24 * 3600
"""Well under the shortest period that a retention rule can have (a month). The purge need not look here."""


class ShortCache(RedisCache):
    """Redis, in which every entry ends by itself within a day, also one that is set to stay for ever.

    What the portal keeps here: that a user was active, that a code was used, how far an import is, rate limits by
    network address. No personal data of customers.
    """

    def get_backend_timeout(self, timeout: Any = DEFAULT_TIMEOUT) -> int:
        """Return the seconds an entry may live, at most `LONGEST_SECONDS`."""
        seconds = super().get_backend_timeout(timeout)
        return LONGEST_SECONDS if seconds is None else int(min(seconds, LONGEST_SECONDS))
