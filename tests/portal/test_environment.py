import re
import subprocess
import sys
from pathlib import Path

import pytest

from portal import environment
from portal.migration_state import PROJECT

TABLE = PROJECT / "docs" / "operations.md"
SOURCES = [
    file
    for folder in (
        "portal",
        "protection",
        "ledger",
        "accounts",
        "energy",
        "retention",
        "consent",
        "disclosures",
        "rights",
    )
    for file in (PROJECT / folder).rglob("*.py")
]
READ = re.compile(r"\b(?:text|integer|boolean|listing|path)\(\s*[\"']([A-Z][A-Z_]+)[\"']")

KEY = "q9Zr2V5m1xK8cT4bW7nJ0sLdPfGhYaEu3oRi6tQvBwA="
COMPLETE = {
    "RESGUARDO_ENV": "production",
    "DATABASE_URL": "postgres://resguardo_web:long-password@db/resguardo",
    "REDIS_URL": "redis://redis:6379/0",
    "RESGUARDO_HOST": "https://privacy.utility.test",
    "RESGUARDO_EMAIL_URL": "smtp://mail:587",
    "RESGUARDO_PROVIDER_NAME": "Nowhere Electric",
    "RESGUARDO_PRIVACY_TITLE": "Officer",
    "RESGUARDO_PRIVACY_EMAIL": "privacy@utility.test",
    "RESGUARDO_PRIVACY_PHONE": "555-0100",
    "RESGUARDO_PRIVACY_ADDRESS": "1 Nowhere Street",
    "RESGUARDO_SECRET_KEY": KEY,
    "RESGUARDO_KEY_ENCRYPTION_KEY": KEY,
    "RESGUARDO_BLIND_INDEX_KEY": KEY,
    "RESGUARDO_CHECKPOINT_KEY": KEY,
    "RESGUARDO_RECEIPT_KEY": KEY,
    "RESGUARDO_OIDC_PRIVATE_KEY": KEY * 3,
}


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    for name in environment.REGISTRY:
        monkeypatch.delenv(name, raising=False)
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("RESGUARDO_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("RESGUARDO_PROCESS", "web")
    return monkeypatch


def documented() -> list[str]:
    return re.findall(r"^\| `([A-Z_]+)` \|", TABLE.read_text(encoding="utf-8"), re.MULTILINE)


def test_every_setting_is_documented_once() -> None:
    assert sorted(documented()) == sorted(environment.REGISTRY)


def test_every_documented_row_tells_the_registered_meaning() -> None:
    text = TABLE.read_text(encoding="utf-8")
    assert [name for name, setting in environment.REGISTRY.items() if setting.meaning not in text] == []


def test_no_code_reads_the_environment_beside_the_registry() -> None:
    reading = re.compile(r"os\.(environ\.get|environ\[|getenv)")
    readers = {file.parent.name for file in SOURCES if reading.search(file.read_text(encoding="utf-8"))}
    assert readers == {"environment"}


def test_every_setting_that_code_reads_is_declared() -> None:
    named = {name for file in SOURCES for name in READ.findall(file.read_text(encoding="utf-8"))}
    assert named
    assert named <= set(environment.REGISTRY)


def test_an_undeclared_setting_raises() -> None:
    with pytest.raises(environment.UndeclaredSetting, match="RESGUARDO_NO_SUCH"):
        environment.text("RESGUARDO_NO_SUCH")


@pytest.mark.parametrize(("value", "meaning"), [("true", True), ("ON", True), ("0", False), ("no", False)])
def test_truth_values_are_read(monkeypatch: pytest.MonkeyPatch, value: str, meaning: bool) -> None:
    monkeypatch.setenv("RESGUARDO_DEBUG", value)
    assert environment.boolean("RESGUARDO_DEBUG") is meaning


@pytest.mark.parametrize(("name", "read"), [("PORT", environment.integer), ("RESGUARDO_DEBUG", environment.boolean)])
def test_an_unreadable_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, read: object) -> None:
    monkeypatch.setenv(name, "eighty")
    with pytest.raises(environment.UnusableSetting, match=f"{name} is 'eighty'; give"):
        read(name)  # type: ignore[operator]


