"""How far a member's own part of the configuration reaches: the hosts that the operator allows it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence


def beyond(hosts: Iterable[str], allowed: Collection[str] | None) -> list[str]:
    """Those of the ``host:port`` pairs that none of the allowed names covers. A name is a host, a host with its port, or
    ``*.`` and what hosts end with; without a port it means 443. None allows every host."""
    return [] if allowed is None else [host for host in hosts if not any(_covers(name, host) for name in allowed)]


def named(hosts: Sequence[str], allowed: Collection[str] | None) -> bool:
    """Whether the operator named each of these hosts itself, so that they may be on an inner network: a ``*`` names none."""
    exact = [name for name in allowed or () if not name.startswith("*")]
    return bool(hosts) and not beyond(hosts, exact)


def _covers(name: str, host: str) -> bool:
    name, host = _whole(name), _whole(host)
    return host.endswith(name[1:]) if name.startswith("*.") else host == name


def _whole(host: str) -> str:
    tail = host.rpartition("]")[2]
    return (host if ":" in tail else f"{host}:443").lower()
