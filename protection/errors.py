class ProtectionError(Exception):
    """Something guarded could not be read or written safely."""


class TamperedError(ProtectionError):
    """A sealed value or file does not open with its key: it was altered, moved or cut. Nothing of it is returned."""


class KeyDestroyedError(ProtectionError):
    """The key of this value was destroyed; the value is gone for good."""


class SealedLookupError(ProtectionError):
    """A sealed field was used in a filter or a bulk update; use its blind index, or save the instance."""


class DataMapError(ProtectionError):
    """A declaration in a package's datamap.py contradicts the models or another declaration."""
