import socket
import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from portal.models import SignOfLife
from protection.clock import transaction_time

FORGOTTEN_AFTER = timedelta(days=7)
"""Machines come and go; the sign of one that is gone says nothing after a week."""

_awake_since = time.monotonic()


def awake_for() -> timedelta:
    """Return how long this process has run: one that has only just started cannot tell who else is silent."""
    return timedelta(seconds=time.monotonic() - _awake_since)


def sign_life(process: str, machine: str = "") -> None:
    """Write down that a process works, by the database's clock; `machine` is this one's name by default."""
    sign = SignOfLife(process=process, machine=(machine or socket.gethostname())[:200], at=Now())
    SignOfLife.objects.bulk_create(
        [sign], update_conflicts=True, unique_fields=["process", "machine"], update_fields=["at"]
    )


def last_signs() -> Mapping[str, datetime]:
    """Return the latest sign of each kind of process that ever signed."""
    return dict(SignOfLife.objects.order_by("process").values_list("process").annotate(latest=Max("at")))


@transaction.atomic
def forget_signs() -> int:
    """Remove the signs of machines that are long gone, but never the last of a kind; return how many."""
    old = SignOfLife.objects.filter(at__lt=transaction_time() - FORGOTTEN_AFTER)
    latest = SignOfLife.objects.order_by("process", "-at").distinct("process").values("pk")
    return old.exclude(pk__in=list(latest.values_list("pk", flat=True))).delete()[0]
