"""The shape of what the desk sends to be recorded many at once."""

from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from consent.bulk.table import MOST_BYTES


class BulkEntryForm(forms.Form):
    """A table, and a zip file with the scans that it names."""

    table = forms.FileField(
        label=_("Table (CSV)"),
        help_text=_("One consent a line, at most 10,000. The first line names the columns."),
        widget=forms.FileInput(attrs={"accept": ".csv"}),
        error_messages={"required": _("Choose the table."), "empty": _("The table is empty. Choose another.")},
    )
    scans = forms.FileField(
        label=_("Scanned forms (zip)"),
        required=False,
        help_text=_("Needed where a consent is on paper. The column “evidence” names each file; no folders."),
        widget=forms.FileInput(attrs={"accept": ".zip"}),
    )
    request_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("request_id", uuid4())

    def clean_table(self) -> "UploadedFile[bytes]":
        """Refuse a table that is too large to be read."""
        upload: UploadedFile[bytes] = self.cleaned_data["table"]
        if (upload.size or 0) > MOST_BYTES:
            raise forms.ValidationError(_("The table is larger than 20 MB. Send it in parts."))
        return upload

    def clean_scans(self) -> "UploadedFile[bytes] | None":
        """Refuse a zip file over the limit of uploads."""
        upload: UploadedFile[bytes] | None = self.cleaned_data["scans"]
        if upload and (upload.size or 0) > settings.MAX_UPLOAD_BYTES:
            most = settings.MAX_UPLOAD_BYTES // 1_000_000
            raise forms.ValidationError(
                _("The zip file is larger than %(most)d MB. Send table and scans in parts.") % {"most": most}
            )
        return upload

    def order(self) -> dict[str, Any]:
        """Return what was entered as `send_bulk_entry` takes it."""
        data = self.cleaned_data
        scans = data["scans"]
        return {"table": data["table"].file, "scans": scans.file if scans else None, "uuid": data["request_id"]}
