"""Which Celery a process rings."""

from threading import Thread

from disclosures.tasks import build_release_package


def test_every_thread_rings_the_portals_own_broker() -> None:
    rung: list[str] = []
    thread = Thread(target=lambda: rung.append(str(build_release_package.app.main)))
    thread.start()
    thread.join()
    assert rung == ["resguardo"]
