"""What this package itself keeps, for the data map."""

from django.utils.translation import gettext_lazy as _

from protection.datamap import DataClass, Executor, Personal, declare, declare_store
from protection.models import SealedFile

declare(
    SealedFile,
    retention_class="files",
    executor=Executor.DELETE_FILE,
    not_personal=(
        "id",
        "uuid",
        "key_id",
        "sha256",
        "size",
        "content_type",
        "retention_class",
        "created_at",
        "destroyed_at",
    ),
    personal={"name": Personal("file.name", DataClass.ACTIVITY, label=_("File name"), sealed=True)},
)
declare_store("sealed files folder", retention_class="files", executor=Executor.DELETE_FILE)
declare_store("key store", retention_class="identity", executor=Executor.DESTROY_KEY)
