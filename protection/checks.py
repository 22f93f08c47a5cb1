from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.db.models import Model

from protection import datamap


@register()
def every_field_is_in_the_data_map(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Fail on a model or concrete field that no package's data map declares, third-party apps included."""
    messages: list[CheckMessage] = []
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed or datamap.is_declared(model):
            messages += _faults_of(model)
    return messages


def _faults_of(model: type[Model]) -> list[CheckMessage]:
    label = model._meta.label
    if not datamap.is_declared(model):
        return [
            Error(
                f"{label} is not in the data map.",
                hint="Declare it in the datamap.py of the package that owns it.",
                obj=model,
                id="protection.E001",
            )
        ]
    declared = datamap.declaration_of(model).declared
    concrete = {field.name for field in model._meta.concrete_fields}
    missing = [
        Error(
            f"{label}.{name} is not in the data map.",
            hint="Say in datamap.py whether it is personal, and how.",
            obj=model,
            id="protection.E002",
        )
        for name in sorted(concrete - declared)
    ]
    stale = [
        Error(f"{label}.{name} is in the data map but not in the model.", obj=model, id="protection.E003")
        for name in sorted(declared - concrete)
    ]
    return [*missing, *stale]
