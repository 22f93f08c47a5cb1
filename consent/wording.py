"""How consents are put to people: data grouped by kind, acts as history, meters by name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.models import ConsentVersion
from consent.status import Status, superseded
from energy.models import UsagePoint
from protection import datamap
from protection.datamap import DataClass, FieldDeclaration

CLASS_LABELS: dict[DataClass, str | Promise] = {
    DataClass.IDENTITY: _("Who you are"),
    DataClass.CONTACT: _("Addresses and contact"),
    DataClass.GOVERNMENT_ID: _("Government numbers"),
    DataClass.FINANCIAL: _("Bank details"),
    DataClass.USAGE: _("Energy use"),
    DataClass.BILLING: _("Bills and rates"),
    DataClass.CREDENTIAL: _("Sign-in"),
    DataClass.ACTIVITY: _("Activity"),
}
_ORDER = list(CLASS_LABELS)


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """The names of fields of one kind."""

    label: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Act:
    """One act on a consent, as the history component shows it."""

    at: datetime
    who: str
    what: str
    why: str
    basis: str


@dataclass(frozen=True, slots=True)
class Step:
    """One version of a consent: its state now, and what it covered."""

    version: ConsentVersion
    status: Status
    field_groups: list[FieldGroup]
    meters: list[str]
    is_scope: bool


def grouped(fields: Iterable[FieldDeclaration]) -> list[tuple[DataClass, list[FieldDeclaration]]]:
    """Return fields by their data class, in the order in which people read them."""
    ordered = sorted(fields, key=lambda field: _ORDER.index(field.data_class))
    return [(data_class, list(members)) for data_class, members in groupby(ordered, key=lambda f: f.data_class)]


def field_groups(field_ids: Sequence[str]) -> list[FieldGroup]:
    """Return the names of fields by kind; an id that the data map no longer knows stands as it is."""
    known = [field for field in datamap.fields() if field.id in set(field_ids)]
    groups = [
        FieldGroup(str(CLASS_LABELS[data_class]), tuple(field.label for field in members))
        for data_class, members in grouped(known)
    ]
    unknown = tuple(sorted(set(field_ids) - {field.id for field in known}))
    return [*groups, FieldGroup(gettext("No longer kept"), unknown)] if unknown else groups


def meter_names(usage_point_ids: Sequence[int]) -> list[str]:
    """Return the names of the usage points that a version is limited to; none for all of them."""
    if not usage_point_ids:
        return []
    return [str(point) for point in UsagePoint.objects.filter(pk__in=usage_point_ids).order_by("title", "pk")]


def history(versions: Iterable[ConsentVersion]) -> list[Act]:
    """Return the acts on a consent for `components/history.html`."""
    return [
        Act(
            at=version.created_at,
            who=_who(version),
            what=version.get_kind_display(),
            why=version.reason,
            basis=_basis(version),
        )
        for version in versions
    ]


def _who(version: ConsentVersion) -> str:
    """Return who acted, and for whom where it was not the customer."""
    if version.recorded_by is None:
        return gettext("The portal")
    name = version.recorded_by.get_full_name()
    return f"{name}, {version.given_by}" if version.given_by else name


def timeline(versions: Sequence[ConsentVersion], status: Status) -> list[Step]:
    """Return the versions of a consent, the newest first: what each covered and what took its place.

    `status` is the state of the newest.
    """
    names = _point_names(versions)
    steps, later = [], None
    for version in versions:
        steps.append(
            Step(
                version=version,
                status=status if later is None else superseded(version, later),
                field_groups=field_groups(version.field_ids),
                meters=[names[pk] for pk in version.usage_point_ids if pk in names],
                is_scope=version.kind in ConsentVersion.SCOPE_KINDS,
            )
        )
        later = version
    return steps


def _point_names(versions: Iterable[ConsentVersion]) -> dict[int, str]:
    ids = {pk for version in versions for pk in version.usage_point_ids}
    return {point.pk: str(point) for point in UsagePoint.objects.filter(pk__in=ids)} if ids else {}


def _basis(version: ConsentVersion) -> str:
    if version.kind == ConsentVersion.Kind.EXPIRE:
        return ""
    parts = [version.get_method_display(), version.signer_name]
    return ", ".join(part for part in parts if part)
