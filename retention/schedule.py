"""The retention classes by name: what people call them, and how the portal disposes of each."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

READINGS = "readings"
BILLS = "bills"
IMPORT_ORIGINALS = "import_originals"


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """Rows and files with one clock, one period and one way of disposal; a legal hold may name the holdable ones."""

    code: str
    label: str | Promise
    is_holdable: bool = True


CLASSES: dict[str, RetentionClass] = {
    entry.code: entry
    for entry in (
        RetentionClass(READINGS, _("Usage readings")),
        RetentionClass(BILLS, _("Bills")),
        RetentionClass(IMPORT_ORIGINALS, _("Original files of imports")),
        RetentionClass("imports", _("Import runs and their findings")),
        RetentionClass("export_files", _("Files of exports and deliveries")),
        RetentionClass("evidence", _("Evidence of written consent")),
        RetentionClass("consents", _("Consents")),
        RetentionClass("disclosures", _("Disclosure history")),
        RetentionClass("rights_requests", _("Requests and corrections")),
        RetentionClass("messages", _("Messages to customers")),
        RetentionClass("access_log", _("Log of looks at customers")),
        RetentionClass("sessions", _("Sessions and sign-ins"), is_holdable=False),
        RetentionClass("visit_statistics", _("Visit statistics and choices of cookies"), is_holdable=False),
        RetentionClass("identity", _("Identity and contact data")),
        RetentionClass("agreements", _("Recipients and agreements")),
        RetentionClass("files", _("Register of sealed files"), is_holdable=False),
        RetentionClass("holds", _("Legal holds and purge runs"), is_holdable=False),
        RetentionClass("ledger", _("Ledger"), is_holdable=False),
        RetentionClass("reference", _("Settings and reference data"), is_holdable=False),
    )
}


def label_of(code: str) -> str:
    """Return what people call a retention class; an unknown one goes by its code."""
    return str(CLASSES[code].label) if code in CLASSES else code


def place_of(code: str) -> tuple[int, str]:
    """Return where a class stands in lists; unknown ones come last, by their code."""
    return (list(CLASSES).index(code) if code in CLASSES else len(CLASSES), code)


def holdable() -> list[tuple[str, str]]:
    """Return code and label of every class that a legal hold may name."""
    return [(entry.code, str(entry.label)) for entry in CLASSES.values() if entry.is_holdable]
