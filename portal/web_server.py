"""Gunicorn's configuration: `gunicorn --config python:portal.web_server portal.wsgi`."""

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
