"""Where outsiders find the public keys: a page for people, a file for the verifier. Both are for anybody."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from ledger.keys import published_keys
from ledger.models import PublicKey

FILE_NAME = "resguardo-keys.json"


class KeysView(TemplateView):
    """Show every key that signs or signed for this provider, with its fingerprint, and how to check a document."""

    template_name = "portal/keys.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        keys = published_keys()["keys"]
        command = f"python -m ledger.verify {_('DOCUMENT')}.json --keys {FILE_NAME}"
        return super().get_context_data(
            keys=[_shown(key) for key in keys], file_name=FILE_NAME, command=command, **kwargs
        )


def keys_file(request: HttpRequest) -> JsonResponse:
    """Hand out the list as `python -m ledger.verify FILE --keys` reads it."""
    return JsonResponse(published_keys(), json_dumps_params={"indent": 2})


def _shown(key: dict[str, str]) -> dict[str, Any]:
    since = datetime.fromisoformat(key["since"]) if key["since"] else None
    return {**key, "label": PublicKey.Use(key["use"]).label, "since": since}
