"""Why the portal cannot be run from here."""


class CannotRun(RuntimeError):
    """Raised when the portal cannot start or go on; the message says why and what to do."""
