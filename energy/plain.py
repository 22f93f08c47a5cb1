"""Resources of a Green Button feed as plain JSON and back, so that what a feed said can be said again."""

from dataclasses import asdict
from typing import Any, TypeVar

from energy.greenbutton import Resource
from energy.greenbutton.schema import Element, Nested, elements

R = TypeVar("R", bound=Resource)
_LINKS = ("href", "up", "related", "title", "entry_id", "line")


def to_plain(resource: Resource) -> dict[str, Any]:
    """Return what the feed said of the resource itself, without its links; what it did not say is left out."""
    return {name: value for name, value in _pruned(asdict(resource)).items() if name not in _LINKS}


def from_plain(cls: type[R], plain: dict[str, Any], **links: Any) -> R:
    """Return the resource again, with the links given (`href`, `up`, `related`, `title`)."""
    return cls(**links, **_fields(cls, plain))


def _fields(cls: type, plain: dict[str, Any]) -> dict[str, Any]:
    return {
        element.attribute: _value(element, plain[element.attribute])
        for element in elements(cls)
        if element.attribute in plain
    }


def _value(element: Element, value: Any) -> Any:
    if element.is_repeated:
        return tuple(_one(element, item) for item in value)
    return _one(element, value)


def _one(element: Element, value: Any) -> Any:
    if isinstance(element.kind, Nested):
        return element.kind.cls(**_fields(element.kind.cls, value))
    return value


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _pruned(item) for name, item in value.items() if item is not None and item != ()}
    if isinstance(value, list | tuple):
        return [_pruned(item) for item in value]
    return value
