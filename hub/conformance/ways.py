"""Ways to a system that do not get there: names, addresses and certificates that are wrong."""

from __future__ import annotations

import socket
import ssl
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub.conformance.proxy import Proxy
from hub.conformance.subject import DoesNotApply

ELSEWHERE = "127.0.0.2"
"""A loopback address that nothing listens on."""


@dataclass(frozen=True, slots=True)
class Leads:
    """Where to open a connector, and with which transport options."""

    url: str
    transport: dict[str, Any] = field(default_factory=dict)


Way = Callable[[Proxy, str], AbstractContextManager[Leads]]
"""From the proxy in front of a system, and the system's address."""


def nowhere(times: int | None = None) -> Way:
    """The name cannot be resolved, so many times or always."""

    def resolve(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    return _resolved(resolve, times)


def refused(times: int | None = None) -> Way:
    return _resolved(lambda host, port: [ELSEWHERE], times)


def _resolved(badly: Callable[[str, int], Sequence[str]], times: int | None) -> Way:
    @contextmanager
    def way(proxy: Proxy, system: str) -> Iterator[Leads]:
        asked: list[str] = []

        def resolve(host: str, port: int) -> Sequence[str]:
            asked.append(host)
            return badly(host, port) if times is None or len(asked) <= times else ["127.0.0.1"]

        yield Leads(proxy.url, {"resolver": resolve})

    return way


def well_certified(proxy: Proxy, system: str) -> AbstractContextManager[Leads]:
    """The one way that does lead there: it shows that the others fail for what is wrong with them."""
    return _certified(system, "127.0.0.1")


def badly_certified(proxy: Proxy, system: str) -> AbstractContextManager[Leads]:
    return _certified(system, "127.0.0.1", trusted=False)


def expired(proxy: Proxy, system: str) -> AbstractContextManager[Leads]:
    return _certified(system, "127.0.0.1", until=datetime(2020, 1, 1, tzinfo=UTC))


def misnamed(proxy: Proxy, system: str) -> AbstractContextManager[Leads]:
    return _certified(system, "other.example")


@contextmanager
def _certified(system: str, name: str, until: datetime | None = None, trusted: bool = True) -> Iterator[Leads]:
    try:
        import trustme
    except ImportError:
        raise DoesNotApply('certificates are made with trustme: pip install "commons-hub[conformance]"') from None
    ours, others = trustme.CA(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.issue_cert(name, not_before=until and datetime(2019, 1, 1, tzinfo=UTC), not_after=until).configure_cert(
        context
    )
    with tempfile.TemporaryDirectory() as folder, Proxy(system, context) as proxy:
        file = Path(folder) / "authority.pem"
        (ours if trusted else others).cert_pem.write_to_path(str(file))
        yield Leads(proxy.url, {"ca_file": str(file)})
