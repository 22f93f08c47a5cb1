"""What a privacy notice lists: purposes, data, recipients and periods, generated from what the system really does.

Each list is plain JSON with its words in both languages, so that it can be frozen as it is and read in any year.
`terms` of a purpose, `kind` and `uuid` of recipients, `class` and `months` of a period are what the notice announces
(`consent.selectors.is_announced`); the rest is for people.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from accounts.models import Recipient
from consent.models import PurposeChange
from consent.models.changes import TERMS
from consent.wording import CLASS_LABELS, grouped
from protection import datamap
from retention.models import RetentionRule, RuleProposal
from retention.models.rules import Cutoff
from retention.schedule import label_of, place_of

BY_CATEGORY = (
    Recipient.Kind.AUTHORISED_THIRD_PARTY,
    Recipient.Kind.GOVERNMENT_AGENCY,
    Recipient.Kind.COURT,
    Recipient.Kind.EMERGENCY_SERVICE,
)
"""The kinds of recipients that a notice names as a kind: who they will be is not known before they ask, and an
organization that a customer authorises is named in the customer's own agreement. All others are named one by one."""

Lists = dict[str, Any]


class PurposeLike(Protocol):
    """A purpose, or a change of one: whatever says what a purpose says."""

    code: str
    is_secondary: bool
    field_ids: list[str]
    recipient_kinds: list[str]
    typical_months: int | None


@dataclass(frozen=True, slots=True)
class Sources:
    """What the lists are generated from. `changes` are the approved changes that are already worked in."""

    purposes: list[PurposeLike]
    recipients: list[Recipient]
    rules: list[RetentionRule | RuleProposal]
    cutoffs: Mapping[str, str]
    kinds: tuple[str, ...] = tuple(BY_CATEGORY)
    changes: list[PurposeChange | RuleProposal] = field(default_factory=list)


def lists_of(sources: Sources) -> Lists:
    """Return the lists of a privacy notice."""
    return {
        "purposes": [purpose_entry(purpose) for purpose in sources.purposes],
        "data": data_entries(),
        "kinds": [{"kind": str(kind), "name": _both(Recipient.Kind(kind).label)} for kind in sources.kinds],
        "recipients": [recipient_entry(recipient) for recipient in sources.recipients],
        "periods": [period_entry(rule, sources.cutoffs[rule.retention_class]) for rule in sources.rules],
        "changes": sorted(str(change.uuid) for change in sources.changes),
    }


def terms_of(purpose: PurposeLike) -> dict[str, Any]:
    """Return what a notice announces of a purpose; the SQL function `consent_purpose_terms` returns the same."""
    terms = {name: getattr(purpose, name) for name in TERMS}
    return {**terms, "field_ids": sorted(terms["field_ids"]), "recipient_kinds": sorted(terms["recipient_kinds"])}


def purpose_entry(purpose: PurposeLike) -> Lists:
    """Return a purpose as the notice lists it."""
    terms = terms_of(purpose)
    return {
        "terms": terms,
        "name": {"en": terms["name_en"], "es": terms["name_es"]},
        "description": {"en": terms["description_en"], "es": terms["description_es"]},
        "data": [_both(entry.personal.label) for entry in _named(terms["field_ids"])],
        "recipients": [_both(Recipient.Kind(kind).label) for kind in terms["recipient_kinds"]],
        "period": _both(lambda: _purpose_period(terms)),
    }


def data_entries() -> list[Lists]:
    """Return every personal field of the data map by its class, each name once."""
    entries = []
    for data_class, members in grouped(datamap.fields()):
        names = [_both(member.personal.label) for member in members]
        unique = {entry["en"]: entry for entry in names}
        entries.append(
            {"class": str(data_class), "name": _both(CLASS_LABELS[data_class]), "fields": [*unique.values()]}
        )
    return entries


def recipient_entry(recipient: Recipient) -> Lists:
    """Return a recipient that the notice names."""
    return {
        "uuid": str(recipient.uuid),
        "kind": recipient.kind,
        "kind_name": _both(Recipient.Kind(recipient.kind).label),
        "name": recipient.legal_name,
        "trade_name": recipient.trade_name,
    }


