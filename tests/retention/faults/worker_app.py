"""The portal's Celery app under orders of the tests: `celery -A tests.retention.faults.worker_app worker`.

One worker serves many tests: before each task its child reads in which database it works, and what is to happen.
"""

from importlib import import_module
from typing import Any

from celery.signals import task_prerun
from django.db import connection

from portal.celery import app

__all__ = ["app"]


@task_prerun.connect
def obey(**_given: Any) -> None:
    """Enter the database and watch for the point that the orders name."""
    waypoints = import_module("retention.waypoints")  # has models, which only exist once the worker is set up
    orders = import_module("tests.retention.faults.faults").Orders.taken()
    connection.close()
    connection.settings_dict["NAME"] = orders.database
    waypoints._observers[:] = [orders.fault.observe] if orders.fault else []
