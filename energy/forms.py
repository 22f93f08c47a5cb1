"""The shape of uploads. Files are looked at by their beginning here; reading them whole is the import's work."""

from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.models import Account
from energy.csvfeed import CsvError, open_table
from energy.errors import ImportRefused
from energy.greenbutton import FeedError
from energy.greenbutton.prologue import check_prologue
from energy.models import ImportRun
from energy.selectors import known_mappings
from energy.services import MappingFile
from energy.services.csv_mapping import kind_of
from protection.clock import provider_today

HEAD_BYTES = 2**18
MAPPING_BYTES = 100_000
_TOO_LARGE = ngettext_lazy(
    "The file is larger than %(most)d megabyte. Split it, or ask an operator to import it at the command line.",
    "The file is larger than %(most)d megabytes. Split it, or ask an operator to import it at the command line.",
    "most",
)
_MISSING_FILE = {
    "required": _("Choose the file."),
    "empty": _("The file is empty. Choose another."),
    "missing": _("No file arrived. Choose it again."),
}


class UploadForm(forms.Form):
    """What both kinds of upload have in common."""

    field_order: tuple[str, ...] = ("file",)

    file = forms.FileField(label=_("File"), error_messages=_MISSING_FILE)
    as_of = forms.DateField(
        label=_("Judge by the retention rules of"),
        required=False,
        help_text=_("Leave it empty for today. An earlier day lets in older data, for old files only."),
    )
    request_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, may_look_back: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("request_id", uuid4())
        if not may_look_back:
            del self.fields["as_of"]

    def clean_file(self) -> "UploadedFile[bytes]":
        """Refuse a file that is too large."""
        upload: UploadedFile[bytes] = self.cleaned_data["file"]
        if (upload.size or 0) > settings.MAX_UPLOAD_BYTES:
            raise forms.ValidationError(_TOO_LARGE % {"most": settings.MAX_UPLOAD_BYTES // 1_000_000})
        return upload

    def order(self) -> dict[str, Any]:
        """Return what was entered as `start_import` takes it."""
        upload: UploadedFile[bytes] = self.cleaned_data["file"]
        return {
            "stream": upload.file,
            "name": upload.name or "",
            "as_of": self.cleaned_data.get("as_of") or provider_today(),
            "uuid": self.cleaned_data["request_id"],
        }


class GreenButtonUploadForm(UploadForm):
    """A Green Button file and whose it is."""

    field_order = ("file", "account")

    account = forms.CharField(
        label=_("Account number"), max_length=20, help_text=_("The account that the file is of, as on the bill.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = _("Green Button data (XML), as the utility delivered it.")
        self.fields["file"].widget.attrs["accept"] = ".xml"

    def clean_account(self) -> Account:
        """Find the account."""
        account = Account.objects.filter(number=self.cleaned_data["account"].strip()).first()
        if account is None:
            raise forms.ValidationError(_("There is no such account. Enter the number as on the bill."))
        return account

    def clean_file(self) -> "UploadedFile[bytes]":
        """Refuse what is no XML, or XML that declares entities, before anything is kept of it."""
        upload = super().clean_file()
        head = upload.read(HEAD_BYTES)
        upload.seek(0)
        try:
            check_prologue(head, is_whole=len(head) < HEAD_BYTES)
        except FeedError as error:
            raise forms.ValidationError(f"{error.message} {error.remedy}") from error
        return upload

    def order(self) -> dict[str, Any]:
        """Return what was entered as `start_import` takes it."""
        return super().order() | {"kind": ImportRun.Kind.GREENBUTTON, "account": self.cleaned_data["account"]}


class CsvUploadForm(UploadForm):
    """A CSV file and the mapping that says what its columns mean: a new one, or one that came with an earlier file."""

    field_order = ("file", "mapping_of", "mapping_file")

    mapping_of = forms.ChoiceField(
        label=_("Mapping"),
        required=False,
        help_text=_("Which column means what. Take the one of an earlier import, or send a new one below."),
    )
    mapping_file = forms.FileField(
        label=_("New mapping"),
        required=False,
        help_text=_("A small text file (TOML). Your administrator has its description under docs/csv-feeds.md."),
        widget=forms.FileInput(attrs={"accept": ".toml"}),
        error_messages=_MISSING_FILE,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = _("CSV, as the utility delivered it: customers and accounts, or readings.")
        self.fields["file"].widget.attrs["accept"] = ".csv,.txt"
        self._known = {str(run.uuid): run for run in known_mappings()}
        choices = [
            (uuid, f"{run.options['mapping_name']} ({run.get_kind_display()})") for uuid, run in self._known.items()
        ]
        self.fields["mapping_of"].choices = [("", _("None: a new one")), *choices]  # type: ignore[attr-defined]

    def clean_mapping_file(self) -> MappingFile | None:
        """Return the new mapping, if one was sent."""
        upload: UploadedFile[bytes] | None = self.cleaned_data["mapping_file"]
        if not upload:
            return None
        if (upload.size or 0) > MAPPING_BYTES:
            raise forms.ValidationError(_("This is too large for a mapping. Did you take the CSV file twice?"))
        try:
            return MappingFile(upload.name or "", upload.read().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise forms.ValidationError(_("The mapping is no text in UTF-8. Send a TOML file.")) from error

    def clean(self) -> dict[str, Any]:
        """Read the mapping, and see whether the file's head is the one it speaks of."""
        data = super().clean() or self.cleaned_data
        if "mapping_file" not in data or "mapping_of" not in data:
            return data
        if bool(data["mapping_file"]) == bool(data["mapping_of"]):
            self.add_error("mapping_of", _("Choose the mapping of an earlier import, or send a new one: one of both."))
            return data
        file = data["mapping_file"] or MappingFile.of(self._known[data["mapping_of"]])
        try:
            data["mapping"], mapping = file, file.read()
        except ImportRefused as error:
            self.add_error("mapping_file", f"{error.message} {error.remedy}")
            return data
        data["kind"] = kind_of(mapping)
        if "file" in data:
            try:
                with open_table(data["file"].file, mapping):
                    pass
            except CsvError as error:
                self.add_error("file", f"{error.message} {error.remedy}")
            else:
                data["file"].seek(0)
        return data

    def order(self) -> dict[str, Any]:
        """Return what was entered as `start_import` takes it."""
        return super().order() | {"kind": self.cleaned_data["kind"], "mapping": self.cleaned_data["mapping"]}


class ImportFilterForm(forms.Form):
    """Which imports the list shows; it lives in the address."""

    account = forms.CharField(label=_("Account number"), max_length=20, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=[("", _("All")), *ImportRun.Kind.choices], required=False)
    status = forms.ChoiceField(label=_("State"), choices=[("", _("All")), *ImportRun.Status.choices], required=False)

    def in_force(self) -> dict[str, str]:
        """Return the filters that are set; none where one makes no sense."""
        return {name: value for name, value in self.cleaned_data.items() if value} if self.is_valid() else {}
