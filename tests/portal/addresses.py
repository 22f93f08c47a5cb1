"""Every address of the portal, taken from the URL configuration, for tests that must leave none out."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import URLPattern, URLResolver, get_resolver

SAMPLES: dict[str, str] = {"uuid": str(UUID(int=7)), "int": "7", "slug": "sample", "path": "sample", "str": "sample"}
_ARGUMENT = re.compile(r"<(?:(\w+):)?(\w+)>")
NAMED_SAMPLES = {"field_id": "customer.tax_id", "format": "json"}


@dataclass(frozen=True, slots=True)
class Address:
    """One route with a sample path, its full name, and the view behind it."""

    name: str
    path: str
    callback: Callable[..., Any]

    @property
    def roles(self) -> frozenset[str] | None:
        """Return the roles that the view lets in, None where the view does not say."""
        roles = getattr(getattr(self.callback, "view_class", self.callback), "roles", None)
        return None if roles is None else frozenset(str(role) for role in roles)

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")


def addresses() -> list[Address]:
    """Return every address; one that needs arguments has samples in their place."""
    return list(_walk(get_resolver().url_patterns, "/", ""))


def _walk(patterns: list[Any], prefix: str, namespace: str) -> Iterator[Address]:
    for pattern in patterns:
        path = prefix + _sample(pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, path, inner)
        elif isinstance(pattern, URLPattern):
            yield Address(f"{namespace}{pattern.name}", path, pattern.callback)


def _sample(pattern: Any) -> str:
    route = pattern.pattern
    if not hasattr(route, "_route"):
        return _regex_sample(route)
    return _ARGUMENT.sub(lambda part: NAMED_SAMPLES.get(part[2]) or SAMPLES[part[1] or "str"], str(route._route))


def _regex_sample(route: Any) -> str:
    text: str = route._regex.lstrip("^").rstrip("$").rstrip("\\Z")
    for name in route.regex.groupindex:
        start = text.index(f"(?P<{name}>")
        depth, end = 0, start
        while True:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
            if depth == 0:
                break
        text = text[:start] + NAMED_SAMPLES.get(name, SAMPLES["uuid"]) + text[end:]
    return text.replace("\\.", ".").replace("/?", "/")
