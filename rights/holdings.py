"""What is held about a customer, derived from the data map: the customer's own page and staff's both show it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Customer, Dispute, FieldSource, User
from consent.models import Purpose
from protection import datamap
from protection.datamap import CorrectionRule, DataClass
from rights.models import Correction

DATA_CLASSES = {
    DataClass.IDENTITY: _("Identity"),
    DataClass.CONTACT: _("Contact"),
    DataClass.GOVERNMENT_ID: _("Government numbers"),
    DataClass.FINANCIAL: _("Payment"),
    DataClass.USAGE: _("Energy use"),
    DataClass.BILLING: _("Contract and bills"),
    DataClass.CREDENTIAL: _("Sign-in"),
    DataClass.ACTIVITY: _("Activity"),
}
SOURCES = {
    FieldSource.Source.FEED: _("Distribution utility's feed"),
    FieldSource.Source.CUSTOMER: _("Corrected by the customer"),
    FieldSource.Source.STAFF: _("Set by our staff"),
}
OPENED = _("Records at the opening of the account")


@dataclass(frozen=True, slots=True)
class Holding:
    """One field of one row with its present value, where that came from, and whether a correction waits.

    `refused` is the latest correction if it was refused; `dispute` the customer's standing statement of disagreement.

    The value of a sealed field is never here in full: only its last four characters. A date is in `day` too, so that a
    page can write it as its reader does.
    """

    declaration: datamap.FieldDeclaration
    row_uuid: UUID
    value: str
    day: date | None
    last_four: str
    purposes: tuple[str, ...]
    source: FieldSource | None
    pending: Correction | None
    undoable: Correction | None
    refused: Correction | None
    dispute: Dispute | None

    @property
    def label(self) -> str:
        return self.declaration.label

    @property
    def field_id(self) -> str:
        return self.declaration.id

    @property
    def is_sealed(self) -> bool:
        return self.declaration.personal.sealed

    @property
    def is_held(self) -> bool:
        return bool(self.value or self.last_four)

    @property
    def is_correctable(self) -> bool:
        return self.declaration.personal.correction != CorrectionRule.NEVER

    @property
    def source_label(self) -> str:
        """Return where the value came from, in words."""
        return str(SOURCES.get(self.source.source, OPENED)) if self.source else str(OPENED)  # type: ignore[call-overload]


@dataclass(frozen=True, slots=True)
class Group:
    """The holdings of one data class."""

    title: str
    holdings: tuple[Holding, ...]


@dataclass(frozen=True, slots=True)
class RecordKind:
    """Rows of one kind that are held: which fields they have, for what, how many there are."""

    model: str
    labels: tuple[str, ...]
    purposes: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of the fields of some rows, by row and field, and the purposes' names."""

    names: Mapping[str, str]
    sources: Mapping[tuple[UUID, str], FieldSource]
    latest: Mapping[tuple[UUID, str], Correction]
    disputes: Mapping[tuple[UUID, str], Dispute]

    @classmethod
    def about(cls, rows: Iterable[Customer | Account]) -> "_Facts":
        uuids = [row.uuid for row in rows]
        return cls(
            names=_purpose_names(),
            sources={(one.row_uuid, one.field_id): one for one in FieldSource.objects.filter(row_uuid__in=uuids)},
            latest={
                (one.row_uuid, one.field_id): one
                for one in Correction.objects.filter(row_uuid__in=uuids).order_by("pk")
            },
            disputes={
                (one.row_uuid, one.field_id): one for one in Dispute.objects.standing().filter(row_uuid__in=uuids)
            },
        )


def holdings_of(row: Customer | Account) -> tuple[Group, ...]:
    """Return every personal field of a customer or an account that is shown to people, grouped by data class."""
    return holdings_of_each([row])[row.uuid]


def holdings_of_each(rows: Sequence[Customer | Account]) -> dict[UUID, tuple[Group, ...]]:
    """Return the same of several, by uuid, in as many queries as of one."""
    facts = _Facts.about(rows)
    return {row.uuid: _grouped(tuple(_holdings(row, facts))) for row in rows}


