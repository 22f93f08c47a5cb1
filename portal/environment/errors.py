class UndeclaredSetting(KeyError):
    """Raised when code asks for a setting that is not in the registry: declare it in portal/environment/declared.py."""


class UnusableSetting(ValueError):
    """Raised when a setting's value cannot be read as its type; the message says what is expected."""


class MissingSecrets(SystemExit):
    """Raised in production when secrets are missing or still a default; the message names every one of them."""
