"""Turn elements into the dataclasses that declare them, with a finding per deviation."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from lxml import etree

from energy.greenbutton.findings import Code
from energy.greenbutton.schema import TIME, Element, Flag, Hex, Kind, Nested, Number, Text, elements

if TYPE_CHECKING:
    from energy.greenbutton.findings import Findings

WHOLE = re.compile(r"[+-]?\d{1,19}", re.ASCII)
POINT_ZERO = re.compile(r"([+-]?\d{1,19})\.0*", re.ASCII)
HEX = re.compile(r"[0-9A-Fa-f]*")
LARGEST_SHORT = 65_535
FLOAT = re.compile(r"[+-]?\d{1,40}(\.\d{0,40})?([eE][+-]?\d{1,3})?", re.ASCII)
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def line_of(element: etree._Element) -> int:
    """Give an element's line; libxml2 knows it exactly below 65,535, and nearly so beyond."""
    line = cast("int | None", element.sourceline) or 1
    if line >= LARGEST_SHORT and (parent := element.getparent()) is not None:
        line = max(line, cast("int | None", parent.sourceline) or 1)
    return line


def name_of(element: etree._Element) -> str:
    """Give an element's name without its namespace, short enough for a message."""
    return local_name(element.tag)


def local_name(tag: str) -> str:
    """Cut the namespace from a tag, and what is too long for a message."""
    return tag.rpartition("}")[2][:80]


def text_of(element: etree._Element) -> str:
    """Give an element's text without the blank space around it."""
    return (element.text or "").strip()


def text_of_child(element: etree._Element, name: str) -> str:
    """Give the text of the child of that name in the element's own namespace; empty if there is none."""
    child = element.find(f"{element.tag.rpartition('}')[0]}}}{name}")
    return "" if child is None else text_of(child)


def whole_number(text: str) -> int | None:
    """Read an xs:long; None if it is none."""
    return int(text) if WHOLE.fullmatch(text) else None


def float_number(text: str, *, is_time: bool = False) -> int | None:
    """Read a number that was written with a point or an exponent, if it is whole; None if it is none.

    A time loses its fraction of a second.
    """
    if point := POINT_ZERO.fullmatch(text):
        return int(point[1])
    if not FLOAT.fullmatch(text):
        return None
    number = float(text)
    return int(number) if abs(number) < 2**53 and (is_time or number.is_integer()) else None


def is_octets(text: str, most: int) -> bool:
    """Tell whether a text is xs:hexBinary of at most `most` octets."""
    return len(text) <= 2 * most and len(text) % 2 == 0 and HEX.fullmatch(text) is not None


class ElementReader:
    """Read the fields of a dataclass from the children of an element."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def fields(self, cls: type, element: etree._Element, namespace: str) -> dict[str, Any]:
        """Give the keyword arguments of `cls` that the children of `element` say."""
        found = self._sort(cls, element, namespace)
        return {one.attribute: self._field(one, found[one], element, namespace) for one in elements(cls)}

    def _sort(self, cls: type, element: etree._Element, namespace: str) -> defaultdict[Element, list[etree._Element]]:
        by_tag = _by_tag(cls, namespace)
        found: defaultdict[Element, list[etree._Element]] = defaultdict(list)
        last = -1
        for child in element.iterchildren(etree.Element):
            if child.tag == f"{{{namespace}}}batchItemInfo":
                continue  # how a server handled the item; says nothing of the resource
            place, one = by_tag.get(child.tag, (last, None))
            if one is None and (near := _by_lower_tag(cls, namespace).get(child.tag.lower())):
                place, one = near
                message = f"{name_of(child)} is not how ESPI 4.0 spells {one.wrapper or one.tag}"
                self._add(child, Code.MISSPELLED_ELEMENT, message, "Read as such")
            if one is None:
                self._add(
                    child, Code.UNKNOWN_ELEMENT, f"{name_of(child)} is not expected in {name_of(element)}", "Left out"
                )
                continue
            if place < last:
                self._add(
                    child, Code.ELEMENT_ORDER, f"{name_of(child)} comes too late in {name_of(element)}", "Read as is"
                )
            last = max(place, last)
            found[one].extend(child.iterchildren(f"{{{namespace}}}{one.tag}") if one.wrapper else [child])
        return found

    def _field(self, one: Element, found: list[etree._Element], parent: etree._Element, namespace: str) -> Any:
        values = [value for child in found if (value := self._value(one, child, namespace)) is not None]
        if one.is_repeated:
            return tuple(values)
        if len(values) > 1:
            self._add(found[1], Code.REPEATED_ELEMENT, f"{one.tag} stands {len(values)} times", "The first is kept")
        if not values and one.is_required:
            message = f"{one.tag} is missing in {name_of(parent)}"
            self._add(parent, Code.MISSING_ELEMENT, message, f"Assumed to be {one.default!r}")
            return one.default
        return values[0] if values else None

    def _value(self, one: Element, child: etree._Element, namespace: str) -> Any:
        kind = one.kind
        if isinstance(kind, Nested):
            return kind.cls(**self.fields(kind.cls, child, namespace))
        text = text_of(child)
        value = self._simple(kind, child, text) if text else None
        if not text and isinstance(kind, Text) and one.is_required:
            return ""
        if not text:
            self._add(child, Code.EMPTY_VALUE, f"{one.tag} is empty", "Read as if it were not there")
        elif value is None:
            message = f"{name_of(child)} cannot be {text[:40]!r}"
            self._add(child, Code.INVALID_VALUE, message, "Read as if it were not there")
        return value

    def _simple(self, kind: Kind, child: etree._Element, text: str) -> int | str | bool | None:
        """Read a simple value; None if it is no value of its kind."""
        match kind:
            case Number():
                return self._number(kind, child, text)
            case Text():
                return self._text(kind, child, text)
            case Flag():
                return BOOLEANS.get(text)
            case Hex():
                return text if is_octets(text, kind.octets) else None
            case _:
                return text

    def _number(self, kind: Number, child: etree._Element, text: str) -> int | None:
        number = whole_number(text)
        is_time = (kind.lowest, kind.highest) == TIME
        if number is None and (number := float_number(text, is_time=is_time)) is not None:
            message = f"{name_of(child)} is written as {text[:40]}, not as a whole number"
            self._add(child, Code.FLOAT_NUMBER, message, f"Read as {number}")
        if number is None or not kind.lowest <= number <= kind.highest:
            return None
        if kind.known and number not in kind.known:
            self._add(child, Code.UNKNOWN_CODE, f"{number} is no code of {name_of(child)} in ESPI 4.0", "Kept as it is")
        return number

    def _text(self, kind: Text, child: etree._Element, text: str) -> str | None:
        if kind.allowed and text not in kind.allowed:
            return None
        if len(text) > kind.longest:
            message = f"{name_of(child)} has {len(text)} characters; {kind.longest} are allowed"
            self._add(child, Code.TEXT_TOO_LONG, message, "Cut off")
        return text[: kind.longest].rstrip()

    def _add(self, element: etree._Element, code: Code, message: str, action: str) -> None:
        self._findings.add(line_of(element), code, message, action)


@cache
def _by_lower_tag(cls: type, namespace: str) -> dict[str, tuple[int, Element]]:
    return {tag.lower(): found for tag, found in _by_tag(cls, namespace).items()}


@cache
def _by_tag(cls: type, namespace: str) -> dict[str, tuple[int, Element]]:
    return {f"{{{namespace}}}{one.wrapper or one.tag}": (place, one) for place, one in enumerate(elements(cls))}
