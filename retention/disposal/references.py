"""What keeps a row from going: foreign keys that point at it, and a sealed file that it alone can explain."""

from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import PROTECT, Exists, Field, Model, OuterRef, Q

from protection.models import SealedFile


@cache
def referrers(model: type[Model]) -> "tuple[Field[Any, Any], ...]":
    """Return the foreign keys of all models that protect a model's rows.

    Some stand in the database only as part of a composite key, hence the look at what Django was told.
    """
    return tuple(
        key
        for other in apps.get_models(include_auto_created=True)
        for key in other._meta.concrete_fields
        if key.remote_field and key.remote_field.model is model and (_is_constraint(key) or _protects(key))
    )


def targets(model: type[Model]) -> frozenset[type[Model]]:
    """Return the models that rows of `model` refer to."""
    keys = (key.related_model for key in model._meta.concrete_fields if key.remote_field)
    return frozenset(target for target in keys if isinstance(target, type))


def unreferenced(model: type[Model], *, aside: frozenset[type[Model]] = frozenset()) -> Q:
    """Return the condition that no row points at a row of `model`, rows of the models `aside` excepted."""
    condition = Q()
    for key in referrers(model):
        if key.model not in aside:
            condition &= ~Q(Exists(key.model._base_manager.filter(**{key.name: OuterRef("pk")})))
    return condition


def without_standing_file(model: type[Model]) -> Q:
    """Return the condition that every sealed file that a row of `model` names was destroyed."""
    condition = Q()
    for key in referrers(SealedFile):
        if key.model is model:
            condition &= Q(**{f"{key.name}__isnull": True}) | Q(**{f"{key.name}__destroyed_at__isnull": False})
    return condition


def _protects(key: "Field[Any, Any]") -> bool:
    return getattr(key.remote_field, "on_delete", None) is PROTECT


def _is_constraint(key: "Field[Any, Any]") -> bool:
    return bool(getattr(key, "db_constraint", False))
