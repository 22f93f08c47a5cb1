"""Text that reads as it is stored: without characters that nobody sees, such as those that turn the writing around."""

from unicodedata import category

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Explicit directional formatting (Unicode Standard Annex 9, section 2): a name could pass for another with them."""


def require_plain(text: str) -> str:
    """Return a line of text unchanged; raises ValidationError where it holds control or direction characters.

    Letters of scripts written from right to left, accents and emoji are plain.
    """
    if any(letter in _TURNING or category(letter) == "Cc" for letter in text):
        raise ValidationError(_("This text contains characters that cannot be seen. Type it instead of pasting it."))
    return text
