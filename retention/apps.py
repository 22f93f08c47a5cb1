from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class RetentionConfig(AppConfig):
    name = "retention"

    def ready(self) -> None:
        """Gather what every package declares for disposal; `retention.disposal` declares for those below it."""
        autodiscover_modules("disposal")
