"""Settings that come from the environment: declared in one registry, read by name.

Code reads a setting through `text`, `integer`, `boolean`, `listing` or `path`; an undeclared name raises. Imports
nothing of Django, so that `manage.py`, the supervisor and the embedded servers may use it before anything is set up.
"""

from portal.environment.declared import PROCESSES, REGISTRY, Setting
from portal.environment.errors import MissingSecrets, UndeclaredSetting, UnusableSetting
from portal.environment.installation import ENVIRONMENTS, data_directory, is_production, name
from portal.environment.production import require_production_secrets
from portal.environment.reading import boolean, integer, listing, path, process, text

__all__ = [
    "ENVIRONMENTS",
    "PROCESSES",
    "REGISTRY",
    "MissingSecrets",
    "Setting",
    "UndeclaredSetting",
    "UnusableSetting",
    "boolean",
    "data_directory",
    "integer",
    "is_production",
    "listing",
    "name",
    "path",
    "process",
    "require_production_secrets",
    "text",
]
