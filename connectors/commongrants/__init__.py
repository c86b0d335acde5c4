"""CommonGrants: open calls that grants.gov, states and others publish over the CommonGrants protocol. Read only."""

from __future__ import annotations

from connectors.addresses import host_of
from connectors.commongrants.api import A_MINUTE, BEARER, KEY_AS, PAGE
from connectors.commongrants.connector import EVERYTHING, OVERLAP, open_calls
from connectors.contract import Option, Settings, System
from connectors.facts import Facts

__all__ = ["connector"]


def _hosts(settings: Settings) -> tuple[str, ...]:
    host = host_of(str(settings.get("url", "")))
    return (host,) if host else ()


connector = System(
    name="commongrants",
    title="CommonGrants",
    summary="Open calls of any publisher that speaks the CommonGrants protocol (0.4), such as grants.gov. Read only.",
    options=(
        Option("url", "Address of the API, up to what comes before /common-grants/.", required=True),
        Option("key", "API key or token, where the publisher wants one.", secret=True),
        Option("key_as", "How the key is sent.", default=KEY_AS, choices=(KEY_AS, BEARER)),
        Option("page_size", "Calls asked for at once.", default=PAGE),
        Option("overlap_hours", "How far before the newest change seen the next reading starts.", default=OVERLAP),
        Option("everything_hours", "After how long everything is read again.", default=EVERYTHING),
        Option("calls_a_minute", "Requests in one minute, at most.", default=A_MINUTE),
        Option("page", "Address that opens a call for a person, with {id} in it; without it, the publisher's own."),
    ),
    open=open_calls,
    hosts=_hosts,
    sandbox="connectors.commongrants.sandbox:serve",
    facts=Facts(
        direction="in",
        feed=("timestamp",),
        deletes=("flag",),
        guard=("none",),
        key=("none",),
        batch=(1,),
        limits=f"{A_MINUTE} calls a minute, or what calls_a_minute says",
        verified="the conformance kit with its stand-in",
    ),
)
