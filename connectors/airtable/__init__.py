"""Airtable: one table of one base, over its Web API."""

from __future__ import annotations

from connectors.addresses import host_of
from connectors.airtable.connector import URL, open_table
from connectors.contract import Option, Settings, System
from connectors.facts import Facts

__all__ = ["connector"]


def _hosts(settings: Settings) -> tuple[str, ...]:
    host = host_of(str(settings.get("url", URL)))
    return (host,) if host else ()


connector = System(
    name="airtable",
    title="Airtable",
    summary="One table of an Airtable base, read and written over its Web API with a personal access token.",
    options=(
        Option("base", "Id of the base: the part of its address that starts with app.", required=True),
        Option("token", "Personal access token with this base in its list.", required=True, secret=True),
        Option("url", "Address of the API; another one is for a stand-in server.", default=URL),
        Option("page", "Address that opens a record for a person, with {base}, {table} and {id} in it."),
    ),
    open=open_table,
    hosts=_hosts,
    sandbox="connectors.airtable.sandbox:serve",
    facts=Facts(
        direction="both",
        feed=("full_scan",),
        deletes=("none",),
        guard=("none",),
        key=("text", "none"),
        batch=(10,),
        limits="5 calls a second for a base, 50 for a token; the plan's calls a month",
        verified="the conformance kit with its stand-in, which pyairtable drives too",
    ),
)
