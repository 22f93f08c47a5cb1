import hmac
from base64 import b64decode
from hashlib import sha256

from django.conf import settings


def blind_index(field_id: str, value: str) -> bytes:
    """Return the 32-byte keyed index by which a sealed value can be found again without being readable.

    HMAC-SHA-256 under a key of its own, over the field id and the value stripped of all but letters and digits; short
    numbers are enumerable, so the index is only as safe as that key, and it is cleared when the value goes.
    """
    normalized = "".join(character for character in value.casefold() if character.isalnum())
    key = b64decode(settings.BLIND_INDEX_KEY)
    return hmac.new(key, f"{field_id}\0{normalized}".encode(), sha256).digest()
