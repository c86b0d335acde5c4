"""A nonprofit with NPSP and two foundations with Nonprofit Cloud: three Salesforce orgs, one hub in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.clock import ManualTime
from connectors.salesforce.sandbox import CLIENT_ID, CLIENT_SECRET, SalesforceSandbox
from hub.app import Hub, open_hub
from hub.config_files import load
from hub.sync.run import RunResult, sync_all

APPLICATION, AWARD, CALL, GRANT = "IndividualApplication", "FundingAward", "FundingOpportunity", "Opportunity"

HEAD = """
[hub]
database = "sqlite:///hub.db"
[members.orchard]
name = "Orchard School"
lawful_basis = "its own project"
[members.alder]
name = "Alder Foundation"
lawful_basis = "agreement"
[members.birch]
name = "Birch Fund"
lawful_basis = "agreement"
"""
CONNECTION = """
[connections.{name}]
member = "{member}"
system = "salesforce"
mapping = "{mapping}"
shares = true
import = [{{ kind = "{kind}" }}]
first_sync = "go"
allow_http = true
importer = "officer@{member}.example"
[connections.{name}.options]
url = "{url}"
client_id = "{client}"
client_secret = "file:secret"
{more}
"""
CONNECTIONS = (
    ("orchard", "orchard", "salesforce-npsp", "project", 'record_type = "Grant"'),
    ("alder", "alder", "salesforce-nonprofit-cloud", "project", ""),
    ("alder-calls", "alder", "salesforce-nonprofit-cloud-calls", "call", ""),
    ("birch-calls", "birch", "salesforce-nonprofit-cloud-calls", "call", 'guard = "none"'),
)


@dataclass
class Cloud:
    """``orgs`` by member. ``sync()`` pulls all connections, then pushes all."""

    hub: Hub
    time: ManualTime
    folder: Path
    orgs: dict[str, SalesforceSandbox] = field(default_factory=dict)

    def sync(self) -> dict[str, RunResult]:
        self.time.sleep(60)
        return {result.connection: result for result in sync_all(self.hub)}

    def rows(self, member: str, object: str) -> list[dict[str, Any]]:
        return self.orgs[member].rows(object)

    def writes(self) -> int:
        seen = [call for org in self.orgs.values() for call in org.seen]
        return len([call for call in seen if call.method != "GET" and not call.path.endswith("/token")])

    def said(self) -> str:
        """All that went over the wires, and all that the hub keeps."""
        seen = [f"{call.path}?{call.query} {call.body!r}" for org in self.orgs.values() for call in org.seen]
        return "\n".join([*seen, *(path.read_bytes().decode("latin-1") for path in self.folder.glob("hub.db*"))])


@contextmanager
def cloud(folder: Path) -> Iterator[Cloud]:
    time = ManualTime()
    with ExitStack() as stack:
        orgs = {
            name: stack.enter_context(SalesforceSandbox(time=time, client_id=f"{CLIENT_ID}-{name}"))
            for name in ("orchard", "alder", "birch")
        }
        for name, org in orgs.items():
            org.seed({"users": [{"Email": f"officer@{name}.example", "Name": "An Officer"}]})
        (folder / "secret").write_text(CLIENT_SECRET)
        (folder / "secret").chmod(0o600)
        text = HEAD + "".join(
            CONNECTION.format(
                name=name,
                member=member,
                mapping=mapping,
                kind=kind,
                url=orgs[member].url,
                client=f"{CLIENT_ID}-{member}",
                more=more,
            )
            for name, member, mapping, kind, more in CONNECTIONS
        )
        (folder / "config.toml").write_text(text)
        hub = open_hub(load(folder / "config.toml"), time=time)
        stack.callback(hub.engine.dispose)
        yield Cloud(hub, time, folder, orgs)
