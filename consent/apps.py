from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ConsentConfig(AppConfig):
    """Have each package say what its messages are filled with; the sender is here."""

    name = "consent"

    def ready(self) -> None:
        autodiscover_modules("messages")
