"""The portal's own settings in a test installation: its own data directory, its own servers, fast passwords.

Runs before anything of Django is loaded, so what belongs in the environment is put there. Each xdist worker has its own
Redis databases and its own directories.
"""

import os

_worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
_number = int(_worker.removeprefix("gw")) + 1 if _worker.startswith("gw") else 0

os.environ["RESGUARDO_ENV"] = "test"
os.environ["RESGUARDO_PROCESS"] = "web"
os.environ["RESGUARDO_DATABASE_ROLES"] = "resguardo_test"
os.environ["RESGUARDO_REDIS_DATABASE"] = str(2 * _number)
# Playwright's synchronous interface runs an event loop, from which Django would refuse to query.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

from portal import environment  # noqa: E402

for _name in ("KEYSTORE", "FILES", "JOURNAL", "CHECKPOINT", "CERTIFICATE", "MAIL"):
    os.environ[f"RESGUARDO_{_name}_DIR"] = str(environment.data_directory() / "tests" / _worker / _name.lower())

from portal.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
MIDDLEWARE.remove("whitenoise.middleware.WhiteNoiseMiddleware")  # noqa: F405 (tests gather no static files)
TEMPLATES[0]["DIRS"].append(BASE_DIR / "tests" / "templates")  # noqa: F405 (messages that the portal does not send)
