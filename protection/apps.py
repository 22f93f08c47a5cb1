from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ProtectionConfig(AppConfig):
    """Load every package's data map once all models are known."""

    name = "protection"

    def ready(self) -> None:
        import_module("protection.declarations")
        autodiscover_modules("datamap", "checks")
