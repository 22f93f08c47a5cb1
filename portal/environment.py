"""The one registry of settings that come from the environment.

Each setting is declared once below; code reads it by name through `text`, `integer`, `boolean`, `listing` or
`path`, and reading an undeclared name raises. `docs/operations.md` carries the same list for operators, and a
test holds the two equal. Imports nothing of Django, so that `manage.py`, the supervisor and the embedded
servers may use it before anything is set up.
"""

import os
import pwd
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from portal import demo_secrets

ENVIRONMENTS = ("demo", "test", "production")
PROCESSES = ("web", "worker", "purge", "deploy", "beat")

_SERVING = frozenset({"web", "worker", "purge", "beat"})
_TALKING = frozenset({"web", "worker"})
_EVERY = frozenset(PROCESSES)
_PLACEHOLDERS = ("change-me", "changeme", "replace-me", "example", "insecure", "secret")


class UndeclaredSetting(KeyError):
    """Raised when code asks for a setting that is not in the registry: declare it in portal/environment.py."""


class UnusableSetting(ValueError):
    """Raised when a setting's value cannot be read as its type; the message says what is expected."""


class MissingSecrets(SystemExit):
    """Raised in production when secrets are missing or still a default; the message names every one of them."""


@dataclass(frozen=True)
class Setting:
    """Declare one environment variable: what it is called, what it means, and what it is when not given."""

    name: str
    meaning: str
    default: str | Callable[[], str] = ""
    kind: str = "text"
    make_secret: Callable[[], str] | None = None
    needed_by: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_secret(self) -> bool:
        """Tell whether the value must be kept from logs, pages and images."""
        return self.make_secret is not None or self.kind == "secret"


def _below_data(name: str) -> Callable[[], str]:
    return lambda: str(data_directory() / name)


def _unless_production(value: str) -> Callable[[], str]:
    return lambda: "" if is_production() else value


def _default_host() -> str:
    return "" if is_production() else f"http://localhost:{text('PORT')}"


def _default_allowed_hosts() -> str:
    own = urlsplit(text("RESGUARDO_HOST")).hostname or ""
    names = [own] if is_production() else ["localhost", "127.0.0.1", "[::1]", own]
    return ",".join(dict.fromkeys(name for name in names if name))


def _default_database_name() -> str:
    return "resguardo_test" if name() == "test" else "resguardo"


def _default_data_directory() -> str:
    if os.geteuid() == 0:
        return "/var/lib/resguardo"
    if sys.platform == "darwin":
        return str(Path.home() / "Library" / "Application Support" / "resguardo")
    return str(Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "resguardo")


def _operator_name() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


