"""What the portal itself keeps for a while: the cache, whose entries end by themselves (see `portal.short_cache`)."""

from retention.disposal.registry import cover_place

cover_place("cache")
