"""A real https server on this machine, and a network that leads a public name to it: no setting does the same."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from consent.webhooks.posting import Network

NAME = "hooks.contractor.example"
URL = f"https://{NAME}/consents?by=portal"
PUBLIC_ADDRESS = "93.184.215.14"


@dataclass
class Listener:
    """What arrived, and how it answers."""

    network: Network
    received: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    location: str = ""
    drips: int = 0
    """So many bytes come as the answer's body, one each tenth of a second."""
    asked: list[tuple[str, int]] = field(default_factory=list)


@contextmanager
def listening(folder: Path, *, name: str = NAME, addresses: tuple[str, ...] = (PUBLIC_ADDRESS,)) -> Iterator[Listener]:
    """Serve https under `name`; the network resolves every name to `addresses` and connects here."""
    certificate = _certificate(folder, name)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate)
    listener: Listener

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            listener.received.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(listener.statuses.pop(0) if listener.statuses else 204)
            if listener.location:
                self.send_header("Location", listener.location)
            self.end_headers()
            with suppress(OSError):
                for _ in range(listener.drips):
                    self.wfile.write(b".")
                    time.sleep(0.1)

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = server_side.wrap_socket(server.socket, server_side=True)
        port = server.server_address[1]

        def connect(address: str, wanted: int) -> socket.socket:
            listener.asked.append((address, wanted))
            return socket.create_connection(("127.0.0.1", port), timeout=5)

        resolve: Callable[[str, int], tuple[str, ...]] = lambda _host, _port: addresses  # noqa: E731
        trusting: Callable[[], ssl.SSLContext] = lambda: ssl.create_default_context(cafile=certificate)  # noqa: E731
        listener = Listener(Network(resolve, connect, trusting))
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield listener
        finally:
            server.shutdown()
            thread.join()


def _certificate(folder: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
