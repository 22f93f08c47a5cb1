"""What changed from one version of a notice to another, word by word, as people read it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

_WORDS = re.compile(r"\s*\S+")
Kind = Literal["same", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words that both versions have, or only the newer (added) or the older (removed)."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of either version with its pieces in reading order."""

    pieces: tuple[Piece, ...]

    @property
    def is_changed(self) -> bool:
        """Say whether anything differs."""
        return any(piece.kind != "same" for piece in self.pieces)


def differences(older: str, newer: str) -> list[Paragraph]:
    """Return both texts as one: the paragraphs (lines) in order, each with what was added and removed.

    Joining the pieces that are not removed gives the newer text, those that are not added the older, line breaks and
    runs of blanks aside.
    """
    before, after = _lines(older), _lines(newer)
    found: list[Paragraph] = []
    for tag, first, past, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found += [Paragraph((Piece("same", line),)) for line in before[first:past]]
        else:
            found += _replaced(before[first:past], after[start:end])
    return found


def _lines(text: str) -> list[str]:
    """Return a text's paragraphs: a blank line or a list's dash begins one; a mere line break does not."""
    paragraphs: list[str] = []
    is_new = True
    for line in text.splitlines():
        words = " ".join(line.split())
        if not words:
            is_new = True
        elif is_new or words.startswith("– "):
            paragraphs.append(words)
            is_new = False
        else:
            paragraphs[-1] += f" {words}"
    return paragraphs


def _replaced(before: Sequence[str], after: Sequence[str]) -> Iterator[Paragraph]:
    for number in range(max(len(before), len(after))):
        if number >= len(after):
            yield Paragraph((Piece("removed", before[number]),))
        elif number >= len(before):
            yield Paragraph((Piece("added", after[number]),))
        else:
            yield Paragraph(tuple(_pieces(before[number], after[number])))


def _pieces(before: str, after: str) -> Iterator[Piece]:
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    for tag, first, past, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece("same", "".join(new[start:end]))
            continue
        if past > first:
            yield Piece("removed", "".join(old[first:past]))
        if end > start:
            yield Piece("added", "".join(new[start:end]))
