"""What counts as a stated reason wherever one is asked for, in services and in forms."""

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SHORTEST_REASON = 10
_LONGEST_REASON = 500
_TOO_SHORT = _("State the reason in at least ten characters.")


def is_reason(text: str) -> bool:
    """Say whether a text is long enough to be a reason: ten characters, blanks at its ends left out."""
    return len(text.strip()) >= SHORTEST_REASON


class ReasonField(forms.CharField):
    """Ask for a reason of 10 to 500 characters; `too_short` is what to say to less."""

    def __init__(self, *, too_short: str | Promise = _TOO_SHORT, **kwargs: Any) -> None:
        messages: dict[str, Any] = {"min_length": too_short}
        super().__init__(min_length=SHORTEST_REASON, max_length=_LONGEST_REASON, error_messages=messages, **kwargs)
