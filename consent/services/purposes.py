from django.db import transaction

from consent.models import Purpose
from consent.purposes import add_missing


@transaction.atomic
def load_purposes() -> int:
    """Add the purposes that the portal ships with and the database lacks; return how many. What is there stays."""
    return add_missing(Purpose)
