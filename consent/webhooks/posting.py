"""Post to an address of somebody else's choice, without being led anywhere else.

The name is resolved here, every address is judged, and the connection goes to one of those, so that a name that answers
otherwise the next moment changes nothing. No redirect is followed, no proxy asked; time and answer are bounded.
"""

import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from threading import Timer

from consent.webhooks.addresses import is_public, place_of

SECONDS_A_STEP = 5.0
SECONDS_IN_ALL = 15.0
MOST_OF_AN_ANSWER = 16_384


class NotDelivered(Exception):
    """Nothing arrived, or not so that it counts. The text is a short reason that names nobody."""


@dataclass(frozen=True, slots=True)
class Network:
    """How names become addresses, and addresses connections. Tests bring a network of their own."""

    resolve: Callable[[str, int], Sequence[str]]
    connect: Callable[[str, int], socket.socket]
    context: Callable[[], ssl.SSLContext]


def _resolve(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[4][0]) for place in found))


def _connect(address: str, port: int) -> socket.socket:
    return socket.create_connection((address, port), timeout=SECONDS_A_STEP)


INTERNET = Network(_resolve, _connect, ssl.create_default_context)


def post(url: str, body: bytes, headers: Mapping[str, str], *, network: Network = INTERNET) -> int:
    """Post `body` and return the status of the answer, whatever it is. Raises NotDelivered where there is none."""
    place = place_of(url)
    if place is None:
        raise NotDelivered("the address is not allowed")
    addresses = _addresses(place.host, place.port, network)
    raw = _connected(addresses, place.port, network)
    # Encryption takes the socket over and leaves `raw` empty; a second handle still reaches the connection.
    handle = raw.dup()
    watch = Timer(SECONDS_IN_ALL, _hang_up, [handle])
    watch.daemon = True
    watch.start()
    try:
        raw.settimeout(SECONDS_A_STEP)
        with network.context().wrap_socket(raw, server_hostname=place.host) as secured:
            connection = HTTPConnection(place.host, place.port)
            connection.sock, connection.auto_open = secured, 0
            every = {**headers, "Host": place.authority, "Connection": "close"}
            connection.request("POST", place.target, body, every)
            answer = connection.getresponse()
            answer.read(MOST_OF_AN_ANSWER)
            return answer.status
    except ssl.SSLError as error:
        raise NotDelivered("the certificate or the encryption is not valid") from error
    except TimeoutError as error:
        raise NotDelivered("no answer in time") from error
    except (OSError, HTTPException, ValueError) as error:
        raise NotDelivered("the connection broke") from error
    finally:
        watch.cancel()
        handle.close()
        raw.close()


def _addresses(host: str, port: int, network: Network) -> Sequence[str]:
    try:
        addresses = network.resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise NotDelivered("the name has no address") from error
    if not addresses:
        raise NotDelivered("the name has no address")
    if not all(is_public(address) for address in addresses):
        raise NotDelivered("the address is not public")
    return addresses


def _connected(addresses: Sequence[str], port: int, network: Network) -> socket.socket:
    for address in addresses[:3]:
        try:
            return network.connect(address, port)
        except OSError:
            continue
    raise NotDelivered("no connection")


def _hang_up(handle: socket.socket) -> None:
    try:
        handle.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
