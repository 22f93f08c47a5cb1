from math import ceil
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, NotAuthenticated, Throttled
from rest_framework.response import Response
from rest_framework.views import exception_handler

from portal.api_access import no_access


def refuse_in_plain_words(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an error with what is wrong and what to do next, DRF's own wording where that is good enough."""
    if isinstance(error, NotAuthenticated):
        error.detail = ErrorDetail(no_access(_("There is no access token.")), error.default_code)
    elif isinstance(error, Throttled):
        seconds = ceil(error.wait or 1)  # type: ignore[attr-defined]
        text = _("Too many requests from this client. Go on in %(seconds)s s.") % {"seconds": seconds}
        error.detail = ErrorDetail(text, error.default_code)
    return exception_handler(error, context)
