"""The rows of a day, written in Python: there are 96 of them, and a template takes four times as long for each."""

from collections.abc import Iterable, Sequence

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from energy.usage_table import Cell, IntervalRow

register = template.Library()


@register.simple_tag
def interval_rows(rows: Iterable[IntervalRow]) -> SafeString:
    """Write the rows of a day by its intervals."""
    parts = ((row.short, row.label, _cells(row.cells)) for row in rows)
    return format_html_join("\n", '<tr><th data-short="{}" scope="row">{}</th>{}</tr>', parts)


def _cells(cells: Sequence[Cell]) -> SafeString:
    parts = ((cell.data, cell.text, _doubt(cell)) for cell in cells)
    return format_html_join("", '<td class="rg-number" data-value="{}">{}{}</td>', parts)


def _doubt(cell: Cell) -> SafeString | str:
    return format_html(' <span class="rg-soft">{}</span>', cell.doubt) if cell.doubt else ""
