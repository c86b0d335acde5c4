"""Fluxx Grantmaker: one model of a site, over its REST API v2."""

from __future__ import annotations

from connectors.addresses import host_of
from connectors.contract import Option, Settings, System
from connectors.facts import Facts
from connectors.fluxx.connector import open_model
from connectors.fluxx.questions import QUESTIONS
from connectors.fluxx.settings import SOURCE

__all__ = ["connector"]


def _hosts(settings: Settings) -> tuple[str, ...]:
    host = host_of(str(settings.get("url") or ""))
    return (host,) if host else ()


connector = System(
    name="fluxx",
    title="Fluxx",
    summary="One model of a Fluxx Grantmaker site (grant_request), read and written over REST API v2.",
    options=(
        Option("url", "The site, like https://yoursite.fluxx.io or its preproduction address.", required=True),
        Option("client_id", "Application id of an API key made at /oauth/applications.", required=True),
        Option("client_secret", "Secret of that API key.", required=True, secret=True),
        Option("model_theme", "Id of the form (model theme) of new records; without it none is created."),
        Option("source", "What is written into migrate_source_name beside a key in migrate_id.", default=SOURCE),
        Option("columns", "Columns of the site that no list tells of: Fluxx names its dynamic fields only."),
        Option("since", "How changes are asked for.", default="day", choices=("day", "second", "never")),
        Option("lag", "Seconds that a list may be behind.", default=300),
        Option("priority_index", "Have own writes shown in lists at once.", default=True),
        Option("locked", "What to do with a record that somebody has open.", default="wait", choices=("wait", "write")),
        Option("deleted", "Whether deleted_at is asked for.", default="ask", choices=("ask", "leave")),
        Option("page", "Address that opens a record for a person, with {id} in it."),
    ),
    open=open_model,
    hosts=_hosts,
    sandbox="connectors.fluxx.sandbox:serve",
    questions=QUESTIONS,
    facts=Facts(
        direction="both",
        feed=("timestamp", "full_scan"),
        deletes=("none",),
        guard=("none",),
        key=("integer", "none"),
        batch=(20,),
        limits="1,500 lists, 180 reads and 60 writes a minute",
        verified="the conformance kit with its stand-in, which fluxx_wrapper drives too",
    ),
)
