from typing import Any

from django.conf import settings
from django.http import HttpRequest


def provider(request: HttpRequest) -> dict[str, Any]:
    """Give every template the provider's name and contact card (promise M4)."""
    return {"provider": settings.PROVIDER}
