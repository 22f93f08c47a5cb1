"""Where outsiders find what they check documents with: the public keys, the verifier. All of it is for anybody."""

from datetime import datetime
from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from ledger.keys import published_keys
from ledger.models import PublicKey
from ledger.verifier import FILE_NAME as VERIFIER
from ledger.verifier import verifier

FILE_NAME = "resguardo-keys.json"


class KeysView(TemplateView):
    """Show every key that signs or signed for this provider, with its fingerprint, and how to check a document."""

    template_name = "portal/keys.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        keys = published_keys()["keys"]
        return super().get_context_data(
            keys=[_shown(key) for key in keys],
            file_name=FILE_NAME,
            verifier_name=VERIFIER,
            verifier_digest=sha256(verifier()).hexdigest(),
            pack_command=f"python -m ledger.verifier {VERIFIER}",
            command=f"python {VERIFIER} {_('DOCUMENT')}.json --keys {FILE_NAME}",
            **kwargs,
        )


def keys_file(request: HttpRequest) -> JsonResponse:
    """Hand out the list as the verifier's `--keys` reads it."""
    return JsonResponse(published_keys(), json_dumps_params={"indent": 2})


def verifier_file(request: HttpRequest) -> HttpResponse:
    """Hand out the verifier, one file that runs by itself."""
    return HttpResponse(
        verifier(),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{VERIFIER}"'},
    )


def _shown(key: dict[str, str]) -> dict[str, Any]:
    since = datetime.fromisoformat(key["since"]) if key["since"] else None
    return {**key, "label": PublicKey.Use(key["use"]).label, "since": since}
