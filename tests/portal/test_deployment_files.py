import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from portal import databases, environment
from portal.migration_state import PROJECT

COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text(encoding="utf-8"))
OURS = ("web", "worker", "purge", "beat", "provision", "migrate")
ROLE = {"web": "web", "worker": "worker", "purge": "purge", "beat": "worker", "migrate": "deploy"}
NAME = re.compile(r"^#?\s*([A-Z_]+)=", re.MULTILINE)


def service_environment(service: str) -> dict[str, str]:
    """Return what compose would give a service, with something of use in each place."""
    given = COMPOSE["services"][service]["environment"]
    filler = "Yw7kP2vQx9LmR4tZs8HbN1cJf6GdW3aEoU5iTqVyXzKp"
    return {name: re.sub(r"\$\{\w+(:[?-][^}]*)?\}", filler, str(value)) for name, value in given.items()}


@pytest.mark.parametrize("service", OURS)
def test_a_service_gets_all_that_its_process_needs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, service: str
) -> None:
    for name in environment.REGISTRY:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "secret").write_text("k" * 64)
    for name, value in service_environment(service).items():
        monkeypatch.setenv(name, str(tmp_path / "secret") if name.endswith("_FILE") else value)
    monkeypatch.setenv("RESGUARDO_ENV", "production")
    monkeypatch.setenv("RESGUARDO_DATA_DIR", str(tmp_path))
    environment.require_production_secrets()


@pytest.mark.parametrize("service", OURS)
def test_a_service_gets_only_declared_settings(service: str) -> None:
    names = {name.removesuffix("_FILE") for name in service_environment(service)}
    assert names <= set(environment.REGISTRY)


@pytest.mark.parametrize(("service", "role"), ROLE.items())
def test_a_service_logs_in_as_its_own_role(service: str, role: str) -> None:
    url = service_environment(service)["DATABASE_URL"]
    assert databases.parse_url(url).user == f"resguardo_{role}"


@pytest.mark.parametrize("service", sorted(set(OURS) - {"worker"}))
def test_only_the_worker_gets_the_checkpoint_key(service: str) -> None:
    assert "RESGUARDO_CHECKPOINT_KEY" not in service_environment(service)


def test_each_folder_that_the_image_makes_is_a_setting_and_outlives_its_containers() -> None:
    made = set(re.findall(r"/var/lib/resguardo/(\w+)", (PROJECT / "Dockerfile").read_text(encoding="utf-8")))
    kept = {volume.split(":")[0] for service in OURS for volume in COMPOSE["services"][service].get("volumes", ())}
    needless = {"RESGUARDO_DATA_DIR", "RESGUARDO_MAIL_DIR"}
    settings = [one for name, one in environment.REGISTRY.items() if name.endswith("_DIR") and name not in needless]
    assert made == kept == {Path(one.default(environment.text)).name for one in settings if callable(one.default)}


@pytest.mark.parametrize("service", COMPOSE["services"])
def test_no_service_runs_as_root(service: str) -> None:
    described = COMPOSE["services"][service]
    last_user = re.findall(r"^USER (\w+)", (PROJECT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)[-1]
    assert described.get("user", last_user) not in ("root", "0")


@pytest.mark.parametrize("service", ["web", "worker", "purge", "beat", "postgres", "redis"])
def test_every_lasting_service_has_a_health_check(service: str) -> None:
    assert COMPOSE["services"][service]["healthcheck"]["test"]


def test_the_example_environment_names_what_compose_requires() -> None:
    required = set(re.findall(r"\$\{(\w+):\?\}", (PROJECT / "docker-compose.yml").read_text(encoding="utf-8")))
    assert required <= set(NAME.findall((PROJECT / ".env.example").read_text(encoding="utf-8")))


def test_locks_name_no_registry() -> None:
    for lock in (*(PROJECT / "requirements").glob("*.lock"), PROJECT / "package-lock.json"):
        assert "://" not in re.sub(r'"url": "[^"]*"', "", lock.read_text(encoding="utf-8")), lock.name
