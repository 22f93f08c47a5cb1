"""The scans of a bulk entry: a flat zip file, of which nothing is believed.

A name is a plain file name that no system could take for a path, and no two differ in case alone. Sizes are what is
read, not what the archive claims; entries may not overlap, which is how the densest bombs are made.
"""

import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence
from typing import BinaryIO

from django.conf import settings
from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from consent.bulk.findings import BulkRefused
from protection.evidence import CleanEvidence, check_evidence
from protection.evidence.errors import EvidenceError

MOST_FILES = 10_000
MOST_BYTES = 2_000_000_000
"""What all the scans may take once they are unpacked."""

MOST_TIMES = 100
"""How many times smaller packing may have made a scan; a page of text in black and white shrinks some fifty times."""

_SMALL = 1_000_000
"""Below this size it does not matter how well a file was packed: a blank page shrinks a thousand times."""

_ENCRYPTED = 0x1
_WAYS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


class Scans:
    """The scans by name. Raises BulkRefused for an archive that is broken or plays tricks."""

    def __init__(self, stream: BinaryIO | None) -> None:
        self._archive = _opened(stream) if stream else None
        members = self._archive.infolist() if self._archive else []
        _check_all(members)
        self._members = {member.filename: member for member in members}

    @property
    def names(self) -> frozenset[str]:
        """Return the names of all files."""
        return frozenset(self._members)

    def evidence(self, name: str) -> CleanEvidence:
        """Return the clean copy of a scan; raises KeyError where there is none, EvidenceError or BulkRefused."""
        member = self._members[name]
        assert self._archive is not None
        try:
            with self._archive.open(member) as packed:
                content = packed.read(settings.MAX_UPLOAD_BYTES + 1)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, ValueError) as error:
            raise EvidenceError(_("The file is damaged inside the zip file. Pack it again.")) from error
        return check_evidence(ContentFile(content, name=name))


def _opened(stream: BinaryIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise BulkRefused(_("The scans are not a zip file, or it is damaged. Pack them again.")) from error


def _check_all(members: Sequence[zipfile.ZipInfo]) -> None:
    if len(members) > MOST_FILES:
        raise BulkRefused(_("The zip file has more than 10,000 files. Send it in parts."))
    if sum(member.file_size for member in members) > MOST_BYTES:
        raise BulkRefused(_("The scans take more than 2 GB once they are unpacked. Send them in parts."))
    seen: set[str] = set()
    for member in members:
        _check(member)
        plain = unicodedata.normalize("NFC", member.filename).casefold()
        if plain in seen:
            raise BulkRefused(_("Two files in the zip file have the same name, but for capitals. Rename one."))
        seen.add(plain)
    _check_places(members)


def _check(member: zipfile.ZipInfo) -> None:
    name = member.orig_filename
    if not is_plain_name(name) or member.is_dir():
        raise BulkRefused(
            _("The zip file has a folder, or a file whose name is a path. Pack the scans themselves, without folders.")
        )
    mode = member.external_attr >> 16
    if mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode):
        raise BulkRefused(_("The zip file has a link or another special file. Pack the scans themselves."))
    if member.flag_bits & _ENCRYPTED:
        raise BulkRefused(_("The zip file is protected with a password. Pack it without one."))
    if member.compress_type not in _WAYS:
        raise BulkRefused(_("The zip file is packed in an unusual way. Pack it with the usual one (deflate)."))
    if member.file_size > _SMALL and member.file_size > MOST_TIMES * max(member.compress_size, 1):
        raise BulkRefused(_("A file in the zip file unpacks to far more than a scan does. Leave it out."))


def is_plain_name(name: str) -> bool:
    """Say whether a name is a file name and nothing else on every system: no path, no drive, nothing unseen."""
    if not name or name in {".", ".."} or len(name) > 200 or name.startswith("."):
        return False
    return not any(sign in '/\\:*?"<>|' or unicodedata.category(sign).startswith("C") for sign in name)


def _check_places(members: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse entries that lie over one another in the archive."""
    end = 0
    for member in sorted(members, key=lambda one: one.header_offset):
        if member.header_offset < end:
            raise BulkRefused(_("The zip file is damaged: its files lie over one another. Pack it again."))
        end = member.header_offset + member.compress_size
