"""The registry: every setting that comes from the environment, declared once.

`docs/operations.md` carries the same list for operators, and a test holds the two equal.
"""

import os
import pwd
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from portal import demo_secrets
from portal.environment.installation import data_directory, default_data_directory, is_production, name

PROCESSES = ("web", "worker", "purge", "deploy", "beat")

Read = Callable[[str], str]
"""Reads another setting by name: a default may lean on it."""

_SERVING = frozenset({"web", "worker", "purge", "beat"})
_TALKING = frozenset({"web", "worker"})
_EVERY = frozenset(PROCESSES)


@dataclass(frozen=True)
class Setting:
    """Declare one environment variable: what it is called, what it means, and what it is when not given."""

    name: str
    meaning: str
    default: str | Callable[[Read], str] = ""
    kind: str = "text"
    make_secret: Callable[[], str] | None = None
    needed_by: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_secret(self) -> bool:
        """Tell whether the value must be kept from logs, pages and images."""
        return self.make_secret is not None or self.kind == "secret"


def _below_data(folder: str) -> Callable[[Read], str]:
    return lambda read: str(data_directory() / folder)


def _unless_production(value: str) -> Callable[[Read], str]:
    return lambda read: "" if is_production() else value


def _host(read: Read) -> str:
    return "" if is_production() else f"http://localhost:{read('PORT')}"


def _allowed_hosts(read: Read) -> str:
    own = urlsplit(read("RESGUARDO_HOST")).hostname or ""
    names = [own] if is_production() else ["localhost", "127.0.0.1", "[::1]", own]
    return ",".join(dict.fromkeys(host for host in names if host))


def _database_name(read: Read) -> str:
    return "resguardo_test" if name() == "test" else "resguardo"


def _data_home(read: Read) -> str:
    return default_data_directory()


def _operator_name(read: Read) -> str:
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
        _data_home,
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
        _database_name,
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
        _host,
        needed_by=_TALKING,
    ),
    Setting(
        "RESGUARDO_ALLOWED_HOSTS",
        "Host names answered to, separated by commas; by default the one in RESGUARDO_HOST.",
        _allowed_hosts,
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
    # The watch.
    Setting("RESGUARDO_ALERT_EMAIL", "Address that alerts go to, beside every administrator's."),
    Setting("RESGUARDO_PAST_DUE_DAYS", "Days that data may be past its time before an alert.", "3", "integer"),
    Setting(
        "RESGUARDO_METRICS_TOKEN",
        "Bearer token for `/metrics` and the figures of `/healthz`; without it only the machine itself may ask, and"
        " nobody behind a proxy.",
        kind="secret",
    ),
    # The provider.
    Setting(
        "RESGUARDO_TIME_ZONE",
        "The provider's IANA time zone; civil days are counted in it.",
        "America/Los_Angeles",
    ),
    Setting(
        "RESGUARDO_JURISDICTIONS",
        "Packs of legal bases that count, separated by commas: california_cca, california_iou, wisconsin, colorado.",
        "california_cca",
    ),
    Setting(
        "RESGUARDO_HOLIDAYS_OF",
        "Country and state whose public holidays move a deadline, as ISO 3166-2 writes it.",
        "US-CA",
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
        "RESGUARDO_FORMER_SECRET_KEYS",
        "Signing keys used before, separated by commas: links in messages that were sent under them go on working.",
        kind="secret",
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
