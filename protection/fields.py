from typing import Any, Protocol, cast
from uuid import UUID

from django.db import models
from django.db.models.expressions import Combinable

from protection import sealing
from protection.errors import SealedLookupError


class Sealable(Protocol):
    """A model instance whose fields can be sealed: it knows its row UUID before insert, and its key."""

    uuid: UUID

    def sealing_key_id(self) -> UUID: ...


class _SealedText:
    """Open the stored bytes on reading; seal text on writing. Bytes and memoryviews are what the database gave."""

    def __init__(self, field: "SealedTextField") -> None:
        self._field = field

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> Any:
        if instance is None:
            return self
        if self._field.attname not in instance.__dict__:
            instance.__dict__[self._field.attname] = self._fetch(instance)
        stored = instance.__dict__[self._field.attname]
        if not stored:
            return ""
        return sealing.open_sealed(bytes(stored), place=self._place(instance)).decode()

    def __set__(self, instance: models.Model, value: object) -> None:
        if isinstance(value, str):
            value = self._seal(instance, value) if value else b""
        instance.__dict__[self._field.attname] = value

    def _fetch(self, instance: models.Model) -> object:
        """Read a column that the query left out."""
        rows = type(instance)._base_manager.filter(pk=instance.pk)
        return rows.values_list(self._field.attname, flat=True).get()

    def _seal(self, instance: models.Model, text: str) -> bytes:
        key_id = cast(Sealable, instance).sealing_key_id()
        return sealing.seal(text.encode(), key_id=key_id, place=self._place(instance))

    def _place(self, instance: models.Model) -> bytes:
        return f"{self._field.field_id}|{cast(Sealable, instance).uuid}".encode()


class SealedTextField(models.BinaryField):  # type: ignore[type-arg]
    """Text kept only as authenticated ciphertext; the attribute reads and takes plain text.

    `field_id` is the stable id of the data map; with the row's UUID it is bound into the ciphertext. The model must set
    `uuid` and its key before this field, so declare those fields first. Filtering or updating in bulk raises
    SealedLookupError.
    """

    def __init__(self, *, field_id: str, **options: Any) -> None:
        self.field_id = field_id
        options.setdefault("blank", True)
        options.setdefault("default", b"")
        options["editable"] = False
        super().__init__(**options)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs["field_id"] = self.field_id
        return name, path, args, kwargs

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, _SealedText(self))

    def clean(self, value: Any, model_instance: models.Model | None) -> str:
        """Return the plain text without outer blanks; raises ValidationError where a validator refuses it."""
        text = "" if value is None else str(value).strip()
        self.run_validators(text)
        return text

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        return model_instance.__dict__.get(self.attname, b"")

    def get_lookup(self, lookup_name: str) -> Any:
        raise SealedLookupError(f"{self.name} is sealed and cannot be searched; use its blind index.")

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if isinstance(value, str | Combinable) or (value and not sealing.is_sealed(bytes(value))):
            raise SealedLookupError(f"{self.name} is sealed; set it on the instance, as text, and save that.")
        return super().get_db_prep_save(value, connection)