def period_entry(rule: RetentionRule | RuleProposal, cutoff: str) -> Lists:
    """Return how long a class of data is kept."""
    return {
        "class": rule.retention_class,
        "months": rule.months,
        "cutoff": cutoff,
        "name": _both(lambda: label_of(rule.retention_class)),
        "period": _both(lambda: period_in_words(rule.months)),
        "begins": _both(Cutoff(cutoff).label),
    }


def period_in_words(months: int | None) -> str:
    """Write a number of months in the language of the page; None is without end."""
    if months is None:
        return gettext("As long as we run this service")
    if months % 12 == 0:
        return ngettext("%(years)d year", "%(years)d years", months // 12) % {"years": months // 12}
    return ngettext("%(months)d month", "%(months)d months", months) % {"months": months}


def in_order(rules: Iterable[RetentionRule | RuleProposal]) -> list[RetentionRule | RuleProposal]:
    """Return rules in the order in which people read their classes."""
    return sorted(rules, key=lambda rule: place_of(rule.retention_class))


def rendered(lists: Lists) -> dict[str, str]:
    """Return the lists as plain text in each language: what is printed, compared with other versions, and sent."""
    return {code: _rendered(lists, code) for code, _name in settings.LANGUAGES}


def _rendered(lists: Lists, language: str) -> str:
    with translation.override(language):
        blocks = [
            (gettext("What we use data for"), [_purpose_line(entry, language) for entry in lists["purposes"]]),
            (gettext("What data we keep about people"), [_data_line(entry, language) for entry in lists["data"]]),
            (gettext("Who may receive data"), _recipient_lines(lists, language)),
            (gettext("How long we keep data"), [_period_line(entry, language) for entry in lists["periods"]]),
        ]
    return "\n\n".join("\n".join([title, *lines]) for title, lines in blocks)


def _purpose_line(entry: Lists, language: str) -> str:
    kind = gettext("only if you agree") if entry["terms"]["is_secondary"] else gettext("for the service itself")
    data = ", ".join(each[language] for each in entry["data"])
    parts = [
        f"{entry['name'][language]} ({kind}). {entry['description'][language]}",
        gettext("Data: %(names)s.") % {"names": data},
        gettext("How long: %(period)s.") % {"period": entry["period"][language]},
    ]
    if entry["recipients"]:
        kinds = ", ".join(each[language] for each in entry["recipients"])
        parts.append(gettext("May go to: %(kinds)s.") % {"kinds": kinds})
    return "– " + " ".join(parts)


def _data_line(entry: Lists, language: str) -> str:
    return f"– {entry['name'][language]}: {', '.join(each[language] for each in entry['fields'])}."


def _recipient_lines(lists: Lists, language: str) -> list[str]:
    kinds = [f"– {entry['name'][language]}" for entry in lists["kinds"]]
    named = [f"– {_recipient_name(entry)} ({entry['kind_name'][language]})" for entry in lists["recipients"]]
    return kinds + named


def _recipient_name(entry: Lists) -> str:
    trade = entry["trade_name"]
    return f"{entry['name']} – {trade}" if trade and trade != entry["name"] else str(entry["name"])


def _period_line(entry: Lists, language: str) -> str:
    period, begins = entry["period"][language], _inside(entry["begins"][language])
    if entry["months"] is None:
        return f"– {entry['name'][language]}: {period}."
    since = gettext("%(period)s from the %(begins)s") % {"period": period, "begins": begins}
    return f"– {entry['name'][language]}: {since}."


def _inside(text: str) -> str:
    """Return a text as it stands inside a sentence."""
    return text[:1].lower() + text[1:]


def _purpose_period(terms: Mapping[str, Any]) -> str:
    if terms["typical_months"]:
        return period_in_words(terms["typical_months"])
    return (
        gettext("until you withdraw your consent")
        if terms["is_secondary"]
        else gettext("as long as you are our customer")
    )


def _named(field_ids: Iterable[str]) -> list[datamap.FieldDeclaration]:
    wanted = set(field_ids)
    return [declared for declared in datamap.fields() if declared.id in wanted]


def _both(text: str | Promise | Callable[[], str]) -> dict[str, str]:
    """Return a text in every language, as it begins a line."""
    found = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found[code] = capfirst(str(text() if callable(text) and not isinstance(text, Promise) else text))
    return found
