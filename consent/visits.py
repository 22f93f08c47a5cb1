"""Counting visits: in Redis while the hour runs, then as rows. What is counted names nobody.

Redis holds one hash an hour; its fields are `kind|page|browser`, prefixed with `v` (views) or `b` (visits begun). The
rows take over what the hash says, so that folding twice changes nothing. Losing Redis loses part of an hour's counts.
"""

import logging
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection
from redis import Redis, RedisError

from consent.models import VisitCount

logger = logging.getLogger(__name__)

_PREFIX = "resguardo:visits:"
_KEPT_SECONDS = 3 * 24 * 3600
_HOUR = "%Y%m%d%H"

# The first that matches names it: Edge and Opera call themselves Chrome too, Chrome calls itself Safari.
_FAMILIES = (
    ("Edg", VisitCount.Browser.EDGE),
    ("OPR/", VisitCount.Browser.OPERA),
    ("Firefox/", VisitCount.Browser.FIREFOX),
    ("FxiOS/", VisitCount.Browser.FIREFOX),
    ("Chrome/", VisitCount.Browser.CHROME),
    ("CriOS/", VisitCount.Browser.CHROME),
    ("Safari/", VisitCount.Browser.SAFARI),
)

_FOLD = """
    INSERT INTO consent_visitcount (hour, kind, page, browser, views, visits)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (hour, kind, page, browser) DO UPDATE
    SET views = greatest(consent_visitcount.views, EXCLUDED.views),
        visits = greatest(consent_visitcount.visits, EXCLUDED.visits)
"""


def family_of(user_agent: str) -> str:
    """Name the family of the browser that a User-Agent header claims; no version, no system."""
    return next((family for mark, family in _FAMILIES if mark in user_agent), VisitCount.Browser.OTHER)


def count_visit(*, page: str, kind: str, browser: str, is_first: bool) -> None:
    """Count one view of a page (by the name of its route), and a visit if it is the first of one.

    Never fails: while Redis does not answer, nothing is counted.
    """
    name = f"{_PREFIX}{datetime.now(UTC):{_HOUR}}"
    counted = f"{kind}|{page}|{browser}"
    try:
        with _redis().pipeline(transaction=False) as pipeline:
            pipeline.hincrby(name, f"v|{counted}", 1)
            if is_first:
                pipeline.hincrby(name, f"b|{counted}", 1)
            pipeline.expire(name, _KEPT_SECONDS)
            pipeline.execute()
    except RedisError as error:
        logger.info("A visit was not counted: %s", type(error).__name__)


def fold_visits() -> int:
    """Take over into rows what Redis has counted; return how many rows that concerned."""
    folded = 0
    for name in _redis().scan_iter(match=f"{_PREFIX}*"):
        hour = datetime.strptime(name.removeprefix(_PREFIX), _HOUR).replace(tzinfo=UTC)
        counts: dict[str, str] = _redis().hgetall(name)
        with connection.cursor() as cursor:
            for field, views in counts.items():
                what, _bar, counted = field.partition("|")
                if what == "v":
                    kind, page, browser = counted.split("|")
                    cursor.execute(_FOLD, [hour, kind, page, browser, views, counts.get(f"b|{counted}", 0)])
                    folded += 1
    return folded


@cache
def _redis() -> Any:
    return Redis.from_url(
        str(settings.CACHES["default"]["LOCATION"]),
        decode_responses=True,
        socket_timeout=0.25,
        socket_connect_timeout=0.25,
    )
