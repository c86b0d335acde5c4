"""Microsoft Dataverse (Dynamics 365): one table of an environment, like ``msnfp_request`` with its award."""

from __future__ import annotations

from connectors.contract import Connector, Option, Settings, System, Wanted
from connectors.dataverse.connector import Dataverse
from connectors.dataverse.questions import QUESTIONS
from connectors.dataverse.session import hosts
from connectors.facts import Facts
from connectors.transport import Transport


def _open(settings: Settings, wanted: Wanted, transport: Transport) -> Connector:
    return Dataverse(settings, wanted, transport)


connector = System(
    name="dataverse",
    title="Microsoft Dataverse",
    summary="One table of a Dataverse (Dynamics 365) environment: grant requests with their awards, or any other.",
    options=(
        Option("url", "The environment's address, like https://yourorg.crm.dynamics.com", required=True),
        Option("tenant", "Directory (tenant) id of your organisation in Microsoft Entra", required=True),
        Option("client_id", "Application (client) id of the app registration", required=True),
        Option("client_secret", "Client secret of that app registration", required=True, secret=True),
        Option("api_version", "Version of the Web API", default="v9.2"),
        Option("authority", "Where to sign in; sovereign clouds differ", default="https://login.microsoftonline.com"),
        Option("feeds_together", "Ask for the changes of several tables in one $batch", default=True),
        Option("app_id", "Id of the model-driven app in which links for people open"),
    ),
    open=_open,
    hosts=hosts,
    sandbox="connectors.dataverse.sandbox:serve",
    questions=QUESTIONS,
    facts=Facts(
        direction="both",
        feed=("token",),
        deletes=("feed",),
        guard=("strong",),
        key=("text", "none"),
        batch=(50,),
        limits="6,000 calls in 5 minutes for a user",
        verified="the conformance kit with its stand-in, which Microsoft's own client for Python can drive too",
    ),
)
