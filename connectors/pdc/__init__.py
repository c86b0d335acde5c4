"""Philanthropy Data Commons: the proposals to one opportunity, over its API."""

from __future__ import annotations

from connectors.addresses import host_of
from connectors.contract import Option, Settings, System
from connectors.facts import Facts
from connectors.pdc.connector import open_proposals

__all__ = ["connector"]


def _hosts(settings: Settings) -> tuple[str, ...]:
    given = (str(settings.get("url") or ""), str(settings.get("token_url") or ""))
    return tuple(dict.fromkeys(host for url in given if (host := host_of(url))))


connector = System(
    name="pdc",
    title="Philanthropy Data Commons",
    summary="The proposals to one opportunity of a Philanthropy Data Commons, read and written as versions.",
    options=(
        Option("url", "Address of the service, like https://api.philanthropydatacommons.org", required=True),
        Option(
            "token_url",
            "Where its machine clients sign in, like https://…/realms/pdc/protocol/openid-connect/token",
            required=True,
        ),
        Option("client_id", "Name of the machine client", required=True),
        Option("client_secret", "Secret of the machine client", required=True, secret=True),
        Option("opportunity", "Number of the opportunity whose proposals these are", required=True),
        Option("form", "Number of the application form that is filled in; the newest of the opportunity by default"),
        Option("source", "Number of the source in whose name values are written; without one, nothing is written"),
        Option("funder", "Short code of a funder, to list only its proposals"),
        Option(
            "versions_of",
            "Whose proposals may be given a new version: own (those that this client made) or all",
            default="own",
            choices=("own", "all"),
        ),
    ),
    open=open_proposals,
    hosts=_hosts,
    sandbox="connectors.pdc.sandbox:serve",
    facts=Facts(
        direction="both",
        feed=("full_scan",),
        deletes=("none",),
        guard=("none",),
        key=("text", "none"),
        batch=(1,),
        limits="4 calls a second (none is documented)",
        verified="the conformance kit with its stand-in",
    ),
)
