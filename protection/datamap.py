"""The data map: what is personal, declared once, field by field.

Each package declares its models in its `datamap.py`. The system check in `protection.checks` fails on any concrete
field that no package declared, so that a new column cannot enter the product without a decision about it. Pages that
show a customer their data, correction forms, the gate's field lists and the retention schedule are derived from here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from django.db.models import Model
from django.utils.functional import Promise

from protection.errors import DataMapError

VERSION = 1
"""Raised whenever a field id is added or changes its meaning; consents and exports store it beside the ids."""


class DataClass(StrEnum):
    """What kind of personal data a field holds."""

    IDENTITY = "identity"
    CONTACT = "contact"
    GOVERNMENT_ID = "government_id"
    FINANCIAL = "financial"
    USAGE = "usage"
    BILLING = "billing"
    CREDENTIAL = "credential"
    ACTIVITY = "activity"


class CorrectionRule(StrEnum):
    """Whether the data subject may correct a field, and whether staff look at it first."""

    AT_ONCE = "at_once"
    AFTER_REVIEW = "after_review"
    NEVER = "never"


class Executor(StrEnum):
    """How data of a retention class is disposed of."""

    DROP_MONTH = "drop_month"
    DELETE_ROWS = "delete_rows"
    DESTROY_KEY = "destroy_key"
    DELETE_FILE = "delete_file"


@dataclass(frozen=True, slots=True)
class Personal:
    """Declare one personal field.

    `id` is stable for ever and never reused (`customer.phone`); `label` is what people read; `purposes` are the codes
    of the purposes the field may serve; `releasable` says whether a release to a third party may contain it.
    """

    id: str
    data_class: DataClass
    label: str | Promise
    purposes: tuple[str, ...] = ()
    correction: CorrectionRule = CorrectionRule.NEVER
    releasable: bool = False
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class FieldDeclaration:
    """A personal field with the model and the attribute that hold it."""

    personal: Personal
    model: type[Model]
    attribute: str

    @property
    def id(self) -> str:
        return self.personal.id

    @property
    def label(self) -> str:
        return str(self.personal.label)

    @property
    def data_class(self) -> DataClass:
        return self.personal.data_class


@dataclass(frozen=True, slots=True)
class ModelDeclaration:
    """All that is declared of one model. `retention_class` is shared by rows with one clock, period and executor."""

    model: type[Model]
    retention_class: str
    executor: Executor
    not_personal: frozenset[str]
    personal: Mapping[str, Personal]

    @property
    def declared(self) -> frozenset[str]:
        return self.not_personal | frozenset(self.personal)


@dataclass(frozen=True, slots=True)
class StoreDeclaration:
    """A place with personal data that is no table: a folder, a cache, a queue."""

    name: str
    retention_class: str
    executor: Executor


@dataclass(slots=True)
class _DataMap:
    models: dict[type[Model], ModelDeclaration] = field(default_factory=dict)
    fields: dict[str, FieldDeclaration] = field(default_factory=dict)
    stores: dict[str, StoreDeclaration] = field(default_factory=dict)


_map = _DataMap()


def declare(
    model: type[Model],
    *,
    retention_class: str,
    executor: Executor = Executor.DELETE_ROWS,
    not_personal: tuple[str, ...] = (),
    personal: Mapping[str, Personal] | None = None,
) -> None:
    """Declare every concrete field of `model` (by field name). Raises DataMapError on a repeated model or field id."""
    if model in _map.models:
        raise DataMapError(f"{model._meta.label} is declared twice.")
    declaration = ModelDeclaration(model, retention_class, executor, frozenset(not_personal), dict(personal or {}))
    if overlap := declaration.not_personal & frozenset(declaration.personal):
        raise DataMapError(f"{model._meta.label}: {', '.join(sorted(overlap))} declared personal and not personal.")
    for attribute, entry in declaration.personal.items():
        if entry.id in _map.fields:
            raise DataMapError(f"The field id {entry.id} is taken by {_map.fields[entry.id].model._meta.label}.")
        _map.fields[entry.id] = FieldDeclaration(entry, model, attribute)
    _map.models[model] = declaration


def declare_store(name: str, *, retention_class: str, executor: Executor) -> None:
    """Declare a place with personal data that is no table, such as a folder of files or a cache."""
    if name in _map.stores:
        raise DataMapError(f"The store {name} is declared twice.")
    _map.stores[name] = StoreDeclaration(name, retention_class, executor)


def models() -> Iterator[ModelDeclaration]:
    """Yield every declared model."""
    yield from _map.models.values()


def stores() -> Iterator[StoreDeclaration]:
    """Yield every declared store that is no table."""
    yield from _map.stores.values()


def is_declared(model: type[Model]) -> bool:
    """Say whether some package declared this model."""
    return model in _map.models


def declaration_of(model: type[Model]) -> ModelDeclaration:
    """Return what is declared of `model`; KeyError where nothing is."""
    return _map.models[model]


def field_by_id(field_id: str) -> FieldDeclaration:
    """Return the declaration of a stable field id; KeyError where it is unknown."""
    return _map.fields[field_id]


def fields(
    *,
    model: type[Model] | None = None,
    data_class: DataClass | None = None,
    correction: CorrectionRule | None = None,
    releasable: bool | None = None,
) -> tuple[FieldDeclaration, ...]:
    """Return the personal fields that meet every given condition, in the order of declaration."""
    wanted = {"data_class": data_class, "correction": correction, "releasable": releasable}
    return tuple(
        declaration
        for declaration in _map.fields.values()
        if (model is None or declaration.model is model)
        and all(value is None or getattr(declaration.personal, name) == value for name, value in wanted.items())
    )


def retention_classes() -> frozenset[str]:
    """Return every retention class that some model or store is declared under."""
    return frozenset(d.retention_class for d in _map.models.values()) | frozenset(
        d.retention_class for d in _map.stores.values()
    )
