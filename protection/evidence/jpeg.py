from protection.evidence.errors import EvidenceBrokenError

_START = b"\xff\xd8"
_SCAN = 0xDA
_COMMENT = 0xFE
_APPLICATION = range(0xE0, 0xF0)
_NEEDED = frozenset({0xE0, 0xEE})
"""JFIF and Adobe's segment, without which the colours come out wrong (ISO/IEC 10918-5, 10918-6)."""


def without_metadata(content: bytes) -> bytes:
    """Return a JPEG without its application segments and comments: no EXIF, XMP, thumbnails; the picture as it was.

    Raises EvidenceBrokenError where the segments before the picture do not add up (ISO/IEC 10918-1, annex B).
    """
    if not content.startswith(_START):
        raise EvidenceBrokenError
    kept = [_START]
    position = 2
    while position + 4 <= len(content):
        marker, length = content[position + 1], int.from_bytes(content[position + 2 : position + 4], "big")
        if content[position] != 0xFF or length < 2:
            raise EvidenceBrokenError
        if marker == _SCAN:
            return b"".join([*kept, content[position:]])
        segment = content[position : position + 2 + length]
        if marker in _NEEDED or not (marker in _APPLICATION or marker == _COMMENT):
            kept.append(segment)
        position += 2 + length
    raise EvidenceBrokenError
