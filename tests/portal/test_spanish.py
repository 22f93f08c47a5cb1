"""Every text that people read has its Spanish, with the same placeholders and tags."""

import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

PROJECT = Path(__file__).resolve().parents[2]
CATALOGUE = PROJECT / "locale" / "es" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}")
TAG = re.compile(r"</?\w+")
PACKAGES = ("portal", "rights", "disclosures", "consent", "retention", "energy", "accounts", "ledger", "protection")


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="es")


def _texts(value: object) -> list[str]:
    return [str(text) for text in value] if isinstance(value, list | tuple) else [str(value)]


@pytest.fixture(scope="module")
def messages() -> list[Message]:
    return [message for message in _read(CATALOGUE) if message.id]


def test_every_message_is_translated(messages: list[Message]) -> None:
    assert [message.id for message in messages if message.fuzzy or not all(_texts(message.string))] == []


def test_a_translation_keeps_placeholders_and_tags(messages: list[Message]) -> None:
    def parts(text: str) -> tuple[set[str], Counter[str]]:
        return set(PLACEHOLDER.findall(text)), Counter(TAG.findall(text))

    differing = [
        message.id
        for message in messages
        for spanish in _texts(message.string)
        if parts(spanish) not in [parts(english) for english in _texts(message.id)]
    ]
    assert differing == []


def test_nobody_is_shouted_at(messages: list[Message]) -> None:
    assert [
        message.string for message in messages if any(set("!¡") & set(text) for text in _texts(message.string))
    ] == []


def test_the_catalogue_has_every_text_of_the_tree(messages: list[Message], tmp_path: Path) -> None:
    if shutil.which("xgettext") is None:
        assert os.environ.get("RESGUARDO_REQUIRE_ALL") != "1", "gettext is missing"
        pytest.skip("gettext is not installed (apt install gettext)")
    for name in (*PACKAGES, "templates"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "migrations"))
    (tmp_path / "locale").mkdir()
    gathered = subprocess.run(
        ["django-admin", "makemessages", "--locale=es", "--no-wrap"],
        cwd=tmp_path,
        env={"PATH": f"{PROJECT / '.venv' / 'bin'}:/usr/bin:/bin", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert gathered.returncode == 0, gathered.stderr
    wanted = {
        (message.context, str(message.id))
        for message in _read(tmp_path / "locale" / "es" / "LC_MESSAGES" / "django.po")
        if message.id
    }
    known = {(message.context, str(message.id)) for message in messages}
    assert sorted(str(text) for _, text in wanted - known) == []
