"""Another hub: a commons that this hub's people take part in, over its ``/api/v1/``."""

from __future__ import annotations

from connectors.addresses import host_of
from connectors.contract import Option, Settings, System
from connectors.facts import Facts
from connectors.hub.connector import open_commons

__all__ = ["connector"]


def _hosts(settings: Settings) -> tuple[str, ...]:
    host = host_of(str(settings.get("url", "")))
    return (host,) if host else ()


connector = System(
    name="hub",
    title="Another hub",
    summary="A commons on another hub, so that a foundation can keep its secrets and unmapped fields in a hub of its own.",
    options=(
        Option("url", "Address of the other hub, as its people open it.", required=True),
        Option("token", "Token that the other hub made for your foundation, with the scopes read, share and position.",
               required=True, secret=True),
        Option("audience", "With whom there is shared what goes out: all, circle:NAME or member:NAME.", default="all"),
    ),
    open=open_commons,
    hosts=_hosts,
    facts=Facts(
        direction="both",
        feed=("token",),
        deletes=("feed",),
        guard=("strong",),
        key=("text",),
        batch=(1,),
        limits="none",
        verified="the conformance kit and two hubs that run",
    ),
)  # fmt: skip
