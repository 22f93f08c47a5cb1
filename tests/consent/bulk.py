"""Tables and scans of bulk entries for tests."""

import csv
import io
import zipfile
from typing import Any

from PIL import Image

from accounts.models import Account, Recipient, User
from consent.bulk.table import COLUMNS
from consent.models import BulkEntry
from consent.services import send_bulk_entry
from ledger.actor import Actor
from protection.clock import provider_today
from tests.factories import AccountFactory, RecipientFactory, UserFactory


def a_row(account: Account | None = None, recipient: Recipient | None = None, **changes: str) -> dict[str, str]:
    """Return a consent by telephone as a row of the table, with changes."""
    return {
        "account": (account or AccountFactory.create()).number,
        "recipient": (recipient or RecipientFactory.create()).legal_name,
        "purpose": "energy_analysis",
        "fields": "account.number usage.readings",
        "data_from": "2024-01-01",
        "method": "telephone",
        "signed_on": provider_today().isoformat(),
        "signer_name": "Alex Sample",
        **changes,
    }


def a_paper(account: Account, evidence: str, **changes: str) -> dict[str, str]:
    """Return a consent on paper whose name and address are those of the record."""
    address = f"{account.service_street}, {account.service_postal_code}"
    signed = {"signer_name": account.customer.name, "service_address": address}
    return a_row(account, **{"method": "paper", "evidence": evidence, **signed, **changes})


def a_table(*rows: dict[str, str]) -> io.BytesIO:
    """Return rows as CSV."""
    target = io.StringIO()
    names = [name for name in COLUMNS if any(name in row for row in rows)]
    writer = csv.DictWriter(target, names)
    writer.writeheader()
    writer.writerows(rows)
    return io.BytesIO(target.getvalue().encode())


def a_scan(shade: int = 255) -> bytes:
    """Return a scanned page; another shade is another scan."""
    target = io.BytesIO()
    Image.new("L", (60, 80), shade).save(target, format="PNG")
    return target.getvalue()


def a_zip(**files: bytes) -> io.BytesIO:
    """Return scans in a zip file; `a_png=` is the file a.png."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_png", ".png"), content)
    target.seek(0)
    return target


def sent(*rows: dict[str, str], scans: io.BytesIO | None = None, by: User | None = None, **more: Any) -> BulkEntry:
    """Have a clerk send a table."""
    clerk = by or UserFactory.create(staff=True, bound=True)
    return send_bulk_entry(table=a_table(*rows), scans=scans, language="en", by=Actor.of(clerk), **more)
