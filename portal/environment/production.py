"""What production refuses to start without."""

from portal import demo_secrets
from portal.environment.declared import REGISTRY, Setting
from portal.environment.errors import MissingSecrets
from portal.environment.installation import data_directory, is_production
from portal.environment.reading import boolean, process, text

_PLACEHOLDERS = ("change-me", "changeme", "replace-me", "example", "insecure", "secret")


def require_production_secrets() -> None:
    """Refuse to go on in production while anything this kind of process needs is missing or a default.

    Raises MissingSecrets (a SystemExit) whose one message lists every such setting; does nothing elsewhere.
    """
    if not is_production():
        return
    kind = process()
    faults = [fault for setting in REGISTRY.values() if kind in setting.needed_by and (fault := _fault(setting))]
    if boolean("RESGUARDO_DEBUG"):
        faults.append("RESGUARDO_DEBUG: must be off in production.")
    if faults:
        lines = "\n".join(f"  {fault}" for fault in faults)
        raise MissingSecrets(
            f"Production refuses to start; the {kind} process needs these settings (docs/operations.md):\n{lines}"
        )


def _fault(setting: Setting) -> str:
    """Return what is wrong with a required setting's value in production, or ""."""
    value = text(setting.name)
    if not value:
        return f"{setting.name}: missing. {setting.meaning}"
    if not setting.is_secret:
        return ""
    if any(word in value.lower() for word in _PLACEHOLDERS if len(value) < 200):
        return f"{setting.name}: still a placeholder."
    if demo_secrets.is_demo_secret(data_directory(), setting.name, value):
        return f"{setting.name}: is the demo installation's own."
    return "" if len(value) >= 32 else f"{setting.name}: too short; give at least 32 random characters."
