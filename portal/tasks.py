from celery import shared_task

from portal.controls.running import run_controls
from portal.watch.signs import sign_life
from portal.watch.watching import keep_watch


@shared_task(name="portal.sign_of_beat")
def sign_of_beat() -> None:
    """Write down that scheduled work runs: beat alone rings for this, and a worker does it."""
    sign_life("beat", machine="beat")


@shared_task(name="portal.watch")
def watch() -> int:
    """Look whether everything works, and have people told; return how many incidents are open."""
    return keep_watch()


@shared_task(name="portal.run_controls")
def run_all_controls() -> int:
    """Run every control; return how many found something or could not be asked."""
    return sum(found != 0 for found in run_controls().values())
