from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.migrations.recorder import MigrationRecorder

from consent.announcing import disagreements
from consent.purposes import PURPOSES, ShippedPurpose
from protection import datamap


@register()
def shipped_purposes_name_known_fields(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Fail where a purpose that the portal ships with names a field that is not in the data map."""
    return [message for purpose in PURPOSES for message in _faults(purpose)]


@register()
def named_purposes_are_shipped(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Fail where the data map says that a field serves a purpose that the portal does not ship with."""
    named = {code for field in datamap.fields() for code in field.personal.purposes}
    return [
        Error(
            f"The data map names the purpose {code}, which consent/purposes.py does not ship.",
            hint="Add it there, with a migration that calls add_missing.",
            id="consent.E002",
        )
        for code in sorted(named - {purpose.code for purpose in PURPOSES})
    ]


@register(Tags.database)
def the_privacy_notice_says_what_the_system_does(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn where the privacy notice in force says something else than what the purposes and rules in force do."""
    if DEFAULT_DB_ALIAS not in (databases or ()) or not _is_migrated():
        return []
    return [
        Warning(text, hint="Publish a new version of the privacy notice: docs/notices.md.", id="consent.W001")
        for text in disagreements()
    ]


def _is_migrated() -> bool:
    recorder = MigrationRecorder(connection)
    return recorder.has_table() and ("consent", "0025_notice_deliveries") in recorder.applied_migrations()


def _faults(purpose: ShippedPurpose) -> list[CheckMessage]:
    known = {field.id: field for field in datamap.fields()}
    if unknown := sorted(set(purpose.field_ids) - known.keys()):
        return [
            Error(
                f"The purpose {purpose.code} names fields that are not in the data map: {', '.join(unknown)}.",
                hint="Use the stable ids that the packages declare in datamap.py.",
                id="consent.E001",
            )
        ]
    classes = {str(known[field_id].data_class) for field_id in purpose.field_ids}
    if classes != set(purpose.data_classes):
        return [
            Error(
                f"The purpose {purpose.code} says {sorted(purpose.data_classes)}; its fields are {sorted(classes)}.",
                hint="Name the data classes of its fields.",
                id="consent.E001",
            )
        ]
    return []
