"""Requests for several projects in one file: every line is accepted or refused by itself, with its reason."""

import csv
import io
from collections.abc import Iterator
from hashlib import sha256
from typing import IO, Any
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.errors import NotAllowedError
from accounts.models import Recipient
from consent.errors import ConsentError, UploadRefusedError
from consent.models import ProjectRequest, Purpose, RequestUpload
from consent.permissions import can_file_requests
from consent.request_forms import NAMES_OF_COLUMNS, ProjectRequestForm
from consent.services.requests import file_project_request
from consent.services.versions import take_turns
from ledger.actor import Actor
from protection.files import seal_bytes

MAX_BYTES = 1_000_000
MAX_LINES = 1_000
_OPTIONAL = frozenset({"contact_phone", "email", "phone"})


@transaction.atomic
def file_requests(*, recipient: Recipient, stream: IO[bytes], name: str, by: Actor) -> RequestUpload:
    """File a request for each line of a CSV file in UTF-8, and keep the file with what became of every line.

    The same file again returns what the first was answered. Raises NotAllowedError, and UploadRefusedError for a file
    that is too large, not text, or without the columns; then nothing is kept.
    """
    if by.user_id is None or not can_file_requests(by, recipient):
        raise NotAllowedError
    content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise UploadRefusedError(_("The file is larger than 1 MB. Split it."))
    digest = sha256(content).hexdigest()
    take_turns(f"request files of {recipient.pk}")
    earlier = RequestUpload.objects.filter(recipient=recipient, sha256=digest).first()
    if earlier is not None:
        return earlier
    rows = list(_rows(content))
    original = seal_bytes(content, name=name[:200], content_type="text/csv", retention_class="evidence")
    report = [_filed(line, row, recipient, by) for line, row in rows]
    return RequestUpload.objects.create(
        uuid=uuid4(),
        recipient=recipient,
        filed_by_id=by.user_id,
        name=name[:200],
        sha256=digest,
        original=original,
        report=report,
    )


def _rows(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each line's number in the file and its cells by column. Raises UploadRefusedError."""
    try:
        text = content.decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, restkey="", restval="")
        columns = [(column or "").strip().lower() for column in reader.fieldnames or ()]
        _require_columns(columns)
        reader.fieldnames = columns
        for count, row in enumerate(reader, 1):
            if count > MAX_LINES:
                raise UploadRefusedError(_("The file has more than 1,000 lines. Split it."))
            yield reader.line_num, row
    except UnicodeDecodeError as error:
        raise UploadRefusedError(_("The file is not text in UTF-8. Save it as CSV UTF-8.")) from error
    except csv.Error as error:
        raise UploadRefusedError(_("The file is no CSV: look for a quotation mark that is not closed.")) from error
    if not columns:
        raise UploadRefusedError(_("The file is empty."))


def _require_columns(columns: list[str]) -> None:
    missing = [name for name in NAMES_OF_COLUMNS if name not in columns and name not in _OPTIONAL]
    unknown = [name for name in columns if name not in NAMES_OF_COLUMNS]
    if missing:
        raise UploadRefusedError(_("These columns are missing: %(names)s.") % {"names": ", ".join(missing)})
    if unknown or len(set(columns)) < len(columns):
        names = ", ".join(name for name in unknown if name) or _("a column without a name, or twice the same")
        raise UploadRefusedError(_("These columns are not known: %(names)s. Remove them.") % {"names": names})


def _filed(line: int, row: dict[str, str], recipient: Recipient, by: Actor) -> dict[str, Any]:
    """File one line; return its part of the report."""
    entry: dict[str, Any] = {"line": line, "project": (row.get("project") or "")[:200]}
    if row.get(""):
        return {**entry, "problems": [_("The line has more cells than the file has columns.")]}
    purpose = Purpose.objects.secondary().filter(code=(row.get("purpose") or "").strip()).first()
    if purpose is None:
        return {**entry, "problems": [_("purpose: There is no such purpose. Use one of the codes on the page.")]}
    form = ProjectRequestForm(_inputs(row), purpose=purpose)
    if not form.is_valid():
        return {**entry, "problems": _problems(form)}
    try:
        request: ProjectRequest = file_project_request(recipient=recipient, details=form.details(), by=by)
    except ConsentError as error:
        return {**entry, "problems": [str(error)]}
    return {**entry, "request": str(request.uuid)}


def _inputs(row: dict[str, str]) -> dict[str, Any]:
    inputs: dict[str, Any] = {field: (row.get(column) or "").strip() for column, field in NAMES_OF_COLUMNS.items()}
    return {**inputs, "field_ids": [part.strip() for part in inputs["field_ids"].split(";") if part.strip()]}


def _problems(form: ProjectRequestForm) -> list[str]:
    columns = {field: column for column, field in NAMES_OF_COLUMNS.items()}
    return [f"{columns.get(field, field)}: {text}" for field, texts in form.errors.items() for text in texts]
