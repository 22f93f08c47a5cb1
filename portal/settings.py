"""Django's settings. Every value that differs between installations comes from `portal.environment`."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from portal import databases, environment, mail
from portal.embedded import servers
from portal.schedule import SCHEDULE

environment.require_production_secrets()

ENVIRONMENT = environment.name()
OPERATOR = environment.text("RESGUARDO_OPERATOR")
BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = environment.boolean("RESGUARDO_DEBUG") and not environment.is_production()
SECRET_KEY = environment.text("RESGUARDO_SECRET_KEY")
SECRET_KEY_FALLBACKS = environment.listing("RESGUARDO_FORMER_SECRET_KEYS")
ALLOWED_HOSTS = environment.listing("RESGUARDO_ALLOWED_HOSTS")
PUBLIC_ADDRESS = environment.text("RESGUARDO_HOST")
IS_HTTPS = PUBLIC_ADDRESS.startswith("https://")
CSRF_TRUSTED_ORIGINS = [PUBLIC_ADDRESS] if PUBLIC_ADDRESS else []

INSTALLED_APPS = [
    "portal",
    "rights",
    "disclosures",
    "consent",
    "retention",
    "energy",
    "accounts",
    "ledger",
    "protection",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.idp.oidc",
    "rest_framework",
    "drf_spectacular",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "portal.middleware.restored.RestoredMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.middleware.language.PreferredLanguageMiddleware",
    "portal.middleware.caching.PrivatePagesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.middleware.activity.SessionActivityMiddleware",
    "portal.middleware.sessions.SessionLifetimeMiddleware",
    "portal.middleware.second_factor.SecondFactorMiddleware",
    "portal.middleware.rows.RowScopeMiddleware",
    "portal.middleware.privacy.PrivacyMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
FORM_RENDERER = "portal.rendering.FormRenderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.provider",
            ],
        },
    }
]

# Data. The role a process logs in as follows from its kind (RESGUARDO_PROCESS) or from its own DATABASE_URL.
DATABASES: dict[str, dict[str, Any]] = {"default": databases.connection_settings(environment.process())}
DATABASES["default"]["ATOMIC_REQUESTS"] = True
DATABASE_ROLES = databases.role_names()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": {"BACKEND": "portal.short_cache.ShortCache", "LOCATION": servers.redis_url(database=1)}}

# People.
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "signed_out"
ACCOUNT_SESSION_REMEMBER = False  # nobody is kept signed in once the browser closes: many share a computer
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_ADAPTER = "portal.sign_in.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ALLAUTH_TRUSTED_PROXY_COUNT = environment.integer("RESGUARDO_TRUSTED_PROXIES")
MFA_ADAPTER = "portal.sign_in.MFAAdapter"
MFA_FORMS = {"authenticate": "portal.sign_in.SignInCodeForm", "reauthenticate": "portal.sign_in.RepeatedCodeForm"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_PERIOD = 30
MFA_TOTP_TOLERANCE = 1  # one step either way, RFC 6238 section 5.2
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = environment.text("RESGUARDO_PROVIDER_NAME")
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not environment.is_production()
USERSESSIONS_TRACK_ACTIVITY = True
IDP_OIDC_PRIVATE_KEY = environment.text("RESGUARDO_OIDC_PRIVATE_KEY")
IDP_OIDC_ADAPTER = "portal.sign_in.OIDCAdapter"
IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN = 900  # a client gets the next one by itself; a stolen one is soon worth nothing

# Sessions end after a quiet half hour (customers: an hour would be no safer) and after twelve hours in any case.
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_IDLE_LIMIT = timedelta(minutes=30)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = IS_HTTPS
LANGUAGE_COOKIE_SAMESITE = "Lax"

# Transport and content.
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_HSTS_SECONDS = int(timedelta(days=730).total_seconds()) if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^metrics$"]
if environment.integer("RESGUARDO_TRUSTED_PROXIES"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
MAX_UPLOAD_BYTES = environment.integer("RESGUARDO_MAX_UPLOAD_MB") * 1_000_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
FILE_UPLOAD_PERMISSIONS = 0o600

# Guarding.
KEYSTORE_DIR = environment.path("RESGUARDO_KEYSTORE_DIR")
FILES_DIR = environment.path("RESGUARDO_FILES_DIR")
JOURNAL_DIR = environment.path("RESGUARDO_JOURNAL_DIR")
CERTIFICATE_DIR = environment.path("RESGUARDO_CERTIFICATE_DIR")
CHECKPOINT_DIR = environment.path("RESGUARDO_CHECKPOINT_DIR")
KEY_ENCRYPTION_KEY = environment.text("RESGUARDO_KEY_ENCRYPTION_KEY")
FORMER_KEY_ENCRYPTION_KEYS = environment.listing("RESGUARDO_FORMER_KEY_ENCRYPTION_KEYS")
BLIND_INDEX_KEY = environment.text("RESGUARDO_BLIND_INDEX_KEY")
CHECKPOINT_KEY = environment.text("RESGUARDO_CHECKPOINT_KEY")
RECEIPT_KEY = environment.text("RESGUARDO_RECEIPT_KEY")

# The provider.
PROVIDER_TIME_ZONE = environment.text("RESGUARDO_TIME_ZONE")
JURISDICTIONS = environment.listing("RESGUARDO_JURISDICTIONS")
HOLIDAYS_OF = environment.text("RESGUARDO_HOLIDAYS_OF")
PROVIDER = {
    "name": environment.text("RESGUARDO_PROVIDER_NAME"),
    "title": environment.text("RESGUARDO_PRIVACY_TITLE"),
    "email": environment.text("RESGUARDO_PRIVACY_EMAIL"),
    "phone": environment.text("RESGUARDO_PRIVACY_PHONE"),
    "address": environment.text("RESGUARDO_PRIVACY_ADDRESS"),
}
LEDGER_ORIGIN = (PUBLIC_ADDRESS.split("://", 1)[-1] or "localhost") + "/ledger"

# Language and time.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "portal.formats"
USE_TZ = True
TIME_ZONE = PROVIDER_TIME_ZONE

# Static files: the browser's cache may keep them for ever, since their names carry their hash.
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "build" / "staticfiles"
_MANIFEST = "whitenoise.storage.CompressedManifestStaticFilesStorage"
_PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _PLAIN if environment.name() == "test" else _MANIFEST},
}

# Mail.
globals().update(mail.settings_of(environment.text("RESGUARDO_EMAIL_URL")))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = environment.text("RESGUARDO_EMAIL_FROM")

# The watch.
ALERT_EMAIL = environment.text("RESGUARDO_ALERT_EMAIL")
PAST_DUE_DAYS = environment.integer("RESGUARDO_PAST_DUE_DAYS")
METRICS_TOKEN = environment.text("RESGUARDO_METRICS_TOKEN")

# Background work. The truth is in PostgreSQL; a lost message is found again by a sweep.
CELERY_BROKER_URL = servers.broker_url()
CELERY_BEAT_SCHEDULE = SCHEDULE
CELERY_TASK_DEFAULT_QUEUE = "default"
# Reminders write to the outbox, which the purge's role may not.
CELERY_TASK_ROUTES = {"retention.remind_of_holds": {"queue": "default"}, "retention.*": {"queue": "purge"}}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1}  # who waits for the page is not to wait for Redis: a sweep rings
CELERY_TASK_SOFT_TIME_LIMIT = 1500
CELERY_TASK_TIME_LIMIT = 1800
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = PROVIDER_TIME_ZONE
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# The API.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["portal.api_access.ClientAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser", "rest_framework.parsers.MultiPartParser"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.CursorPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["portal.api_access.ClientThrottle"],
    "DEFAULT_THROTTLE_RATES": {"client": "600/minute"},
    "EXCEPTION_HANDLER": "portal.api_errors.refuse_in_plain_words",
    "PAGE_SIZE": 100,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Resguardo API",
    "DESCRIPTION": "Consents, releases and disclosure histories for the provider's other systems.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "portal.log_lines.LineFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": environment.text("RESGUARDO_LOG_LEVEL")},
    # It greets at every start.
    "loggers": {"pikepdf": {"level": "WARNING"}},
}