def test_an_unknown_kind_of_installation_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESGUARDO_ENV", "prod")
    with pytest.raises(environment.UnusableSetting, match="demo, test, production"):
        environment.name()


def test_lists_lose_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESGUARDO_ALLOWED_HOSTS", "a.test, b.test,,")
    assert environment.listing("RESGUARDO_ALLOWED_HOSTS") == ["a.test", "b.test"]


def test_a_complete_production_starts(production: pytest.MonkeyPatch) -> None:
    environment.require_production_secrets()


def test_production_names_everything_that_is_missing(production: pytest.MonkeyPatch) -> None:
    for name in ("RESGUARDO_SECRET_KEY", "RESGUARDO_BLIND_INDEX_KEY", "REDIS_URL"):
        production.delenv(name)
    with pytest.raises(environment.MissingSecrets) as refusal:
        environment.require_production_secrets()
    for name in ("RESGUARDO_SECRET_KEY: missing", "RESGUARDO_BLIND_INDEX_KEY: missing", "REDIS_URL: missing"):
        assert name in str(refusal.value)


@pytest.mark.parametrize("value", ["change-me" * 5, "short", "please-replace-me-with-random-text-xx"])
def test_production_refuses_placeholders_and_short_secrets(production: pytest.MonkeyPatch, value: str) -> None:
    production.setenv("RESGUARDO_SECRET_KEY", value)
    with pytest.raises(environment.MissingSecrets, match="RESGUARDO_SECRET_KEY"):
        environment.require_production_secrets()


def test_production_refuses_the_demo_installations_own_secret(production: pytest.MonkeyPatch) -> None:
    production.delenv("RESGUARDO_SECRET_KEY")
    production.setenv("RESGUARDO_ENV", "demo")
    demo = environment.text("RESGUARDO_SECRET_KEY")
    production.setenv("RESGUARDO_ENV", "production")
    production.setenv("RESGUARDO_SECRET_KEY", demo)
    with pytest.raises(environment.MissingSecrets, match="demo installation"):
        environment.require_production_secrets()


def test_only_the_worker_needs_the_checkpoint_key(production: pytest.MonkeyPatch) -> None:
    production.delenv("RESGUARDO_CHECKPOINT_KEY")
    environment.require_production_secrets()
    production.setenv("RESGUARDO_PROCESS", "worker")
    with pytest.raises(environment.MissingSecrets, match="RESGUARDO_CHECKPOINT_KEY"):
        environment.require_production_secrets()


def test_production_refuses_debug_pages(production: pytest.MonkeyPatch) -> None:
    production.setenv("RESGUARDO_DEBUG", "true")
    with pytest.raises(environment.MissingSecrets, match="RESGUARDO_DEBUG"):
        environment.require_production_secrets()


def test_a_secret_may_be_given_as_a_file(production: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("from the file\n")
    production.delenv("RESGUARDO_SECRET_KEY")
    production.setenv("RESGUARDO_SECRET_KEY_FILE", str(file))
    assert environment.text("RESGUARDO_SECRET_KEY") == "from the file"


def test_processes_at_once_agree_on_a_demo_secret(tmp_path: Path) -> None:
    ask = "from portal import environment; print(environment.text('RESGUARDO_SECRET_KEY'))"
    given = {"RESGUARDO_DATA_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    started = [
        subprocess.Popen([sys.executable, "-c", ask], cwd=PROJECT, env=given, stdout=subprocess.PIPE) for _ in range(3)
    ]
    answers = {process.communicate()[0] for process in started}
    assert len(answers) == 1
    assert len(answers.pop()) > 32
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
