from celery import shared_task

from energy import services
from protection.rowsecurity import provider_rows


@shared_task(name="energy.ensure_months")
def ensure_months() -> int:
    """Make the months of usage and bills up to two years ahead; return how many were missing."""
    with provider_rows():
        return services.ensure_window()


@shared_task(name="energy.trim_series")
def trim_series() -> int:
    """Trim what pages know of the reach of readings to the months that are still there."""
    with provider_rows():
        return services.trim_series()


@shared_task(name="energy.run_import")
def run_import(run_id: int) -> None:
    """Take in one file that waits."""
    services.work_import(run_id=run_id)


@shared_task(name="energy.sweep_imports")
def sweep_imports() -> int:
    """Ring again for files whose message was lost or whose worker was killed; return how many."""
    left = services.claim_imports()
    for run_id in left:
        run_import.delay(run_id)
    return len(left)
