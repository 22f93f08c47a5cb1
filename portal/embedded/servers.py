"""Where this installation's embedded servers are, and their start.

Each part is used only while its address is not given: DATABASE_URL for PostgreSQL, REDIS_URL for Redis.
"""

from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from portal import environment
from portal.embedded import lifecycle
from portal.embedded.postgres import EmbeddedPostgres
from portal.embedded.redis import EmbeddedRedis
from portal.embedded.server_user import home_directory


def postgres() -> EmbeddedPostgres:
    """Return this installation's embedded PostgreSQL, started or not."""
    return EmbeddedPostgres(_home(environment.data_directory(), EmbeddedPostgres.kind))


def redis() -> EmbeddedRedis:
    """Return this installation's embedded Redis, started or not."""
    return EmbeddedRedis(_home(environment.data_directory(), EmbeddedRedis.kind))


@cache
def _home(data_directory: Path, kind: str) -> Path:
    return home_directory(data_directory, kind)


def redis_url(database: int = 0) -> str:
    """Return the address of Redis for a cache client: REDIS_URL's, or that of the embedded server.

    `database` counts from the installation's first: RESGUARDO_REDIS_DATABASE, and the one that REDIS_URL names.
    """
    given = environment.text("REDIS_URL")
    number = environment.integer("RESGUARDO_REDIS_DATABASE") + database
    if not given:
        return f"unix://{redis().socket}?db={number}"
    parts = urlsplit(given)
    if parts.scheme == "unix":
        query = dict(parse_qsl(parts.query))
        number += int(query.pop("db", "0"))
        return f"unix://{parts.path}?{urlencode({**query, 'db': number})}"
    number += int(parts.path.strip("/") or 0)
    return parts._replace(path=f"/{number}").geturl()


def broker_url(database: int = 0) -> str:
    """Return the address of Redis as Celery writes it."""
    address = redis_url(database)
    if not address.startswith("unix://"):
        return address
    return address.replace("unix://", "redis+socket://", 1).replace("db=", "virtual_host=")


def use_needed() -> list[lifecycle.Use]:
    """Start or find the embedded servers whose addresses are not given, and hold them up for this process.

    Does nothing in production, where both addresses must be given.
    """
    if environment.is_production():
        return []
    uses = []
    if not environment.text("DATABASE_URL"):
        uses.append(lifecycle.use(postgres()))
    if not environment.text("REDIS_URL"):
        uses.append(lifecycle.use(redis()))
    return uses
