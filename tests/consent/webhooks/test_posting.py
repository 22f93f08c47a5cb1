"""Nothing is posted but to a public https address, and nobody leads the portal elsewhere."""

import socket
import ssl
from pathlib import Path
from time import monotonic

import pytest

from consent.webhooks import posting
from consent.webhooks.addresses import is_public, place_of
from consent.webhooks.posting import INTERNET, Network, NotDelivered, post
from tests.consent.webhooks.listener import NAME, PUBLIC_ADDRESS, URL, listening


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.1",
        "10.1.2.3",
        "100.64.0.1",
        "168.63.129.16",
        "169.254.169.254",
        "172.31.255.255",
        "192.168.1.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "nonsense",
        "",
    ],
)
def test_addresses_that_are_not_public_are_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_public_addresses_are_known(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/",
        "https://localhost/",
        "https://hooks/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://0x7f.0x1/",
        "https://127.1/",
        "https://hooks.example.org:22/",
        "https://hooks.example.org:0/",
        "https://hooks.example.org:99999/",
        "https://user@hooks.example.org/",
        "https://user:secret@hooks.example.org/",
        "https://hooks.example.org/#part",
        "https://hooks.example.org/a b",
        "https://hooks.example.org/a\r\nHost: other",
        "https://-hooks.example.org/",
        "https://hooks..example.org/",
        "https://señal.example.org/",
        "https://hooks.example.org/" + "x" * 500,
        "file:///etc/passwd",
        "gopher://hooks.example.org/",
        "nonsense",
        "",
    ],
)
def test_addresses_that_are_never_posted_to(url: str) -> None:
    assert place_of(url) is None
    with pytest.raises(NotDelivered, match="not allowed"):
        post(url, b"{}", {})


def test_a_message_arrives_at_the_address_that_was_judged(tmp_path: Path) -> None:
    with listening(tmp_path) as listener:
        assert post(URL, b'{"a":1}', {"webhook-id": "7"}, network=listener.network) == 204
    ((path, headers, body),) = listener.received
    assert (path, headers["host"], headers["webhook-id"], body) == ("/consents?by=portal", NAME, "7", b'{"a":1}')
    assert listener.asked == [(PUBLIC_ADDRESS, 443)]


@pytest.mark.parametrize("addresses", [("127.0.0.1",), (PUBLIC_ADDRESS, "10.0.0.1"), ("::ffff:10.0.0.1",), ()])
def test_a_name_that_leads_inside_even_in_part_is_never_connected_to(
    tmp_path: Path, addresses: tuple[str, ...]
) -> None:
    with listening(tmp_path, addresses=addresses) as listener, pytest.raises(NotDelivered):
        post(URL, b"{}", {}, network=listener.network)
    assert (listener.asked, listener.received) == ([], [])


def test_a_name_is_resolved_once_so_that_a_second_answer_changes_nothing(tmp_path: Path) -> None:
    answers = [(PUBLIC_ADDRESS,), ("127.0.0.1",)]
    with listening(tmp_path) as listener:
        network = Network(lambda _h, _p: answers.pop(0), listener.network.connect, listener.network.context)
        assert post(URL, b"{}", {}, network=network) == 204
    assert (len(answers), listener.asked) == (1, [(PUBLIC_ADDRESS, 443)])


def test_a_redirect_is_an_answer_and_not_followed(tmp_path: Path) -> None:
    with listening(tmp_path) as listener:
        listener.statuses, listener.location = [302], "https://169.254.169.254/latest/"
        assert post(URL, b"{}", {}, network=listener.network) == 302
    assert len(listener.received) == 1


def test_a_certificate_for_another_name_or_of_nobody_is_refused(tmp_path: Path) -> None:
    with listening(tmp_path, name="other.example") as listener, pytest.raises(NotDelivered, match="certificate"):
        post(URL, b"{}", {}, network=listener.network)
    with listening(tmp_path) as listener:
        unknown = Network(listener.network.resolve, listener.network.connect, ssl.create_default_context)
        with pytest.raises(NotDelivered, match="certificate"):
            post(URL, b"{}", {}, network=unknown)
    assert listener.received == []


def test_who_never_answers_is_left_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "SECONDS_IN_ALL", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        connect = lambda _a, _p: socket.create_connection(silent.getsockname(), timeout=5)  # noqa: E731
        network = Network(lambda _h, _p: (PUBLIC_ADDRESS,), connect, ssl.create_default_context)
        with pytest.raises(NotDelivered):
            post(URL, b"{}", {}, network=network)


def test_who_answers_drop_by_drop_is_left_in_time_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "SECONDS_IN_ALL", 0.5)
    with listening(tmp_path) as listener:
        listener.statuses, listener.drips = [200], 40
        began = monotonic()
        assert post(URL, b"{}", {}, network=listener.network) == 200
        assert monotonic() - began < 2


def test_the_portal_itself_uses_the_internet_as_it_is() -> None:
    assert Network(posting._resolve, posting._connect, ssl.create_default_context) == INTERNET
