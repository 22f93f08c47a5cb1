from importlib import import_module

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Tell every process which Celery to ring, workers to sign, and the API's description how clients sign in."""

    name = "portal"

    def ready(self) -> None:
        import_module("portal.celery")
        import_module("portal.watch.worker_signs")
        import_module("portal.api_description")
