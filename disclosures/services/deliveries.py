from django.db import transaction

from disclosures.conditions import Condition
from disclosures.delivery import fetch_conditions
from disclosures.errors import DeliveryRefused, NotAllowedError, PackageNotReadyError
from disclosures.models import Delivery, Package
from disclosures.permissions import can_fetch_package
from ledger.actor import Actor
from ledger.services import PROVIDER_TAG, record
from protection.clock import provider_today, transaction_time
from protection.rowsecurity import provider_rows

Outcome = Delivery.Outcome


def deliver_package(*, package: Package, by: Actor) -> Delivery:
    """Check again that the package may be fetched and append the delivery; the caller then hands over its sealed file.

    A refusal is appended too, with every reason, and raised as DeliveryRefused once it is written: catch it inside the
    transaction that is to keep it. Raises NotAllowedError for anybody but the recipient's users (or the customer whose
    own request it was), PackageNotReadyError.
    """
    delivery = _deliver(package.pk, by)
    if delivery.outcome == Outcome.REFUSED:
        raise DeliveryRefused(delivery)
    return delivery


@transaction.atomic
def _deliver(package_id: int, by: Actor) -> Delivery:
    """Decide with the provider's eyes: the recipient's own see neither the lines nor the consents."""
    with provider_rows():
        # The lock makes downloads of one package queue, so that none slips past the number allowed.
        package = Package.objects.select_for_update().get(pk=package_id)
        if not can_fetch_package(by, package):
            raise NotAllowedError
        if package.status != Package.Status.READY:
            raise PackageNotReadyError
        return _append(package, fetch_conditions(package, provider_today()), by)


def _append(package: Package, missing: tuple[Condition, ...], by: Actor) -> Delivery:
    release = package.release
    witness = record(
        kind="delivery.refused" if missing else "delivery.made",
        subject_tag=bytes(release.recipient.tag) if release.recipient else PROVIDER_TAG,
        evidence={
            "at": transaction_time(),
            "by": by.evidence(),
            "release": release.uuid,
            "sha256": package.built.sha256,
            "missing": [condition.code for condition in missing],
        },
    )
    return Delivery.objects.create(
        package=package,
        outcome=Outcome.REFUSED if missing else Outcome.DELIVERED,
        conditions=[condition.as_json() for condition in missing],
        user_id=by.user_id,
        actor_kind=by.kind,
        actor_name=by.name,
        **witness.columns(),
    )
