"""The portal's Celery app with an observer of the tests: `celery -A tests.retention.faults.worker_app worker`."""

from typing import Any

from celery.signals import worker_process_init

from portal.celery import app

__all__ = ["app"]


@worker_process_init.connect
def watch(**_given: Any) -> None:
    """Have this child carry out the order that the worker was given."""
    from retention import waypoints  # noqa: PLC0415 (models exist only once the worker is set up)
    from tests.retention.faults.faults import Order  # noqa: PLC0415

    order = Order.taken()
    if order is not None:
        waypoints._observers.append(order.observe)
