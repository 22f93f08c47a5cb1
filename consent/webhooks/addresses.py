"""To which addresses a webhook may be posted: public ones, by https, under a name; never into a network of our own."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

PORTS = frozenset({443, 8443})
MOST = 500
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)\Z")
_PATH = re.compile(r"[\x21-\x7e]*\Z")
_NOT_PUBLIC = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by carriers (RFC 6598)
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's own services, under a public number
        "169.254.0.0/16",  # link-local, and the metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_GLOBAL = IPv6Network("2000::/3")
_NOT_GLOBAL = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # Teredo and other tunnels, which carry another address
        "2001:db8::/32",
        "2002::/16",  # 6to4, likewise
        "3fff::/20",
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a webhook is posted to: a host by name, a port, path and query."""

    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Return host and port as an address has them: 443 goes without saying."""
        return self.host if self.port == 443 else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """Return the address in its plain form."""
        return f"https://{self.authority}{self.target}"


def place_of(url: str) -> Place | None:
    """Return where a URL leads; None where nothing is posted: no https, no name, another port, a user, a fragment.

    The host needs a name of two labels or more, the last with a letter: no number is an address in disguise then.
    """
    try:
        parts = urlsplit(url)
        port = 443 if parts.port is None else parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    is_plain = parts.scheme == "https" and "@" not in parts.netloc and not parts.fragment and "#" not in url
    if not (is_plain and port in PORTS and _is_name(host) and len(url) <= MOST):
        return None
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    return Place(host, port, target) if _PATH.match(target) else None


def is_public(address: str) -> bool:
    """Say whether an address is one of the public internet; what carries another address is judged by that, or refused.

    An IPv4 address mapped into IPv6, or translated by NAT64 (RFC 6052), is judged as IPv4.
    """
    try:
        known = ip_address(address)
    except ValueError:
        return False
    if isinstance(known, IPv6Address):
        if known.scope_id is not None:
            return False
        inner = known.ipv4_mapped or (IPv4Address(int(known) & 0xFFFFFFFF) if known in _NAT64 else None)
        if inner is None:
            return known in _GLOBAL and not any(known in network for network in _NOT_GLOBAL)
        known = inner
    return known.is_global and not any(known in network for network in _NOT_PUBLIC)


def _is_name(host: str) -> bool:
    labels = host.split(".")
    named = len(labels) > 1 and len(host) <= 253 and all(_LABEL.match(label) for label in labels)
    return named and re.search(r"[a-z]", labels[-1]) is not None and not labels[-1].startswith("0x")
