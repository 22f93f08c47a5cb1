"""The installation's figures for a monitoring system, in Prometheus' text form. Numbers only, never a person."""

import time
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from secrets import compare_digest

from django.conf import settings
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from portal.watch.figures import Figures, read_figures

KEPT_FOR_SECONDS = 5.0
"""So long a process gives the same answer, however many ask."""

_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
_kept: tuple[float, bytes] = (float("-inf"), b"")


@never_cache
@require_safe
@transaction.non_atomic_requests
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer who may ask with the figures of this moment, 503 while the database does not answer."""
    if not may_ask(request):
        return HttpResponse("Give the bearer token (RESGUARDO_METRICS_TOKEN).\n", "text/plain", 403)
    try:
        return HttpResponse(_text(), content_type=CONTENT_TYPE_LATEST)
    except DatabaseError:
        return HttpResponse("The database does not answer.\n", "text/plain", 503)


def may_ask(request: HttpRequest) -> bool:
    """Say whether a request brings the token or, where none is set, comes from this machine and through no proxy.

    Behind a proxy every request may seem to come from this machine, and a proxy need not say for whom it asks: there
    only the token counts.
    """
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    if settings.ALLAUTH_TRUSTED_PROXY_COUNT or any(name in request.META for name in _FORWARDED):
        return False
    try:
        return ip_address(request.META["REMOTE_ADDR"]).is_loopback
    except (KeyError, ValueError):
        return False


def _text() -> bytes:
    global _kept  # noqa: PLW0603 (one answer a process; two threads that write it at once do no harm)
    if time.monotonic() - _kept[0] > KEPT_FOR_SECONDS:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Figures(read_figures()))
        _kept = time.monotonic(), generate_latest(registry)
    return _kept[1]


class _Figures(Collector):
    """Gives the figures of one look their names."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        figures = self._figures
        past_due = {code: days for code, days in figures.past_due.items() if days is not None}
        signs = {process: figures.age(moment).total_seconds() for process, moment in figures.signs.items()}
        yield _labelled("past_due_days", "Days by which the oldest row of a class is past its time.", "class", past_due)
        yield _labelled("sign_of_life_age_seconds", "Time since a kind of process last signed.", "process", signs)
        yield _labelled("queue_length", "Messages that wait in Redis.", "queue", figures.queues)
        yield _labelled("waiting", "Rows in the database that wait for work.", "what", figures.waiting)
        months = {table: figures.months_ahead(table) for table in figures.last_months}
        yield _labelled("months_ahead", "Months that are made in advance.", "table", months)
        yield _plain("incidents_open", "Incidents that are not over.", figures.incidents)
        yield from self._ledger()
        yield from self._last_run()

    def _ledger(self) -> Iterator[Metric]:
        figures = self._figures
        age = figures.age(figures.oldest_unsealed).total_seconds() if figures.oldest_unsealed else 0
        yield _plain("ledger_unsealed_age_seconds", "Age of the oldest entry under no checkpoint.", age)
        size = figures.checkpoint.size if figures.checkpoint else 0
        yield _plain("ledger_checkpoint_size", "Entries that the last checkpoint covers.", size)

    def _last_run(self) -> Iterator[Metric]:
        last = self._figures.last_run
        if last is None:
            return
        age = self._figures.age(last.run.finished_at or last.run.created_at).total_seconds()
        meaning = "Time since the last purge ended or, if it has not, was made."
        yield _labelled("last_run_age_seconds", meaning, "status", {last.run.status: age})
        yield _plain("last_run_failed_steps", "Steps that the last purge gave up.", last.failed_items)


def _labelled(name: str, meaning: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"resguardo_{name}", meaning, labels=[label])
    for value, number in sorted(values.items()):
        family.add_metric([value], float(number))
    return family


def _plain(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"resguardo_{name}", meaning, value=float(value))
