"""Which addresses a connection may reach: the hosts it was given, and no inner network behind their names."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from urllib.parse import SplitResult, urlsplit

from schemas.said import phrase

Resolver = Callable[[str, int], Sequence[str]]
"""``(host, port)`` to numeric addresses; ``OSError`` when the name is not known."""

IP = ipaddress.IPv4Address | ipaddress.IPv6Address

PORTS = {"http": 80, "https": 443}
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")

# What ``is_global`` lets pass although it leads inside or nowhere: transition formats that
# carry another address, multicast, deprecated site-local and the 6to4 relay.
DENIED = tuple(
    ipaddress.ip_network(network)
    for network in ("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10", "192.88.99.0/24")
)


class AddressRefused(ValueError):
    """The address is not one that this connection may reach. Nothing was sent."""


def system_resolver(host: str, port: int) -> Sequence[str]:
    """Every address of a name, as the machine's resolver has it."""
    return list(dict.fromkeys(str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


class Addresses:
    """The address policy of one connection.

    ``hosts`` are ``host:port`` pairs. Plain http and loopback go together by default: both only
    for a host that is literally named localhost, 127.0.0.1 or ::1, and not even for these without
    ``allow_loopback``. ``allow_http`` permits http to the named hosts, ``allow_private`` permits names
    that lead to an inner network.
    """

    def __init__(
        self,
        hosts: Sequence[str],
        *,
        allow_http: bool = False,
        allow_private: bool = False,
        allow_loopback: bool = True,
        resolver: Resolver = system_resolver,
    ) -> None:
        self._hosts = frozenset(_pair(host) for host in hosts)
        self._allow_http = allow_http
        self._allow_private = allow_private
        self._allow_loopback = allow_loopback
        self._resolver = resolver

    def check(self, url: str) -> SplitResult:
        """The parts of a URL that may be called; ``AddressRefused`` says why not."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise AddressRefused(phrase("this is not an address")) from None
        if parts.scheme not in PORTS or not host:
            raise AddressRefused(phrase("only http:// and https:// addresses can be called"))
        if parts.username is not None or parts.password is not None:
            raise AddressRefused(phrase("an address must not carry a name or password"))
        if (host, port or PORTS[parts.scheme]) not in self._hosts:
            raise AddressRefused(
                phrase(
                    "%(host)s:%(port)s is not among the hosts of this connection (%(hosts)s)",
                    host=host,
                    port=port or PORTS[parts.scheme],
                    hosts=", ".join(f"{h}:{p}" for h, p in sorted(self._hosts)) or phrase("none"),
                )
            )
        if parts.scheme == "http" and not self._allow_http and host not in LOOPBACK_NAMES:
            raise AddressRefused(
                phrase("%(host)s would be called without encryption; use https:// or set allow_http = true", host=host)
            )
        return parts

    def resolve(self, host: str, port: int) -> list[str]:
        """The addresses to connect to, resolved once and *all* acceptable: a name with one bad address is refused."""
        found = [ipaddress.ip_address(address.partition("%")[0]) for address in self._resolver(host, port)]
        if not found:
            raise OSError(f"{host} has no address")
        for address in found:
            if not self._acceptable(host.lower().strip("[]"), address):
                raise AddressRefused(
                    phrase(
                        "%(host)s leads to %(address)s, which is not a public address. Is it a system of your own? Then "
                        "the operator of the hub has to say so in its configuration: allow_private = true",
                        host=host,
                        address=address,
                    )
                )
        return [str(address) for address in found]

    def _acceptable(self, host: str, address: IP) -> bool:
        if host in LOOPBACK_NAMES:
            return address.is_loopback and self._allow_loopback
        if is_public(address):
            return True
        return self._allow_private and _is_inner(address)


def is_public(address: IP) -> bool:
    """True for addresses of the open internet only, embedded IPv4 addresses looked at too."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address in network for network in DENIED if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast


def _is_inner(address: IP) -> bool:
    """RFC 1918 and unique local addresses: an organisation's own network, but not link-local (cloud metadata)."""
    inner = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
    return any(address in network for network in map(ipaddress.ip_network, inner) if network.version == address.version)


def _pair(host: str) -> tuple[str, int]:
    parts = urlsplit(f"//{host}")
    return (parts.hostname or "").lower(), parts.port or 443


def host_of(url: str) -> str:
    """``host:port`` of a URL, for ``System.hosts``; empty when there is none."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return ""
    if not parts.hostname or not port:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{host}:{port}"
