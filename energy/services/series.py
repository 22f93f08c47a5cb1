"""Usage points and reading types as a feed names them, made where they are not known yet."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

from accounts.models import Account
from energy.greenbutton import ReadingType as FeedReadingType
from energy.greenbutton import UsagePoint as FeedUsagePoint
from energy.greenbutton.links import path_of
from energy.models import ReadingType, UsagePoint
from energy.plain import to_plain
from ledger.canonical import canonical_bytes

LONGEST_IDENTIFIER = 500
_MEANING = tuple(field.name for field in ReadingType._meta.concrete_fields if field.name not in {"id", "digest"})


def identifier_of(href: str, account: Account) -> str:
    """Return by what a usage point is known: its address below /resource/, or the meter number that an export wrote."""
    path = path_of(href).removeprefix(f"RetailCustomer/{account.uuid}/UsagePoint/") or "unnamed"
    if len(path) > LONGEST_IDENTIFIER:
        path = f"{path[:400]} {sha256(path.encode()).hexdigest()}"
    return path


def known_usage_points(
    *, account: Account, feed: Mapping[str, FeedUsagePoint | None], import_run: UUID
) -> dict[str, UsagePoint]:
    """Return the account's usage points by identifier, those of `feed` made or brought up to date."""
    stored = list(UsagePoint.objects.filter(account=account, identifier__in=feed).order_by("pk"))
    known = {}
    for identifier, resource in feed.items():
        described = _described(resource)
        like = [point for point in stored if point.identifier == identifier and _is_alike(point, resource)]
        point = like[-1] if like else UsagePoint(account=account, identifier=identifier)
        if not like or any(getattr(point, name) != value for name, value in described.items()):
            for name, value in described.items():
                setattr(point, name, value)
            point.import_run = import_run
            point.save()
        known[identifier] = point
    return known


def _is_alike(point: UsagePoint, resource: FeedUsagePoint | None) -> bool:
    return resource is None or point.service_kind == (resource.service_kind or 0)


def known_reading_types(meanings: Iterable[FeedReadingType | None]) -> dict[str, ReadingType]:
    """Return the reading types that mean what these do, by digest, made where they are new."""
    wanted = {digest_of(columns): columns for columns in map(columns_of, meanings)}
    known = {row.digest: row for row in ReadingType.objects.filter(digest__in=wanted)}
    if missing := [digest for digest in wanted if digest not in known]:
        ReadingType.objects.bulk_create(
            [ReadingType(digest=digest, **wanted[digest]) for digest in missing], ignore_conflicts=True
        )
        known |= {row.digest: row for row in ReadingType.objects.filter(digest__in=missing)}
    return known


def columns_of(resource: FeedReadingType | None) -> dict[str, Any]:
    """Return the columns of a reading type that means what the resource does; all empty where there is none."""
    plain = to_plain(resource) if resource else {}
    return {name: plain.get(name) for name in _MEANING}


def columns_of_row(row: ReadingType) -> dict[str, Any]:
    """Return what a stored reading type says, by the names of the feed's resource; what it does not say is left out."""
    return {name: value for name in _MEANING if (value := getattr(row, name)) is not None}


def digest_of(columns: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a reading type's columns, in hexadecimal digits."""
    return sha256(canonical_bytes({name: columns.get(name) for name in _MEANING})).hexdigest()


def _described(resource: FeedUsagePoint | None) -> dict[str, Any]:
    if resource is None:
        return {}
    plain = to_plain(resource)
    kind = plain.pop("service_kind", 0)
    return {"service_kind": kind, "title": resource.title[:256], "attributes": plain}
