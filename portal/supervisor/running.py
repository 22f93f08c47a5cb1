"""The supervisor's life: start, show how to get in, stay, stop."""

import signal
import time
from collections.abc import Sequence
from http import HTTPStatus
from types import FrameType
from typing import NoReturn

from portal import environment, web_health
from portal.embedded import lifecycle, servers
from portal.supervisor.children import Child, parts
from portal.supervisor.errors import CannotRun
from portal.supervisor.guard import Guard, end_session
from portal.supervisor.preparation import (
    claim_data_directory,
    prepare_database,
    prepare_servers,
    require_free_port,
    start_sign_ins,
)

_WEB_SECONDS = 90
_STOP_SECONDS = 25
_FAULTY = str(HTTPStatus.SERVICE_UNAVAILABLE.value)


class _Stopped(BaseException):
    """Raised in the midst of anything by Ctrl-C or SIGTERM."""


def run() -> None:
    """Run the portal until Ctrl-C or SIGTERM; raise CannotRun when it cannot start or a child ends by itself."""
    started = time.monotonic()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # A shell's background jobs inherit "ignored"; ours is set in any case.
        signal.signal(number, _stop_signal)
    children: list[Child] = []
    uses: list[lifecycle.Use] = []
    try:
        claim_data_directory()
        require_free_port()
        uses += prepare_servers()
        prepare_database()
        with Guard() as guard:
            try:
                sign_ins = _start(children, guard)
                _welcome(children, sign_ins, started)
                _stay(children)
            finally:
                _stop(children)
    except _Stopped:
        print(f"Stopped. The data stays in {environment.data_directory()}.", flush=True)
    finally:
        _let_go(uses)


def _stop_signal(number: int, frame: FrameType | None) -> NoReturn:
    raise _Stopped


def _start(children: list[Child], guard: Guard) -> str:
    """Start the web server, and the workers once it answers; return how to sign in.

    Two cores that load four Django processes at once would keep the visitor waiting.
    """
    (environment.data_directory() / "beat").mkdir(exist_ok=True, mode=0o700)
    sign_ins = start_sign_ins()
    try:
        for part in parts():
            children.append(Child(part))
            guard.watch(children[-1].pid)
            if part.process == "web":
                _wait_for_web(children)
        return sign_ins.communicate()[0] if sign_ins else ""
    finally:
        if sign_ins and sign_ins.poll() is None:
            sign_ins.kill()
            sign_ins.communicate()


def _welcome(children: Sequence[Child], sign_ins: str, started: float) -> None:
    print(f"\nResguardo is ready at {environment.text('RESGUARDO_HOST')} ({time.monotonic() - started:.1f} s)\n")
    if sign_ins:
        print(sign_ins)
    print(f"Logs are in {children[0].log.parent}. Ctrl-C stops everything; the data stays.", flush=True)


def _wait_for_web(children: Sequence[Child]) -> None:
    deadline = time.monotonic() + _WEB_SECONDS
    trouble = ""
    while time.monotonic() < deadline:
        _require_all(children)
        trouble = web_health.trouble()
        if trouble.startswith(_FAULTY):
            print(f"WARNING: {trouble}\nSee `python manage.py check --database default`.", flush=True)
            return
        if not trouble:
            return
        time.sleep(0.1)
    raise CannotRun(f"The web server does not answer well ({trouble}); its log ends with:\n{children[0].last_words()}")


def _stay(children: Sequence[Child]) -> NoReturn:
    while True:
        _require_all(children)
        time.sleep(0.5)


def _require_all(children: Sequence[Child]) -> None:
    """Raise CannotRun when a child has ended by itself, with the last lines of its log."""
    for child in children:
        if child.has_ended():
            raise CannotRun(f"The {child.part.name} process has ended; {child.log} ends with:\n{child.last_words()}")


def _stop(children: Sequence[Child]) -> None:
    """Ask all children to stop, wait for them, and end the rest; a second Ctrl-C ends them at once."""

    def end_at_once(number: int, frame: FrameType | None) -> None:
        for child in children:
            end_session(child.pid, signal.SIGKILL)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end_at_once)
    if children:
        print("\nStopping ...", flush=True)
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + _STOP_SECONDS
    for child in children:
        child.stop_by(deadline)


def _let_go(uses: Sequence[lifecycle.Use]) -> None:
    """End the use of the embedded servers and wait until they are down, unless another process uses them."""
    if not uses:
        return
    for use in uses:
        use.release()
    for server in (servers.redis(), servers.postgres()):
        lifecycle.wait_until_stopped(server, _STOP_SECONDS)
