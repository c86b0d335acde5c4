"""Sets the demo up: three stand-in systems on free ports, a spreadsheet, a configuration, and people."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from connectors.airtable.sandbox import AirtableSandbox
from connectors.airtable.sandbox import serve as serve_airtable
from connectors.salesforce.sandbox import SalesforceSandbox
from connectors.salesforce.sandbox import serve as serve_salesforce
from hub.demo import seeds
from hub.demo.samples import CORRIE, SAFFRON

PASSWORD = "one-two-three-demo"  # noqa: S105  of a demo that ends with its process
PEOPLE = (
    ("alder", "Ruth Ferris", seeds.OFFICER, ("staff", "officer", "admin")),
    ("saffron", "Samir Haddan", "samir@saffron.example", ("staff", "officer", "admin")),
    ("corrie", "Isla Kerr", "isla@corrie.example", ("staff", "officer", "admin")),
    ("alder", "Operator", "operator@hub.example", ("operator",)),
)

CONFIG = """\
[hub]
database = "{database}"

[web]
port = {port}
secret = "file:web-secret"

[members.alder]
name = "Alder Foundation"
lawful_basis = "agreement with every nonprofit that it shares"

[members.saffron]
name = "Saffron Tide Fund"
lawful_basis = "agreement with every nonprofit that it shares"

[members.corrie]
name = "Corrie Lane Trust"
lawful_basis = "agreement with every nonprofit that it shares"

[connections.alder-salesforce]
member = "alder"
system = "salesforce"
mapping = "salesforce-outbound-funds"
shares = true
import = "all"
importer = "{officer}"
first_sync = "go"
every = "3s"
allow_http = true

[connections.alder-salesforce.options]
url = "{salesforce}"
client_id = "commons-hub"
client_secret = "file:secret"

[connections.saffron-airtable]
member = "saffron"
system = "airtable"
mapping = "airtable"
shares = true
import = "all"
edits = "accept"
first_sync = "go"
every = "3s"
allow_http = true

[connections.saffron-airtable.options]
url = "{saffron}"
base = "appSaffronTide001"
token = "file:secret"

[connections.corrie-airtable]
member = "corrie"
system = "airtable"
mapping = "airtable"
shares = true
first_sync = "go"
every = "3s"
allow_http = true
import = [{{ themes = ["education", "climate", "water"] }}]

[connections.corrie-airtable.options]
url = "{corrie}"
base = "appCorrieLane0001"
token = "file:secret"

[connections.corrie-inbox]
member = "corrie"
system = "airtable"
mapping = "airtable-inbox"
inbox_for = "corrie-airtable"
first_sync = "go"
every = "3s"
allow_http = true

[connections.corrie-inbox.options]
url = "{corrie}"
base = "appCorrieLane0001"
token = "file:secret"

[connections.corrie-sheet]
member = "corrie"
system = "spreadsheet"
mapping = "spreadsheet-generic"
shares = true
first_sync = "{first_sync}"
every = "5s"

[connections.corrie-sheet.options]
path = "sheets"
id = "No."
writable = true
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Stage:
    """Everything the demo starts, in a folder that goes with it."""

    salesforce: SalesforceSandbox
    saffron: AirtableSandbox
    corrie: AirtableSandbox

    def __init__(self, port: int = 0, database: str = "sqlite:///hub.db", first_sync: str = "go") -> None:
        """``first_sync`` of Corrie Lane's sheet: "preview" where somebody is there to look at it."""
        self.first_sync = first_sync
        self.port = port or _free_port()
        self.database = database
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="commons-hub-demo-"))
        self._stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.salesforce = serve_salesforce(seeds.salesforce())
        self.saffron = serve_airtable(seeds.airtable("appSaffronTide001", SAFFRON))
        self.corrie = serve_airtable(seeds.airtable("appCorrieLane0001", CORRIE))
        for sandbox in (self.salesforce, self.saffron, self.corrie):
            self._stack.callback(sandbox.stop)
        (self.folder / "sheets").mkdir()
        self.sheet = self.folder / "sheets" / "projects.csv"
        seeds.sheet(self.sheet)
        (self.folder / "secret").write_text(seeds.SECRET)
        (self.folder / "web-secret").write_text(secrets.token_hex(32))
        for name in ("secret", "web-secret"):
            os.chmod(self.folder / name, 0o600)
        self.config = self.folder / "config.toml"
        self.config.write_text(
            CONFIG.format(
                port=self.port,
                database=self.database,
                officer=seeds.OFFICER,
                first_sync=self.first_sync,
                salesforce=self.salesforce.url,
                saffron=self.saffron.api,
                corrie=self.corrie.api,
            )
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
