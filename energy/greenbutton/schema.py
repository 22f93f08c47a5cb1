"""Say for each field of a resource which element of the ESPI 4.0 schemas carries it, and with what type.

The dataclasses of `parts` and `resources` declare their fields with these functions, in the order of the schema's
sequence; the reader and the writer both walk that one declaration.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
from typing import Any

ATOM = "http://www.w3.org/2005/Atom"
ESPI = "http://naesb.org/espi"
CUSTOMER = "http://naesb.org/espi/customer"

UINT8 = (0, 2**8 - 1)
UINT16 = (0, 2**16 - 1)
UINT32 = (0, 2**32 - 1)
INT16 = (-(2**15), 2**15 - 1)
INT48 = (-140_737_488_355_328, 140_737_488_355_328)
INT64 = (-(2**63), 2**63 - 1)
TIME = INT64  # epoch seconds, UTC


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number from `lowest` to `highest`; `known` lists the codes of an enumeration open to others."""

    lowest: int
    highest: int
    known: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Text:
    """A string of at most `longest` characters; one of `allowed`, if there are any (a closed enumeration)."""

    longest: int
    allowed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Flag:
    """An xs:boolean."""


@dataclass(frozen=True, slots=True)
class Hex:
    """Octets in hexadecimal digits, at most `octets` of them."""

    octets: int


@dataclass(frozen=True, slots=True)
class Uri:
    """An xs:anyURI."""


@dataclass(frozen=True, slots=True)
class Nested:
    """Child elements, declared by the dataclass `cls`."""

    cls: type


Kind = Number | Text | Flag | Hex | Uri | Nested


@dataclass(frozen=True, slots=True)
class Element:
    """One child element: where it goes in the dataclass, its tag, its type.

    `path` wraps the element in outer elements (ServiceCategory/kind). `required` elements have the `default` that
    the reader assumes, with a finding, where a file leaves them out. `is_repeated` ones are tuples.
    """

    attribute: str
    tag: str
    kind: Kind
    is_repeated: bool = False
    is_required: bool = False
    default: Any = None
    wrapper: str = ""


def number(tag: str, bounds: tuple[int, int], known: frozenset[int] = frozenset(), **more: Any) -> Any:
    """Declare a whole number."""
    return _declare(tag, Number(*bounds, known), **more)


def text(tag: str, longest: int = 256, allowed: frozenset[str] = frozenset(), **more: Any) -> Any:
    """Declare a string."""
    return _declare(tag, Text(longest, allowed), **more)


def flag(tag: str) -> Any:
    """Declare a boolean."""
    return _declare(tag, Flag())


def octets(tag: str, count: int, **more: Any) -> Any:
    """Declare a hexadecimal string."""
    return _declare(tag, Hex(count), **more)


def uri(tag: str, **more: Any) -> Any:
    """Declare an address."""
    return _declare(tag, Uri(), **more)


def nested(tag: str, cls: type, **more: Any) -> Any:
    """Declare child elements; with `is_repeated` a tuple of them."""
    return _declare(tag, Nested(cls), **more)


def _declare(tag: str, kind: Kind, **more: Any) -> Any:
    empty: Any = () if more.get("is_repeated") else more.get("default")
    return field(default=empty, metadata={"tag": tag, "kind": kind, **more})


@cache
def elements(cls: type[Any]) -> tuple[Element, ...]:
    """List the child elements of a dataclass in the order of the schema."""
    return tuple(_element(one) for one in fields(cls) if "tag" in one.metadata)


def _element(one: Field[Any]) -> Element:
    assert one.default is not MISSING
    return Element(attribute=one.name, **one.metadata)
