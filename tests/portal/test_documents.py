"""What the documents say is there is there."""

import re
import subprocess
from importlib import import_module

import pytest

from portal.migration_state import PROJECT

README = (PROJECT / "README.md").read_text(encoding="utf-8")
PATHS = re.findall(r"^\| \w[\w ]* \| `[^`]+` \| `([\w/]+)` \| `([\w.]+)` \| `(\w+)` \|$", README, re.MULTILINE)
TREE = re.search(r"^```\n(portal/.*?)^```$", README, re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"\bdocs/[\w/.-]+\.(?:md|png|svg)\b")
LINK = re.compile(r"\]\(([^)#:]+)\)")


def tracked(*patterns: str) -> list[str]:
    """Return the tracked files that match, without what the front-end's packages bring."""
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=PROJECT, capture_output=True, check=True)
    return [name for name in listed.stdout.decode().split("\0") if name]


def test_the_readme_has_a_path_for_each_of_the_six_steps() -> None:
    assert len(PATHS) == 6


@pytest.mark.parametrize(("views", "service", "model"), PATHS)
def test_each_path_of_the_readme_leads_to_code(views: str, service: str, model: str) -> None:
    package = views.split("/", maxsplit=1)[0]
    module, _, name = service.rpartition(".")
    assert (PROJECT / views).is_dir()
    assert callable(getattr(import_module(module), name))
    assert hasattr(import_module(f"{package}.models"), model)


def test_the_readme_draws_folders_that_exist() -> None:
    assert TREE is not None
    folders = [word for line in TREE[1].splitlines() for word in line.split("   ")[0].split() if word.endswith("/")]
    assert len(folders) > 12
    assert [folder for folder in folders if not (PROJECT / folder).is_dir()] == []


def test_each_link_between_documents_leads_to_a_file() -> None:
    broken = [
        f"{name}: {link}"
        for name in tracked("*.md")
        for link in LINK.findall((PROJECT / name).read_text(encoding="utf-8"))
        if not ((PROJECT / name).parent / link).exists()
    ]
    assert broken == []


def test_each_document_that_the_code_names_exists() -> None:
    broken = [
        f"{name}: {path}"
        for name in tracked("*.py", "*.html", "Makefile", ".env.example", "docker-compose.yml")
        if not name.startswith("tests/")
        for path in NAMED.findall((PROJECT / name).read_text(encoding="utf-8"))
        if not (PROJECT / path).exists()
    ]
    assert broken == []


def test_decisions_are_numbered_without_gaps_and_each_but_once() -> None:
    numbers = [path.name[:4] for path in sorted((PROJECT / "docs" / "adr").glob("*.md"))]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