def _grouped(found: tuple[Holding, ...]) -> tuple[Group, ...]:
    return tuple(
        Group(str(title), members)
        for data_class, title in DATA_CLASSES.items()
        if (members := tuple(each for each in found if each.declaration.data_class == data_class))
    )


def shown_fields(model: type[Model]) -> tuple[datamap.FieldDeclaration, ...]:
    """Return the declared fields of a model that a person can read; an index is none."""
    return tuple(
        field
        for field in datamap.fields(model=model)
        if field.model._meta.get_field(field.attribute).editable or field.personal.correction != CorrectionRule.NEVER
    )


def records_of(customer: Customer, user: User) -> tuple[RecordKind, ...]:
    """Return what else is held of a customer and of the user who asks, one line a kind of record."""
    names = _purpose_names()
    return tuple(
        RecordKind(
            model=declaration.model._meta.label,
            labels=tuple(str(entry.label) for entry in declaration.personal.values()),
            purposes=_named((code for entry in declaration.personal.values() for code in entry.purposes), names),
            count=count,
        )
        for declaration in datamap.models()
        if declaration.personal
        and declaration.model not in (Customer, Account)
        and (rows := _rows(declaration.model, customer, user)) is not None
        and (count := rows.count())
    )


def _rows(model: type[Model], customer: Customer, user: User) -> QuerySet[Model] | None:
    """Return the rows of a model that concern the customer or the user; None where nothing ties it to either."""
    rows = model._default_manager.all()
    if model is User:
        return rows.filter(pk=user.pk)
    if _has(model, "customer"):
        return rows.filter(customer=customer)
    if _has(model, "account"):
        return rows.filter(account__customer=customer)
    return rows.filter(user=user) if _has(model, "user") else None


def _has(model: type[Model], field: str) -> bool:
    try:
        return bool(model._meta.get_field(field).many_to_one)
    except FieldDoesNotExist:
        return False


def _holdings(row: Customer | Account, facts: _Facts) -> Iterator[Holding]:
    for declaration in shown_fields(type(row)):
        text = display_value(row, declaration)
        place = (row.uuid, declaration.id)
        correction = facts.latest.get(place)
        is_applied = correction is not None and correction.status == Correction.Status.APPLIED
        yield Holding(
            declaration=declaration,
            row_uuid=row.uuid,
            value="" if declaration.personal.sealed else text,
            day=_day(row, declaration),
            last_four=text[-4:] if declaration.personal.sealed and len(text) > 4 else "",
            purposes=_named(declaration.personal.purposes, facts.names),
            source=facts.sources.get(place),
            pending=correction if correction is not None and correction.is_pending else None,
            undoable=correction
            if is_applied and correction and correction.new_value == _raw(row, declaration)
            else None,
            refused=correction if correction is not None and correction.status == Correction.Status.REFUSED else None,
            dispute=facts.disputes.get(place),
        )


def display_value(row: Customer | Account, declaration: datamap.FieldDeclaration) -> str:
    """Return a field's present value as people read it: the label of a choice, else the text."""
    return display_text(declaration, _raw(row, declaration))


def display_text(declaration: datamap.FieldDeclaration, value: str) -> str:
    """Return a stored value of a field as people read it."""
    choices = dict(getattr(declaration.model._meta.get_field(declaration.attribute), "flatchoices", ()) or ())
    return str(choices.get(value, value))


def _day(row: Customer | Account, declaration: datamap.FieldDeclaration) -> date | None:
    value = getattr(row, declaration.attribute)
    return value if isinstance(value, date) else None


def _raw(row: Customer | Account, declaration: datamap.FieldDeclaration) -> str:
    value = getattr(row, declaration.attribute)
    return "" if value is None else str(value)


def _purpose_names() -> dict[str, str]:
    return {purpose.code: purpose.name for purpose in Purpose.objects.all()}


def _named(codes: Iterable[str], names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(names[code] for code in dict.fromkeys(codes) if code in names)
