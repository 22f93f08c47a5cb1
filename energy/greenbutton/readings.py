"""Read one IntervalReading element by element, as the standard and as the wild have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energy.greenbutton.elements import float_number, line_of, local_name, text_of, whole_number
from energy.greenbutton.findings import Code
from energy.greenbutton.qualities import join_qualities, split_qualities
from energy.greenbutton.schema import ESPI, INT16, INT48, INT64, UINT16
from energy.greenbutton.series import Reading

if TYPE_CHECKING:
    from lxml import etree

    from energy.greenbutton.findings import Findings

ORDER = {
    f"{{{ESPI}}}{tag}": place
    for place, tag in enumerate(("cost", "ReadingQuality", "timePeriod", "value", "consumptionTier", "tou", "cpp"))
}
COST, READING_QUALITY, TIME_PERIOD, VALUE, TIER, TOU, CPP = ORDER
DURATION, START, QUALITY = (f"{{{ESPI}}}{tag}" for tag in ("duration", "start", "quality"))
SPARSE = {
    COST: ("costs", INT48),
    TIER: ("tiers", INT16),
    TOU: ("tous", INT16),
    CPP: ("cpps", INT16),
}


class ReadingReader:
    """Read IntervalReading elements; what cannot be trusted is left out with a finding."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def read(self, element: etree._Element) -> Reading | None:
        """Give the reading, or None if it was left out."""
        line = line_of(element)
        found = self._children(element, line)
        value = self._value(found.get(VALUE), line)
        if value is None:
            return None
        reading = Reading(line=line, value=value)
        for tag, name in ((START, "start"), (DURATION, "duration")):
            text = text_of(found[tag]) if tag in found else ""
            number = self._whole(tag, text, line) if text else None
            if text and number is None:
                self._skip(line, Code.TIME_NOT_A_NUMBER, f"The reading's {name} is no number: {text[:40]!r}")
                return None
            setattr(reading, name, number)
        for tag, (name, bounds) in SPARSE.items():
            if tag in found and (cell := self._cell(tag, found[tag], line, bounds)) is not None:
                reading.sparse[name] = cell
        if READING_QUALITY in found and (joined := self._qualities(element, line)) is not None:
            reading.sparse["qualities"] = joined
        return reading

    def _children(self, element: etree._Element, line: int) -> dict[str, etree._Element]:
        found: dict[str, etree._Element] = {}
        last = -1
        for child in element:
            tag = child.tag
            place = ORDER.get(tag)
            if place is None:
                self._add(
                    line, Code.UNKNOWN_ELEMENT, f"{local_name(tag)} is not expected in IntervalReading", "Left out"
                )
                continue
            if place < last:
                message = f"{local_name(tag)} comes too late in IntervalReading"
                self._add(line, Code.ELEMENT_ORDER, message, "Read as is")
            last = place
            if tag in {TIME_PERIOD, READING_QUALITY}:
                self._parts(child, found, line)
                found[tag] = child
            elif tag in found:
                self._add(line, Code.REPEATED_ELEMENT, f"{local_name(tag)} is repeated", "The first is kept")
            else:
                found[tag] = child
        return found

    def _parts(self, parent: etree._Element, found: dict[str, etree._Element], line: int) -> None:
        expected = (QUALITY,) if parent.tag == READING_QUALITY else (DURATION, START)
        last = -1
        for child in parent:
            tag = child.tag
            if tag not in expected:
                message = f"{local_name(tag)} is not expected in {local_name(parent.tag)}"
                self._add(line, Code.UNKNOWN_ELEMENT, message, "Left out")
                continue
            if expected.index(tag) < last:
                self._add(line, Code.ELEMENT_ORDER, f"{local_name(tag)} comes too late in timePeriod", "Read as is")
            last = expected.index(tag)
            if tag == QUALITY:
                continue
            if tag not in found:
                found[tag] = child
            else:
                self._add(line, Code.REPEATED_ELEMENT, f"{local_name(tag)} is repeated", "The first is kept")

    def _qualities(self, element: etree._Element, line: int) -> int | None:
        """Join all qualities of a reading that are codes; None if none is."""
        parents = element.iterchildren(READING_QUALITY)
        children = (child for parent in parents for child in parent.iterchildren(QUALITY))
        cells = [self._cell(QUALITY, child, line, UINT16) for child in children]
        codes = [cell for cell in cells if cell is not None]
        if not codes:
            return None
        joined = join_qualities(codes)
        if (kept := len(split_qualities(joined))) < len(codes):
            self._add(
                line, Code.SEVERAL_QUALITIES, f"The reading has {len(codes)} qualities", f"The first {kept} are kept"
            )
        return joined

    def _value(self, child: etree._Element | None, line: int) -> int | None:
        text = text_of(child) if child is not None else ""
        if not text:
            self._skip(line, Code.MISSING_VALUE, "The reading has no value")
            return None
        number = self._whole(VALUE, text, line)
        if number is not None and INT48[0] <= number <= INT48[1]:
            return number
        if number is None and not (text.isascii() and text.lstrip("+-").isdecimal()):
            self._skip(line, Code.VALUE_NOT_A_NUMBER, f"The reading's value is no whole number: {text[:40]!r}")
        else:
            self._skip(line, Code.VALUE_OUT_OF_RANGE, f"The reading's value is beyond 48 bits: {text[:40]}")
        return None

    def _cell(self, tag: str, child: etree._Element, line: int, bounds: tuple[int, int]) -> int | None:
        text = text_of(child)
        if not text:
            self._add(line, Code.EMPTY_VALUE, f"{local_name(tag)} is empty", "Read as if it were not there")
            return None
        number = self._whole(tag, text, line)
        if number is None or not bounds[0] <= number <= bounds[1]:
            message = f"{local_name(tag)} cannot be {text[:40]!r}"
            self._add(line, Code.INVALID_VALUE, message, "Read as if it were not there")
            return None
        return number

    def _whole(self, tag: str, text: str, line: int) -> int | None:
        number = whole_number(text)
        if number is None and (number := float_number(text, is_time=tag in {START, DURATION})) is not None:
            message = f"{local_name(tag)} is written as {text[:40]}, not as a whole number"
            self._add(line, Code.FLOAT_NUMBER, message, f"Read as {number}")
        return number if number is not None and INT64[0] <= number <= INT64[1] else None

    def _skip(self, line: int, code: Code, message: str) -> None:
        self._add(line, code, message, "The reading was left out")

    def _add(self, line: int, code: Code, message: str, action: str) -> None:
        self._findings.add(line, code, message, action)
