"""A Fluxx site set up as the connector's README says, for the tests of connector, stand-in and hub."""

from __future__ import annotations

from typing import Any

from connectors.clock import Time
from connectors.contract import Secret, Settings, Wanted
from connectors.fluxx import connector as system
from connectors.fluxx.connector import FluxxModel
from connectors.fluxx.sandbox import FluxxSandbox
from connectors.transport import Transport

CLIENT, SECRET, THEME = "commons-hub", "not-a-real-secret", 7
REQUEST = "grant_request"
FIELDS: list[dict[str, Any]] = [
    {"name": "project_title"},
    *({"name": f"commons_{name}", "attribute_type": "text"} for name in ("need", "activities", "impact", "places")),
    *(
        {"name": f"commons_{name}"}
        for name in ("themes", "currency", "start", "end", "gap", "funders", "shared_by", "page")
    ),
    *({"name": f"commons_{name}", "attribute_type": "decimal"} for name in ("ask", "total_cost")),
    *({"name": f"commons_{name}", "attribute_type": "boolean"} for name in ("share", "show_commitment")),
    {
        "name": "commons_status",
        "attribute_type": "select",
        "choices": ["Draft", "Open", "Partly funded", "Fully funded", "Closed", "Withdrawn"],
    },
]
THEMES = [{"id": THEME, "name": "Project grants", "model_type": "GrantRequest"}]
ORGANISATIONS = [
    {"name": "Upper Valley Trust", "tax_id": "910000001", "url": "https://upper-valley.example"},
    {"name": "Olive Branch Schools", "tax_id": "910000002"},
]
OFFICER = {"first_name": "Noor", "last_name": "Haddad", "email": "noor.haddad@meadow.example"}
WANTED = Wanted(
    REQUEST,
    ("project_title", "project_summary", "commons_ask", "commons_share", "commons_status", "state"),
    "migrate_id",
)


def seed(**more: Any) -> dict[str, Any]:
    records = {"model_theme": THEMES, "organization": ORGANISATIONS, "user": [OFFICER]} | more.pop("records", {})
    return {"client_id": CLIENT, "client_secret": SECRET, "fields": FIELDS, "records": records} | more


def opened(
    sandbox: FluxxSandbox, wanted: Wanted = WANTED, secret: str = SECRET, time: Time | None = None, **options: Any
) -> FluxxModel:
    """A connection to this site, on its clock unless it is given another."""
    given = {"url": sandbox.url, "client_id": CLIENT, "client_secret": Secret(secret), "model_theme": THEME}
    settings = Settings("meadow", given | options)
    transport = Transport(hosts=system.hosts(settings), time=time or sandbox.time, jitter=lambda: 0.0, allow_http=True)
    found = system.open(settings, wanted, transport)
    assert isinstance(found, FluxxModel)
    return found
