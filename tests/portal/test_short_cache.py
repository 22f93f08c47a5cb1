import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils.module_loading import import_string
from redis import Redis

from portal.short_cache import LONGEST_SECONDS, ShortCache


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("timeout", [None, 10 * LONGEST_SECONDS, 60])
def test_no_entry_of_the_cache_outlives_a_day(timeout: int | None) -> None:
    cache.set("probe", "value", timeout)
    seconds = Redis.from_url(settings.CACHES["default"]["LOCATION"]).ttl(cache.make_key("probe"))
    assert 0 < seconds <= min(timeout or LONGEST_SECONDS, LONGEST_SECONDS)


def test_every_cache_is_short() -> None:
    assert {import_string(cache["BACKEND"]) for cache in settings.CACHES.values()} == {ShortCache}
