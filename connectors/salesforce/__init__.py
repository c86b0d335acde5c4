"""Salesforce: the Outbound Funds Module, Nonprofit Cloud or any other object of an org."""

from __future__ import annotations

from typing import get_args

from connectors.contract import Connector, Option, Settings, System, Wanted
from connectors.facts import Facts
from connectors.salesforce.connector import Salesforce
from connectors.salesforce.questions import QUESTIONS
from connectors.salesforce.session import SHARE, hosts
from connectors.salesforce.sign_in import AUDIENCE
from connectors.salesforce.writing import Guard
from connectors.transport import Transport


def _open(settings: Settings, wanted: Wanted, transport: Transport) -> Connector:
    return Salesforce(settings, wanted, transport)


connector = System(
    name="salesforce",
    title="Salesforce",
    summary="One object of a Salesforce org: Outbound Funds funding requests, or any other.",
    options=(
        Option("url", "The org's My Domain, like https://yourorg.my.salesforce.com", required=True),
        Option("client_id", "Consumer key of an external client app", required=True),
        Option("client_secret", "Consumer secret of that app, for the client credentials flow", secret=True),
        Option("username", "User to sign in as, for the JWT bearer flow"),
        Option(
            "private_key", "Private key (PEM) whose certificate the app holds, for the JWT bearer flow", secret=True
        ),
        Option("audience", "Who signs in JWT bearers; https://test.salesforce.com for a sandbox org", default=AUDIENCE),
        Option("api_version", "Version of the REST API", default="v62.0"),
        Option("daily_share", "Per cent of the org's daily API calls after which the hub stops calling", default=SHARE),
        Option("guard", "How edits are guarded against others made meanwhile", default="each", choices=get_args(Guard)),
        Option("record_type", "Developer name of the only record type that is listed, and that new records get"),
        Option("instance_host", "Host that the org answers from, where it is not the one of url"),
    ),
    open=_open,
    hosts=hosts,
    sandbox="connectors.salesforce.sandbox:serve",
    questions=QUESTIONS,
    facts=Facts(
        direction="both",
        feed=("timestamp",),
        deletes=("feed",),
        guard=("second", "none"),
        key=("text", "none"),
        batch=(200,),
        limits="the org's calls a day, of which the hub takes a share (daily_share)",
        verified="the conformance kit with its stand-in, which simple-salesforce drives too",
    ),
)
