"""Civil days and moments in SQL, in the provider's time zone."""

from django.conf import settings
from django.db.models import DateField, DateTimeField, Func, Value
from django.db.models.expressions import Combinable


def civil_day(moment: Combinable) -> Func:
    """Return the provider's civil day of a timestamp, as an expression."""
    zone = Value(settings.PROVIDER_TIME_ZONE)
    return Func(zone, moment, template="(timezone(%(expressions)s))::date", output_field=DateField())


def start_of(day: Combinable) -> Func:
    """Return the moment at which a civil day begins where the provider is, as an expression."""
    zone = Value(settings.PROVIDER_TIME_ZONE)
    return Func(
        zone,
        Func(day, template="(%(expressions)s)::timestamp", output_field=DateTimeField()),
        function="timezone",
        output_field=DateTimeField(),
    )
