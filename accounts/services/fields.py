from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Field

from accounts.errors import FieldValueError
from accounts.models import Account, Customer, FieldConflict, FieldSource
from accounts.plain_text import require_plain
from accounts.services.acts import record_act
from ledger.actor import Actor
from protection import datamap
from protection.blindindex import blind_index
from protection.clock import transaction_time

Source = FieldSource.Source


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What became of a new value: `applied`, `unchanged` or `conflict` (kept for staff, not written)."""

    outcome: str
    old_value: str
    new_value: str


@transaction.atomic
def set_field(
    *,
    row: Customer | Account,
    field: str,
    value: Any,
    source: str,
    by: Actor,
    import_run: UUID | None = None,
) -> FieldChange:
    """Change one personal field of a customer or an account: the one path by which such a field changes.

    The value is validated by the model's field, its source recorded, the act entered in the ledger. A feed never
    overwrites what the customer or staff set: a contradiction is filed as a FieldConflict and the value stays. What
    staff declined before is not filed again.
    Raises FieldValueError for a value that the field does not take.
    """
    locked = type(row).objects.select_for_update().get(pk=row.pk)
    cleaned = clean_value(locked, field, value)
    declaration = next(entry for entry in datamap.fields(model=type(row)) if entry.attribute == field)
    change = FieldChange("applied", _text(getattr(locked, field)), _text(cleaned))
    customer = locked if isinstance(locked, Customer) else locked.customer
    origin = FieldSource.objects.filter(row_uuid=locked.uuid, field_id=declaration.id).first()
    if source == Source.FEED and origin is not None and origin.is_override:
        return _keep_override(customer, locked.uuid, declaration.id, change, import_run)
    if change.old_value == change.new_value and origin is not None and source == Source.FEED:
        return FieldChange("unchanged", change.old_value, change.new_value)
    _write(locked, field, cleaned)
    setattr(row, field, cleaned)
    FieldSource.objects.update_or_create(
        row_uuid=locked.uuid,
        field_id=declaration.id,
        defaults={
            "customer": customer,
            "source": source,
            "import_run": import_run,
            "is_override": source != Source.FEED,
            "changed_at": transaction_time(),
        },
    )
    if change.old_value != change.new_value:
        record_act(
            kind="field.changed",
            by=by,
            facts={"field": declaration.id, "row": locked.uuid, "source": source},
            row_uuid=locked.uuid,
            customer=customer,
        )
    return change


def _keep_override(
    customer: Customer, row_uuid: UUID, field_id: str, change: FieldChange, import_run: UUID | None
) -> FieldChange:
    if change.old_value == change.new_value or _is_declined(row_uuid, field_id, change.new_value):
        return FieldChange("unchanged", change.old_value, change.new_value)
    FieldConflict.objects.update_or_create(
        row_uuid=row_uuid,
        field_id=field_id,
        resolved_at=None,
        defaults={
            "customer": customer,
            "current_value": change.old_value,
            "offered_value": change.new_value,
            "import_run": import_run,
        },
    )
    return FieldChange("conflict", change.old_value, change.new_value)


def _is_declined(row_uuid: UUID, field_id: str, offered: str) -> bool:
    """Say whether staff decided the last conflict on this field against the very value that a feed offers again."""
    decided = FieldConflict.objects.filter(row_uuid=row_uuid, field_id=field_id, resolved_at__isnull=False)
    last = decided.select_related("customer").order_by("-resolved_at").first()
    return last is not None and last.resolution == FieldConflict.Resolution.KEEP and last.offered_value == offered


@transaction.atomic
def note_feed_fields(*, row: Customer | Account, fields: Collection[str], import_run: UUID) -> None:
    """Record that a feed brought these fields of a row that was just made from it."""
    FieldSource.objects.bulk_create(
        FieldSource(
            customer=row if isinstance(row, Customer) else row.customer,
            row_uuid=row.uuid,
            field_id=declaration.id,
            source=Source.FEED,
            import_run=import_run,
            changed_at=transaction_time(),
        )
        for declaration in datamap.fields(model=type(row))
        if declaration.attribute in fields
    )


def clean_value(row: Customer | Account | type[Customer | Account], field: str, value: Any) -> Any:
    """Return `value` as the field `field` of `row` (or of a new one) would hold it.

    Raises FieldValueError, which says what is wrong.
    """
    column = row._meta.get_field(field)
    if not isinstance(column, Field):
        raise FieldValueError(f"{field} is not a field that can be set.")
    try:
        instance = None if isinstance(row, type) else row
        return column.clean(require_plain(value.strip()) if isinstance(value, str) else value, instance)
    except ValidationError as error:
        raise FieldValueError(" ".join(error.messages)) from error


def _write(row: Customer | Account, field: str, cleaned: Any) -> None:
    setattr(row, field, cleaned)
    changed = [field]
    if isinstance(row, Customer) and field == "tax_id":
        row.tax_id_index = blind_index("customer.tax_id", cleaned) if cleaned else None
        changed.append("tax_id_index")
    row.save(update_fields=changed)


def _text(value: object) -> str:
    return "" if value is None else str(value)