_DECLARED = (
    # How this process runs.
    Setting("RESGUARDO_ENV", "`demo`, `test` or `production`.", "demo"),
    Setting(
        "RESGUARDO_PROCESS",
        "Kind of process: `web`, `worker`, `purge`, `deploy` or `beat`.",
        "worker",
    ),
    Setting(
        "RESGUARDO_DEBUG",
        "Django's debug pages; never in production.",
        "false",
        "boolean",
    ),
    Setting("RESGUARDO_LOG_LEVEL", "Least severity that is logged.", "INFO"),
    Setting(
        "RESGUARDO_OPERATOR",
        "Who runs a command line; recorded by commands that change or read personal data.",
        _operator_name,
    ),
    # Where things are.
    Setting(
        "RESGUARDO_DATA_DIR",
        "Home of the embedded servers, demo secrets, logs and, unless given, of the directories below.",
        _default_data_directory,
        "path",
    ),
    Setting(
        "RESGUARDO_KEYSTORE_DIR",
        "Wrapped data keys, apart from the data.",
        _below_data("keystore"),
        "path",
    ),
    Setting(
        "RESGUARDO_FILES_DIR",
        "Sealed files: evidence, originals, packages.",
        _below_data("files"),
        "path",
    ),
    Setting(
        "RESGUARDO_JOURNAL_DIR",
        "Purge journal, outside the database; replayed after a restore.",
        _below_data("journal"),
        "path",
    ),
    Setting(
        "RESGUARDO_CERTIFICATE_DIR",
        "Signed certificates of what was purged, one file a run.",
        _below_data("certificates"),
        "path",
    ),
    Setting(
        "RESGUARDO_CHECKPOINT_DIR",
        "Copies of the ledger's signed checkpoints, outside the database.",
        _below_data("checkpoints"),
        "path",
    ),
    Setting(
        "RESGUARDO_MAIL_DIR",
        "Where mail is written while there is no mail server.",
        _below_data("mail"),
        "path",
    ),
    # Servers.
    Setting(
        "DATABASE_URL",
        "`postgres://user:password@host:port/database`. Production: this process's own login. Demo and test: an "
        "administrator's, from which roles are made; without it an embedded PostgreSQL is started.",
        needed_by=_EVERY,
    ),
    Setting(
        "REDIS_URL",
        "`redis://host:port/0` or `unix:///path?db=0`; without it (demo, test) an embedded Redis is started.",
        needed_by=_SERVING,
    ),
    Setting(
        "RESGUARDO_REDIS_DATABASE",
        "First of the two Redis databases used (messages, cache), counted from the one in REDIS_URL.",
        "0",
        "integer",
    ),
    Setting(
        "RESGUARDO_DATABASE_NAME",
        "Database, where DATABASE_URL does not name one.",
        _default_database_name,
    ),
    Setting(
        "RESGUARDO_DATABASE_ROLES",
        "Stem of the role names (`<stem>_web`, ...), where it is not the database's name.",
    ),
    Setting(
        "RESGUARDO_DATABASE_POOL",
        "Most pooled connections of a web process; 0: no pool.",
        "0",
        "integer",
    ),
    Setting("PORT", "Port of the web server.", "8000", "integer"),
    Setting("RESGUARDO_BIND", "Address the web server listens on.", "127.0.0.1"),
    Setting("RESGUARDO_WEB_PROCESSES", "Web server processes.", "2", "integer"),
    Setting("RESGUARDO_WEB_THREADS", "Threads of each web server process.", "4", "integer"),
    Setting("RESGUARDO_WORKER_PROCESSES", "Processes of each Celery worker.", "2", "integer"),
    Setting("RESGUARDO_DEMO_DATA", "Whether `make run` loads demo data into a new database.", "true", "boolean"),
    Setting(
        "RESGUARDO_HOST",
        "Public base address, such as `https://privacy.example.org`.",
        _default_host,
        needed_by=_TALKING,
    ),
    Setting(
        "RESGUARDO_ALLOWED_HOSTS",
        "Host names answered to, separated by commas; by default the one in RESGUARDO_HOST.",
        _default_allowed_hosts,
        "listing",
    ),
    Setting(
        "RESGUARDO_TRUSTED_PROXIES",
        "Proxies in front that set X-Forwarded-For.",
        "0",
        "integer",
    ),
    Setting(
        "RESGUARDO_MAX_UPLOAD_MB",
        "Largest accepted upload, in megabytes.",
        "50",
        "integer",
    ),
    Setting(
        "RESGUARDO_EMAIL_URL",
        "`smtp://user:password@host:587?tls=true`; without it (demo, test) mail is written to files.",
        needed_by=_TALKING,
    ),
    Setting("RESGUARDO_EMAIL_FROM", "Sender of the portal's mail.", "privacy@localhost"),
    # The provider.
    Setting(
        "RESGUARDO_TIME_ZONE",
        "The provider's IANA time zone; civil days are counted in it.",
        "America/Los_Angeles",
    ),
    Setting(
        "RESGUARDO_PROVIDER_NAME",
        "Name of the provider.",
        _unless_production("Valle Claro Community Energy"),
        needed_by=_TALKING,
    ),
    Setting(
        "RESGUARDO_PRIVACY_TITLE",
        "Title of the privacy official.",
        _unless_production("Privacy Officer"),
        needed_by=_TALKING,
    ),
    Setting(
        "RESGUARDO_PRIVACY_EMAIL",
        "E-mail of the privacy official.",
        _unless_production("privacy@valleclaro.example"),
        needed_by=_TALKING,
    ),
    Setting(
        "RESGUARDO_PRIVACY_PHONE",
        "Telephone of the privacy official.",
        _unless_production("555-0100"),
        needed_by=_TALKING,
    ),
    Setting(
        "RESGUARDO_PRIVACY_ADDRESS",
        "Postal address of the privacy official.",
        _unless_production("100 Example Street, Valle Claro, CA 90000"),
        needed_by=_TALKING,
    ),
    # Secrets. In demo and test each is made once and kept in <data dir>/secrets.json.
    Setting(
        "RESGUARDO_SECRET_KEY",
        "Django's signing key.",
        make_secret=demo_secrets.token,
        needed_by=_EVERY,
    ),
    Setting(
        "RESGUARDO_KEY_ENCRYPTION_KEY",
        "Wraps the data keys of the key store; 32 bytes in base64.",
        make_secret=demo_secrets.key,
        needed_by=frozenset({"web", "worker", "purge"}),
    ),
    Setting(
        "RESGUARDO_FORMER_KEY_ENCRYPTION_KEYS",
        "Further keys that open what they once wrapped, separated by commas; only while keys are rotated.",
        kind="secret",
    ),
    Setting(
        "RESGUARDO_BLIND_INDEX_KEY",
        "Key of the blind index over sealed values; 32 bytes in base64.",
        make_secret=demo_secrets.key,
        needed_by=frozenset({"web", "worker"}),
    ),
    Setting(
        "RESGUARDO_CHECKPOINT_KEY",
        "Ed25519 seed of the ledger's sealer; 32 bytes in base64. Given to the worker alone.",
        make_secret=demo_secrets.key,
        needed_by=frozenset({"worker"}),
    ),
    Setting(
        "RESGUARDO_RECEIPT_KEY",
        "Ed25519 seed that signs receipts and certificates; 32 bytes in base64.",
        make_secret=demo_secrets.key,
        needed_by=frozenset({"web", "worker", "purge"}),
    ),
    Setting(
        "RESGUARDO_OIDC_PRIVATE_KEY",
        "RSA key (PEM) of the OAuth2 server for machine clients.",
        make_secret=demo_secrets.rsa_key,
        needed_by=frozenset({"web"}),
    ),
    *(
        Setting(
            f"RESGUARDO_{process.upper()}_PASSWORD",
            f"Password of the database login `<stem>_{process}`; read by `manage.py provision`.",
            make_secret=demo_secrets.password,
        )
        for process in ("deploy", "web", "worker", "purge")
    ),
)

