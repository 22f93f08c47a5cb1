import os
from importlib import import_module
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("resguardo")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# The current app is each thread's own; without a default, a web server's other threads would ring at no broker of ours.
app.set_default()


@worker_init.connect
@beat_init.connect
def refuse_on_restored_data(**_given: Any) -> None:
    """End a worker or beat at its start, before it forks, while a backup's data has not been purged again."""
    import_module("portal.journal_guard").require_agreement()  # has models, which only exist after the set-up
