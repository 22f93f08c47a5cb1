"""Ways in which a sealed value, a file or a key could be lost, bared or half made."""

import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from accounts.models import Customer
from protection.errors import SealedLookupError
from protection.files import seal_file
from protection.keystore import FolderKeyStore
from tests.factories import CustomerFactory


class _BreaksOff(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        raise OSError("the sender hung up")


@pytest.mark.django_db
def test_value_that_the_query_left_out_is_read_when_asked_for() -> None:
    customer = CustomerFactory(tax_id="12-3456789")
    assert Customer.objects.only("name").get(pk=customer.pk).tax_id == "12-3456789"
    assert Customer.objects.defer("tax_id", "key_id", "uuid").get(pk=customer.pk).tax_id == "12-3456789"


@pytest.mark.django_db
def test_bytes_that_are_not_sealed_are_never_written() -> None:
    customer = CustomerFactory()
    customer.tax_id = b"12-3456789"
    with pytest.raises(SealedLookupError), transaction.atomic():
        customer.save()
    with pytest.raises(SealedLookupError), transaction.atomic():
        Customer.objects.update(tax_id=b"12-3456789")


@pytest.mark.django_db
def test_upload_that_breaks_off_leaves_neither_file_nor_key() -> None:
    before = _files(settings.FILES_DIR), _files(settings.KEYSTORE_DIR)
    with pytest.raises(OSError, match="hung up"):
        seal_file(_BreaksOff(), name="form.pdf", content_type="application/pdf", retention_class="evidence")
    assert (_files(settings.FILES_DIR), _files(settings.KEYSTORE_DIR)) == before


def test_system_key_is_one_whoever_asks_first(tmp_path: Path) -> None:
    wrapping_key = os.urandom(32)
    for attempt in range(20):
        stores = [FolderKeyStore(tmp_path / str(attempt), wrapping_key) for _ in range(4)]
        with ThreadPoolExecutor(4) as threads:
            keys = set(threads.map(lambda store: store.get(store.system_key()), stores))
        assert len(keys) == 1


def test_folders_of_keys_are_closed_to_others(tmp_path: Path) -> None:
    FolderKeyStore(tmp_path / "keys", os.urandom(32)).create()
    folders = [tmp_path / "keys", *(tmp_path / "keys").iterdir()]
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}
