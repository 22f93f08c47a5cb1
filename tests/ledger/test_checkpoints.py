from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.checkpoints import CheckpointError, open_checkpoint, sign_checkpoint

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
ORIGIN = "privacy.example.org/ledger"
ROOT = bytes(range(32))


@pytest.fixture
def text() -> str:
    return sign_checkpoint(origin=ORIGIN, size=42, root=ROOT, key=KEY)


def test_checkpoint_says_origin_size_and_root(text: str) -> None:
    opened = open_checkpoint(text, KEY.public_key())

    assert (opened.origin, opened.size, opened.root) == (ORIGIN, 42, ROOT)


def test_checkpoint_has_the_form_of_a_signed_note(text: str) -> None:
    lines = text.split("\n")

    assert lines[:2] == [ORIGIN, "42"]
    assert b64decode(lines[2]) == ROOT
    assert lines[3] == ""
    assert lines[4].startswith(f"\N{EM DASH} {ORIGIN} ")
    assert len(b64decode(lines[4].rsplit(" ", 1)[1])) == 4 + 64
    assert lines[5:] == [""]


@pytest.mark.parametrize(
    ("old", "new"), [("42", "43"), ("AAEC", "AAED"), (ORIGIN, "privacy.example.net/ledger"), ("\n\n", "\nextra\n\n")]
)
def test_altered_checkpoint_is_refused(text: str, old: str, new: str) -> None:
    with pytest.raises(CheckpointError):
        open_checkpoint(text.replace(old, new), KEY.public_key())


def test_checkpoint_by_another_key_is_refused(text: str) -> None:
    with pytest.raises(CheckpointError):
        open_checkpoint(text, Ed25519PrivateKey.generate().public_key())


@pytest.mark.parametrize("broken", ["", "hello", "a\nb\nc\n\n", "a\n1\n!!\n\n\N{EM DASH} a !!\n"])
def test_what_is_no_checkpoint_is_refused_in_words(broken: str) -> None:
    with pytest.raises(CheckpointError):
        open_checkpoint(broken, KEY.public_key())
