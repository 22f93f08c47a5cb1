"""Another system does steps 2, 3 and 5 over HTTP, as docs/api.md shows: server, worker and commands are real."""

import io
import json
import socket
import zipfile
from contextlib import closing
from datetime import date
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from portal import web_health
from protection.clock import provider_today
from protection.rowsecurity import provider_rows
from tests.energy.factories import UsagePointFactory, make_day
from tests.factories import AccountFactory, RecipientFactory, UserFactory
from tests.journeys.outsiders import verify
from tests.portal.test_command_line import manage
from tests.processes.conftest import Processes

DAY = date(2025, 3, 1)
FIELDS = ["account.number", "usage.readings"]


class System:
    """A system with an access token, which speaks HTTP and nothing else."""

    def __init__(self, port: int, credentials: dict[str, str]) -> None:
        self._port = port
        form = urlencode({"grant_type": "client_credentials", **credentials})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        status, answer = self._send("POST", "/identity/o/api/token", kind, form)
        assert status == 200, answer
        self._token = json.loads(answer)["access_token"]

    def fetch(self, path: str, body: dict[str, Any] | None = None) -> tuple[int, bytes]:
        """Get an address, or post to it; return the status and what came back."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body)
        return self._send("GET" if body is None else "POST", f"/api/v1/{path}", headers, content)

    def ask(self, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """Return the status and the JSON that came back."""
        status, content = self.fetch(path, body)
        return status, json.loads(content)

    def _send(self, method: str, path: str, headers: dict[str, str], body: str | None) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=30)
        with closing(connection):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()


@pytest.fixture
def portal(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> int:
    """The portal's web server and worker, answering; gives the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    monkeypatch.setenv("PORT", str(port))
    monkeypatch.setenv("RESGUARDO_WEB_PROCESSES", "1")
    processes.start("web", "worker")
    processes.wait_for(lambda: not web_health.trouble())
    return port


def test_system_logs_a_consent_releases_data_and_exports_the_history(
    processes: Processes, portal: int, tmp_path: Path
) -> None:
    with provider_rows():
        account, recipient = AccountFactory.create(), RecipientFactory.create(under_agreement=True)
        make_day(UsagePointFactory.create(account=account), DAY)
        owner, today = UserFactory.create(staff=True, bound=True), provider_today().isoformat()
    scopes = ("consents:write", "releases:write", "disclosures:read")
    options = [part for scope in scopes for part in ("--scope", scope)]
    made = json.loads(manage("create_api_client", "CRM", "--owner", owner.email, *options, "--json").stdout)
    system = System(portal, {name: made[name] for name in ("client_id", "client_secret")})
    release = {
        "accounts": [account.number],
        "recipient": str(recipient.uuid),
        "purpose": "energy_analysis",
        "basis": "written_consent",
        "field_ids": FIELDS,
        "data_from": "2025-03-01",
        "data_to": "2025-04-01",
        "reason": "Home audit that the customer ordered",
    }

    status, refused = system.ask("releases", release)
    assert (status, [condition["code"] for condition in refused["missing"]]) == (409, ["consent_missing"])

    consent = {
        "account": account.number,
        "recipient": str(recipient.uuid),
        "purpose": "energy_analysis",
        "field_ids": FIELDS,
        "data_from": "2025-01-01",
        "method": "telephone",
        "signed_on": today,
        "signer_name": "Alex Sample",
    }
    status, logged = system.ask("consents", consent)
    assert (status, logged["status"]["code"]) == (201, "active")

    assert system.ask("releases/preview", release)[1]["allowed"]
    status, released = system.ask("releases", release)
    assert status == 201
    processes.wait_for(lambda: system.ask(f"releases/{released['uuid']}")[1]["package"]["status"] == "ready")

    rows = system.ask(f"disclosures?account={account.number}")[1]["results"]
    assert [row["outcome"] for row in rows] == ["released", "denied"]
    status, export = system.ask("exports", {"reason": "Monthly report", "from": today})
    assert status == 202
    processes.wait_for(lambda: system.ask(f"exports/{export['uuid']}")[1]["status"] == "finished")
    with zipfile.ZipFile(io.BytesIO(system.fetch(f"exports/{export['uuid']}/archive")[1])) as archive:
        archive.extractall(tmp_path)
    assert verify(tmp_path / "manifest.json").returncode == 0
    lines = [json.loads(line) for line in (tmp_path / "entries.jsonl").read_text().splitlines()]
    outcomes = [line["disclosure"]["outcome"] for line in lines if "disclosure" in line]
    assert sorted(outcomes) == ["denied", "released"]

    manage("revoke_api_client", made["client_id"])
    assert system.ask("consents")[0] == 401
