from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import ProgrammingError, transaction

from disclosures.bases import merged
from disclosures.errors import BasisPackError
from disclosures.models import LegalBasis


@register(Tags.database)
def loaded_bases_are_those_of_the_setting(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn where other legal bases count than those of the provider's jurisdictions; migrate asks before they can."""
    if not databases:
        return []
    try:
        wanted = set(merged(settings.JURISDICTIONS))
    except BasisPackError as error:
        return [Error(str(error), hint="Put RESGUARDO_JURISDICTIONS right.", id="disclosures.E001")]
    counting = _counting()
    if counting is None or wanted == counting:
        return []
    others = ", ".join(sorted(wanted ^ counting))
    return [
        Warning(
            f"The legal bases that count are not those of the provider's jurisdictions: {others}.",
            hint="Run `python manage.py load_bases`.",
            id="disclosures.W001",
        )
    ]


def _counting() -> set[str] | None:
    """Return the codes that count, None in a database that is still to be migrated."""
    try:
        with transaction.atomic():
            return set(LegalBasis.objects.in_force().values_list("code", flat=True))
    except ProgrammingError:
        return None
