"""Settings by name: from the environment, a file, the demo secrets, or the default."""

import os
from pathlib import Path

from portal import demo_secrets
from portal.environment.declared import PROCESSES, REGISTRY, Setting
from portal.environment.errors import UndeclaredSetting, UnusableSetting
from portal.environment.installation import data_directory, is_production


def process() -> str:
    """Return the kind of this process, one of PROCESSES."""
    value = text("RESGUARDO_PROCESS")
    if value not in PROCESSES:
        raise UnusableSetting(f"RESGUARDO_PROCESS is {value!r}; give one of {', '.join(PROCESSES)}.")
    return value


def text(setting_name: str) -> str:
    """Return a setting's value: from the environment, its `_FILE` (secrets), the demo secrets, or the default.

    Raises UndeclaredSetting for a name that is not in the registry.
    """
    setting = REGISTRY.get(setting_name)
    if setting is None:
        raise UndeclaredSetting(f"{setting_name} is not declared in portal/environment/declared.py.")
    given = _given(setting)
    if given:
        return given
    if setting.make_secret is not None:
        return "" if is_production() else demo_secrets.obtain(data_directory(), setting.name, setting.make_secret)
    return setting.default(text) if callable(setting.default) else setting.default


def _given(setting: Setting) -> str:
    """Return what the environment gives, or ""; a secret may be given as the path of a file in `<NAME>_FILE`."""
    given = os.environ.get(setting.name, "")
    file = os.environ.get(f"{setting.name}_FILE", "") if setting.is_secret else ""
    if given or not file:
        return given
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UnusableSetting(f"{setting.name}_FILE names {file}, which cannot be read: {error.strerror}.") from error


def integer(setting_name: str) -> int:
    """Return a setting as a whole number."""
    value = text(setting_name)
    try:
        return int(value)
    except ValueError:
        raise UnusableSetting(f"{setting_name} is {value!r}; give a whole number.") from None


def boolean(setting_name: str) -> bool:
    """Return a setting as a truth value: true, yes, on, 1 or false, no, off, 0, in any case."""
    value = text(setting_name).strip().lower()
    if value in ("true", "yes", "on", "1"):
        return True
    if value in ("false", "no", "off", "0", ""):
        return False
    raise UnusableSetting(f"{setting_name} is {value!r}; give true or false.")


def listing(setting_name: str) -> list[str]:
    """Return a setting as the list of its parts between commas, without blanks."""
    return [part for part in (piece.strip() for piece in text(setting_name).split(",")) if part]


def path(setting_name: str) -> Path:
    """Return a setting as an absolute path; RESGUARDO_DATA_DIR is `data_directory()`."""
    if setting_name == "RESGUARDO_DATA_DIR":
        return data_directory()
    return Path(text(setting_name)).expanduser().absolute()
