from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from portal import environment


def settings_of(url: str) -> dict[str, Any]:
    """Return Django's mail settings for `smtp://user:password@host:587?tls=true`; files in demo and test without one.

    Raises environment.UnusableSetting for another scheme.
    """
    if not url:
        if environment.name() == "test":
            return {"EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend"}
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": environment.path("RESGUARDO_MAIL_DIR"),
        }
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"}:
        raise environment.UnusableSetting("RESGUARDO_EMAIL_URL begins with smtp:// or smtps://.")
    query = parse_qs(parts.query)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and query.get("tls", ["true"])[0] == "true",
        "EMAIL_TIMEOUT": 15,
    }
