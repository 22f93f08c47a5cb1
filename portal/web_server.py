"""Gunicorn's configuration: `gunicorn --config python:portal.web_server portal.wsgi`."""

import sys
from importlib import import_module

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from portal import environment

_ADDRESS = environment.text("RESGUARDO_BIND")

bind = f"{f'[{_ADDRESS}]' if ':' in _ADDRESS else _ADDRESS}:{environment.integer('PORT')}"
workers = environment.integer("RESGUARDO_WEB_PROCESSES")
threads = environment.integer("RESGUARDO_WEB_THREADS")
worker_class = "gthread"
# Each process imports the portal itself: a connection pool opened before the fork would be shared.
preload_app = False
timeout = 60
graceful_timeout = 20
keepalive = 5
max_requests = 5000
max_requests_jitter = 500
limit_request_line = 8190
forwarded_allow_ips = "*" if environment.integer("RESGUARDO_TRUSTED_PROXIES") else "127.0.0.1"
accesslog = None
errorlog = "-"
control_socket_disable = True


def post_worker_init(worker: Worker) -> None:
    """Stop the whole server when a process must not open on a restored database."""
    guard = import_module("portal.journal_guard")  # has models, which only exist once the application is loaded
    try:
        guard.require_agreement()
    except guard.CannotOpen as refusal:
        worker.log.error("%s", refusal)
        sys.exit(Arbiter.WORKER_BOOT_ERROR)
