"""CommonGrants: funding calls of grants.gov, of states, and of whoever else speaks the protocol; read only."""

from __future__ import annotations

from connectors.addresses import host_of
from connectors.commongrants.connector import FULL_EVERY, KEY_HEADER, OVERLAP, open_source
from connectors.contract import Option, Settings, System

__all__ = ["connector"]


def _hosts(settings: Settings) -> tuple[str, ...]:
    host = host_of(str(settings.get("url") or ""))
    return (host,) if host else ()


connector = System(
    name="commongrants",
    title="CommonGrants",
    summary="Funding calls of an API that speaks the CommonGrants protocol, read only.",
    options=(
        Option("url", "Address of the API, like https://api.simpler.grants.gov", required=True),
        Option("api_key", "Key, where the API wants one", secret=True),
        Option("key_header", "Name of the header that carries the key", default=KEY_HEADER),
        Option("overlap", "Hours that a list is read again beyond what was read last time", default=OVERLAP),
        Option(
            "full_every", "Hours after which the whole list is read, whatever it says of changes", default=FULL_EVERY
        ),
    ),
    open=open_source,
    hosts=_hosts,
    sandbox="connectors.commongrants.sandbox:serve",
)
