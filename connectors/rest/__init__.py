"""Any REST system: a connector declared in TOML."""

from __future__ import annotations

from connectors.contract import Option, System
from connectors.facts import Facts
from connectors.rest.connector import hosts, open_declared

__all__ = ["connector"]

connector = System(
    name="rest",
    title="REST",
    summary="Any system with a JSON API, spoken to as a declaration file says; no code.",
    options=(
        Option(
            "declaration", "The file that says how the system is spoken to; `hub connector check FILE`.", required=True
        ),
        Option("url", "Address of the system. The hub calls no other, whatever the declaration says.", required=True),
        Option("values", 'What the declaration asks a connection for, as a table like { account = "17" }.'),
        Option("token", "Token or key, for the ways of signing in called bearer and header.", secret=True),
        Option("user", "Name to sign in with, for basic."),
        Option("password", "Goes with user.", secret=True),
        Option("client_id", "Id of the client, for oauth2."),
        Option("client_secret", "Goes with client_id.", secret=True),
        Option("token_url", "Where oauth2 gives out tokens, where that is another host than url."),
        Option("page", "Address that opens a record for a person, with {id} in it."),
    ),
    open=open_declared,
    hosts=hosts,
    sandbox="connectors.rest.sandbox:serve",
    facts=Facts(
        direction="both",
        feed=("full_scan", "timestamp", "token"),
        deletes=("none", "feed", "flag"),
        guard=("none", "strong"),
        key=("text", "integer", "none"),
        batch=(1,),
        limits="as declared",
        verified="Kinto and Datasette, two servers that others wrote; the conformance kit with its stand-in",
    ),
)