REGISTRY: Mapping[str, Setting] = {setting.name: setting for setting in _DECLARED}


def name() -> str:
    """Return the kind of installation: demo, test or production."""
    value = os.environ.get("RESGUARDO_ENV") or "demo"
    if value not in ENVIRONMENTS:
        raise UnusableSetting(f"RESGUARDO_ENV is {value!r}; give one of {', '.join(ENVIRONMENTS)}.")
    return value


def is_production() -> bool:
    """Tell whether this is a production installation."""
    return name() == "production"


def process() -> str:
    """Return the kind of this process, one of PROCESSES."""
    value = text("RESGUARDO_PROCESS")
    if value not in PROCESSES:
        raise UnusableSetting(f"RESGUARDO_PROCESS is {value!r}; give one of {', '.join(PROCESSES)}.")
    return value


def data_directory() -> Path:
    """Return the absolute directory of this installation's data; tests keep theirs apart, in `test` below it."""
    base = Path(os.environ.get("RESGUARDO_DATA_DIR") or _default_data_directory()).expanduser().absolute()
    return base / "test" if name() == "test" else base


def text(setting_name: str) -> str:
    """Return a setting's value: from the environment, its `_FILE` (secrets), the demo secrets, or the default.

    Raises UndeclaredSetting for a name that is not in the registry.
    """
    setting = REGISTRY.get(setting_name)
    if setting is None:
        raise UndeclaredSetting(f"{setting_name} is not declared in portal/environment.py.")
    given = _given(setting)
    if given:
        return given
    if setting.make_secret is not None:
        return "" if is_production() else demo_secrets.obtain(data_directory(), setting.name, setting.make_secret)
    return setting.default() if callable(setting.default) else setting.default


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


def require_production_secrets() -> None:
    """Refuse to go on in production while anything this kind of process needs is missing or a default.

    Raises MissingSecrets (a SystemExit) whose one message lists every such setting; does nothing elsewhere.
    """
    if not is_production():
        return
    kind = process()
    faults = [fault for setting in _DECLARED if kind in setting.needed_by and (fault := _fault(setting))]
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
