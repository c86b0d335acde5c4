"""A Salesforce connector that calls a stand-in org, for the tests beside this file."""

from __future__ import annotations

from typing import Any

from connectors.contract import Edit, Page, Record, Secret, Settings, Wanted
from connectors.salesforce import connector as system
from connectors.salesforce.connector import Salesforce
from connectors.salesforce.sandbox import CLIENT_ID, CLIENT_SECRET, SalesforceSandbox
from connectors.transport import Transport
from hub.app import wanted
from mappings.language import load

REQUEST = "outfunds__Funding_Request__c"


def opened(sandbox: SalesforceSandbox, what: Wanted | str, **options: Any) -> Salesforce:
    """``what``: the columns wanted, or the name of the mapping that wants them."""
    given = {"url": sandbox.url, "client_id": CLIENT_ID, "client_secret": Secret(CLIENT_SECRET), **options}
    settings = Settings("cedar", given)
    transport = Transport(hosts=system.hosts(settings), time=sandbox.time, jitter=lambda: 0.0)
    return Salesforce(settings, wanted(load(what)) if isinstance(what, str) else what, transport)


def pages(connector: Salesforce, since: str | None = None) -> list[Page]:
    return list(connector.changes(since))


def last(connector: Salesforce, since: str | None = None) -> str:
    """The cursor after a reading."""
    return pages(connector, since)[-1].cursor or ""


def only(connector: Salesforce, id: str) -> Record:
    found = connector.get([id])[id]
    assert isinstance(found, Record), found
    return found


def edit(connector: Salesforce, id: str, **fields: Any) -> Edit:
    return Edit(id, fields, only(connector, id))


def writes(sandbox: SalesforceSandbox) -> int:
    return len([call for call in sandbox.seen if call.method != "GET" and not call.path.endswith("/token")])
