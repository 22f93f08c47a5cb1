"""The disclosure history as rows: one a customer and release, one a refused release; and the filters over it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Customer, Recipient
from consent.models import Purpose
from disclosures.conditions import Condition
from disclosures.models import LegalBasis, Release, ReleaseDenial, ReleaseLine
from disclosures.models.releases import labels_of
from protection import datamap
from protection.clock import provider_zone
from protection.datamap import DataClass


class Outcome(StrEnum):
    """What became of a request to the gate."""

    RELEASED = "released"
    DENIED = "denied"


OUTCOME_LABELS: dict[Outcome, str | Promise] = {Outcome.RELEASED: _("Released"), Outcome.DENIED: _("Refused")}


class Via(StrEnum):
    """By which way a request came to the gate: the kinds of actors that may ask."""

    DESK = "staff"
    CUSTOMER = "customer"
    SYSTEM = "client"
    COMMAND = "operator"
    SCHEDULE = "system"


VIA_LABELS: dict[Via, str | Promise] = {
    Via.DESK: _("At the desk"),
    Via.CUSTOMER: _("By the customer"),
    Via.SYSTEM: _("By another system (API)"),
    Via.COMMAND: _("At a command line"),
    Via.SCHEDULE: _("By schedule"),
}

_TEXTS = ("jurisdiction", "data_class", "field", "actor", "via")


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFilter:
    """Which part of the history: decided in `[from_, to)` (the provider's civil days), and of whom, to whom, why.

    `actor` is a part of the name of who asked, `via` a Via, `data_class` a DataClass and `field` a field's id
    (what was asked for has one of it), `jurisdiction` that of the basis.
    """

    from_: date | None = None
    to: date | None = None
    customer: Customer | None = None
    account: Account | None = None
    recipient: Recipient | None = None
    purpose: Purpose | None = None
    basis: LegalBasis | None = None
    jurisdiction: str = ""
    data_class: str = ""
    field: str = ""
    actor: str = ""
    via: str = ""
    outcome: Outcome | None = None

    def as_json(self) -> dict[str, str]:
        """Return the filter as a manifest and an export's row keep it; what is not set is left out."""
        values = {
            "from": self.from_ and self.from_.isoformat(),
            "to": self.to and self.to.isoformat(),
            "customer": self.customer and str(self.customer.uuid),
            "account": self.account and self.account.number,
            "recipient": self.recipient and str(self.recipient.uuid),
            "purpose": self.purpose and self.purpose.code,
            "basis": self.basis and self.basis.code,
            "outcome": self.outcome and self.outcome.value,
            **{name: getattr(self, name) for name in _TEXTS},
        }
        return {name: value for name, value in values.items() if value}

    @classmethod
    def from_json(cls, kept: Mapping[str, str]) -> "HistoryFilter":
        """Return the filter that an export's row kept."""
        return cls(
            from_=date.fromisoformat(kept["from"]) if "from" in kept else None,
            to=date.fromisoformat(kept["to"]) if "to" in kept else None,
            customer=Customer.objects.get(uuid=kept["customer"]) if "customer" in kept else None,
            account=Account.objects.get(number=kept["account"]) if "account" in kept else None,
            recipient=Recipient.objects.get(uuid=kept["recipient"]) if "recipient" in kept else None,
            purpose=Purpose.objects.get(code=kept["purpose"]) if "purpose" in kept else None,
            basis=LegalBasis.objects.get(code=kept["basis"]) if "basis" in kept else None,
            outcome=Outcome(kept["outcome"]) if "outcome" in kept else None,
            **{name: kept[name] for name in _TEXTS if name in kept},
        )

    @property
    def subject(self) -> Customer | None:
        """Return the one customer it asks about; None where it asks about all."""
        return self.account.customer if self.account else self.customer

    def lines(self) -> QuerySet[ReleaseLine]:
        """Return the lines it lets through."""
        if self.outcome == Outcome.DENIED:
            return ReleaseLine.objects.none()
        lines = ReleaseLine.objects.filter(self._period("created_at"), self._asked("release__"), self._fields())
        if self.account:
            lines = lines.filter(account_ids__contains=[self.account.pk])
        return lines.filter(customer=self.customer) if self.customer else lines

    def denials(self) -> QuerySet[ReleaseDenial]:
        """Return the refused releases it lets through."""
        if self.outcome == Outcome.RELEASED:
            return ReleaseDenial.objects.none()
        denials = ReleaseDenial.objects.filter(self._period("decided_at"), self._asked(""), self._fields())
        for customer in (self.customer, self.account and self.account.customer):
            denials = denials.filter(customer_ids__contains=[customer.pk]) if customer else denials
        return denials

    def entry_ids(self) -> QuerySet[Any]:
        """Return the ids of the ledger entries of all that it lets through."""
        return self.lines().values("entry_id").union(self.denials().values("entry_id"), all=True)

    @property
    def is_of_period_only(self) -> bool:
        """Say whether it asks for nothing but a period."""
        return not (set(self.as_json()) - {"from", "to"})

    def _period(self, column: str) -> Q:
        zone = provider_zone()
        condition = Q()
        if self.from_ is not None:
            condition &= Q(**{f"{column}__gte": datetime.combine(self.from_, time(), zone)})
        if self.to is not None:
            condition &= Q(**{f"{column}__lt": datetime.combine(self.to, time(), zone)})
        return condition

    def _asked(self, prefix: str) -> Q:
        """Return the condition on what was asked of the gate."""
        wanted = {
            "recipient": self.recipient,
            "purpose": self.purpose,
            "basis": self.basis,
            "basis__jurisdiction": self.jurisdiction,
            "actor_name__icontains": self.actor,
            "actor_kind": self.via,
        }
        return Q(**{prefix + name: value for name, value in wanted.items() if value})

    def _fields(self) -> Q:
        condition = Q(field_ids__contains=[self.field]) if self.field else Q()
        if self.data_class:
            of_class = [each.id for each in datamap.fields(data_class=DataClass(self.data_class))]
            condition &= Q(field_ids__overlap=of_class)
        return condition


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """One disclosure of one customer's data, or one refused release. `entry_id` is its ledger entry and its place."""

    entry_id: int
    at: datetime
    outcome: Outcome
    asked: Release | ReleaseDenial
    customers: tuple[Customer, ...]
    account_numbers: tuple[str, ...]
    field_ids: tuple[str, ...]
    data_from: date
    data_to: date
    line: ReleaseLine | None
    conditions: tuple[Condition, ...]

    @property
    def outcome_label(self) -> str:
        """Return what became of it, in words."""
        return str(OUTCOME_LABELS[self.outcome])

    @property
    def release(self) -> Release | None:
        """Return the release, None where it was refused."""
        return self.asked if isinstance(self.asked, Release) else None

    @property
    def recipient_name(self) -> str:
        """Return who received or was to receive the data."""
        return self.asked.recipient.legal_name if self.asked.recipient else str(_("The customer"))

    @property
    def field_labels(self) -> list[str]:
        """Return what people call the fields."""
        return labels_of(self.field_ids)

    def as_json(self) -> dict[str, Any]:
        """Return the row as the API and the exports write it."""
        asked = self.asked
        return {
            "entry": self.entry_id,
            "at": self.at.isoformat(),
            "outcome": self.outcome.value,
            "request": str(asked.uuid),
            "customers": [str(customer.uuid) for customer in self.customers],
            "accounts": list(self.account_numbers),
            "recipient": asked.recipient.legal_name if asked.recipient else None,
            "recipient_uuid": str(asked.recipient.uuid) if asked.recipient else None,
            "purpose": asked.purpose.code if asked.purpose else None,
            "basis": asked.basis.code,
            "citation": asked.basis.citation,
            "fields": list(self.field_ids),
            "data_from": self.data_from.isoformat(),
            "data_to": self.data_to.isoformat(),
            "format": asked.format,
            "reason": asked.reason,
            "by": asked.actor_name,
            "consent": str(self._consent) if self._consent else None,
            "missing": [{"code": one.code, "message": one.message} for one in self.conditions],
        }

    @property
    def _consent(self) -> object:
        version = self.line.consent_version if self.line else None
        return version.uuid if version else None
