"""Five foundations, each with a system of its own, and one hub: what one shares from Fluxx, four others take up.

Everything is configured as their administrators would, and goes over real sockets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Self

from connectors.airtable.sandbox import AirtableSandbox
from connectors.airtable.sandbox import serve as serve_airtable
from connectors.clock import ManualTime
from connectors.dataverse import sandbox as dataverse
from connectors.dataverse.sandbox import DataverseSandbox
from connectors.fluxx.sandbox import FluxxSandbox
from connectors.fluxx.sandbox import serve as serve_fluxx
from connectors.fluxx.sandbox_site import LAG
from connectors.salesforce.sandbox import SalesforceSandbox
from connectors.salesforce.sandbox import serve as serve_salesforce
from connectors.sandbox import Sandbox, Seen
from connectors.submittable.sandbox import SubmittableSandbox
from connectors.submittable.sandbox import serve as serve_submittable
from connectors.submittable.sandbox_rows import Tables
from connectors.transport import Transport
from hub.app import Hub, open_hub
from hub.config_files import load
from hub.demo import seeds
from hub.sync.run import RunResult, sync_all
from tests import submittable
from tests.connectors import fluxx_site
from tests.dataverse import AWARD
from tests.dataverse import REQUEST as DATAVERSE_REQUEST

TITLE = "Wells for the upper valley"
FUNDING_REQUEST = seeds.REQUEST
OPPORTUNITIES = "Opportunities"
BASE = "appSaffronTide001"
NAMES = {
    "fluxx": "Meadow Foundation", "salesforce": "Alder Foundation", "dataverse": "Juniper Foundation",
    "submittable": "Elm Fund", "airtable": "Saffron Tide Fund",
}  # fmt: skip
"""Each system's member; the member's id is the system's name."""
IMPORTERS = tuple(name for name in NAMES if name != "fluxx")
MAPPINGS = {"salesforce": "salesforce-outbound-funds"}

SHOWN: Mapping[str, Mapping[str, str]] = {
    "fluxx": {
        "title": "project_title", "summary": "project_summary", "ask": "commons_ask", "gap": "commons_gap",
        "funders": "commons_funders", "status": "commons_status", "show": "commons_show_commitment",
    },
    "salesforce": {
        "title": "Name", "summary": "Commons_Summary__c", "ask": "Commons_Ask__c", "gap": "Commons_Gap__c",
        "funders": "Commons_Funders__c", "status": "Commons_Status__c", "show": "Commons_Show_Our_Commitment__c",
    },
    "dataverse": {
        "title": "msnfp_name", "summary": "commons_summary", "ask": "commons_ask", "gap": "commons_gap",
        "funders": "commons_funders", "status": "commons_status", "show": "commons_showourcommitment",
    },
    "submittable": {
        "title": "Title", "summary": "Summary", "ask": "Amount requested", "gap": "Commons gap",
        "funders": "Commons funders", "status": "Commons status", "show": "Show our commitment",
    },
    "airtable": {
        "title": "Title", "summary": "Summary", "ask": "Amount requested", "gap": "Commons gap",
        "funders": "Commons funders", "status": "Commons status", "show": "Show our commitment",
    },
}  # fmt: skip
"""The column of each system for what the tests look at."""
TICKED: Mapping[str, Mapping[str, Any]] = {
    "salesforce": {"Commons_Share__c": True},
    "dataverse": {"commons_share": True, "commons_currency": "USD"},
    "submittable": {"Share with the commons": "Yes", "Organisation": "Reed Bank", "Currency": "USD"},
    "airtable": {"Share": True, "Organisation": "Lantern Street", "Currency": "USD"},
}


class Five:
    """``round`` is one sync of all; ``record`` what a system has of the one project; ``edit`` what its staff type.
    ``names`` are the systems that take part; ``more`` goes into the options of each connection."""

    def __init__(
        self,
        folder: Path,
        names: Iterable[str] = tuple(NAMES),
        edits: str = "keep",
        more: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder, self.names, self._edits, self._more = folder, tuple(names), edits, dict(more or {})
        self.time = ManualTime(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
        self.log: list[dict[str, Any]] = []
        self.systems: dict[str, Sandbox] = {}
        self._stack = ExitStack()

    fluxx: FluxxSandbox
    salesforce: SalesforceSandbox
    dataverse: DataverseSandbox
    submittable: SubmittableSandbox
    airtable: AirtableSandbox

    def __enter__(self) -> Self:
        for name in self.names:
            sandbox = _started(name, self.time)
            self._stack.callback(sandbox.stop)
            self.systems[name] = sandbox
            setattr(self, name, sandbox)
        self.config = self._configured()
        return self

    @cached_property
    def hub(self) -> Hub:
        return self.opened()

    def opened(self, time: ManualTime | None = None) -> Hub:
        """The hub of the configuration as it stands now."""
        hub = open_hub(load(self.config), time=time or self.time, transport=partial(Transport, log=self.log.append))
        self._stack.callback(hub.engine.dispose)
        return hub

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # --- the hub

    def round(self) -> dict[str, RunResult]:
        """One sync of all connections, when Fluxx's lists have caught up with what its staff did."""
        self.time.sleep(LAG)
        results = sync_all(self.hub, report=lambda *said, **more: self.log.append({"said": said, **more}))
        assert {(result.state, result.message) for result in results} == {("done", "")}, results
        return {result.connection: result for result in results}

    def settle(self, rounds: int = 3) -> None:
        for _ in range(rounds):
            self.round()

    def writes(self) -> dict[str, int]:
        """What the hub has asked each system to change so far."""
        return {name: sum(changed(name, call) for call in sandbox.seen) for name, sandbox in self.systems.items()}

    # --- the people

    def share(self, **cells: Any) -> str:
        """Meadow ticks a grant request of its own for sharing; its id."""
        usual = {
            "project_title": TITLE,
            "project_summary": "Clean water for four villages.",
            "program_organization_id": self.fluxx.rows("organization")[0]["id"],
            "commons_ask": 120_000,
            "commons_currency": "USD",
            "commons_themes": "Education; Health",
            "commons_share": True,
            "state": "pending_po_approval",
        }
        return self.fluxx.write(fluxx_site.REQUEST, None, usual | cells)

    def share_own(self, name: str, title: str) -> str:
        """A project of this member's own, in its system and ticked; its id."""
        if name == "fluxx":
            return self.share(project_title=title)
        columns = SHOWN[name]
        usual = {columns["title"]: title, columns["summary"]: "Reading after closing time.", columns["ask"]: 9_000}
        return self.write(name, None, usual | TICKED[name])

    def edit(self, name: str, **cells: Any) -> None:
        """``cells`` by the column names of that system, in its copy of the one project."""
        self.write(name, self.id(name), cells)

    def write(self, name: str, id: str | None, cells: Mapping[str, Any]) -> str:
        """What staff type into a record, or into a new one of their own; its id."""
        if name == "fluxx":
            return self.fluxx.write(fluxx_site.REQUEST, id, cells)
        if name == "salesforce":
            return self.salesforce.write(FUNDING_REQUEST, id, cells)
        if name == "dataverse":
            return self.dataverse.write(DATAVERSE_REQUEST, id, cells)
        if name == "submittable":
            held = self.submittable.organisation.submissions
            return self.submittable.write(held[id].project.name if id else submittable.OWN, id, cells)
        return self.airtable.write(OPPORTUNITIES, id, cells)

    def commit(self, name: str, amount: int) -> None:
        """This member's own people move the project on in their own pipeline: it is awarded so many dollars."""
        if name == "fluxx":  # by its workflow: people cannot type into these either
            row = self.fluxx.site.rows[fluxx_site.REQUEST][int(self.id(name))]
            row.cells |= {"state": "granted", "granted": True, "grant_amount_funded": amount}
            self.edit(name)
        elif name == "salesforce":
            self.edit(name, outfunds__Status__c="Awarded", outfunds__Awarded_Amount__c=amount)
        elif name == "dataverse":
            award = {"msnfp_name": "Grant", "msnfp_awardamount": amount}
            self.dataverse.write(AWARD, None, award | {"msnfp_requestid": (DATAVERSE_REQUEST, self.id(name))})
            self.edit(name, msnfp_stage=844060008)
        elif name == "submittable":
            self.edit(name, **{"submissionStatus": "accepted", "Our amount": amount})
        else:
            self.edit(name, **{"Stage": "Committed", "Amount awarded": amount})

    def disclose(self, name: str) -> None:
        self.edit(name, **{SHOWN[name]["show"]: "Yes" if name == "submittable" else True})

    # --- what stands where

    def records(self, name: str) -> list[dict[str, Any]]:
        """Each project in a system, all columns, by id."""
        if name == "fluxx":
            return self.fluxx.rows(fluxx_site.REQUEST)
        if name == "salesforce":
            return [row | {"id": row["Id"]} for row in self.salesforce.rows(FUNDING_REQUEST)]
        if name == "dataverse":
            return [row | {"id": row["msnfp_requestid"]} for row in self.dataverse.rows(DATAVERSE_REQUEST)]
        if name == "submittable":
            tables = Tables(self.submittable.organisation)
            return [{**cells, "id": id} for table in tables.tables() for id, cells in tables.rows(table)]
        return [row["fields"] | {"id": row["id"]} for row in self.airtable.rows(OPPORTUNITIES)]

    def record(self, name: str) -> dict[str, Any]:
        """A system's one copy of the project."""
        (found,) = [row for row in self.records(name) if "valley" in str(row.get(SHOWN[name]["title"]))]
        return found

    def id(self, name: str) -> str:
        return str(self.record(name)["id"])

    def shown(self, what: str, names: Iterable[str] = tuple(NAMES)) -> dict[str, Any]:
        """One thing as each system shows it, numbers as text."""
        return {name: _text(self.record(name).get(SHOWN[name][what])) for name in names}

    def _configured(self) -> Path:
        secrets = {
            "fluxx": fluxx_site.SECRET, "salesforce": seeds.SECRET, "dataverse": dataverse.CLIENT_SECRET,
            "submittable": submittable.KEY, "airtable": seeds.SECRET,
        }  # fmt: skip
        for name in self.names:
            secret = secrets[name]
            (self.folder / f"{name}.secret").write_text(secret)
            (self.folder / f"{name}.secret").chmod(0o600)
        lines = ["[hub]", 'database = "sqlite:///hub.db"']
        for name in self.names:
            lines += [
                f"[members.{name}]",
                f'name = "{NAMES[name]}"',
                'lawful_basis = "agreement"',
                *self._connection(name),
            ]
        path = self.folder / "config.toml"
        path.write_text("\n".join(lines))
        return path

    def _connection(self, name: str) -> list[str]:
        given: dict[str, Any] = {
            "member": name, "system": name, "mapping": MAPPINGS.get(name, name), "first_sync": "go", "allow_http": True,
            "shares": True, "import": "all", "edits": self._edits,
        }  # fmt: skip
        options: dict[str, Callable[[], dict[str, Any]]] = {
            "fluxx": lambda: {
                "url": self.fluxx.url, "client_id": fluxx_site.CLIENT, "model_theme": fluxx_site.THEME,
            },
            "salesforce": lambda: {"url": self.salesforce.url, "client_id": "commons-hub"},
            "dataverse": lambda: {
                "url": self.dataverse.url, "authority": self.dataverse.url, "tenant": dataverse.TENANT,
                "client_id": dataverse.CLIENT_ID,
            },
            "submittable": lambda: submittable.options(self.submittable, imports=True),
            "airtable": lambda: {"url": self.airtable.api, "base": BASE},
        }  # fmt: skip
        secret = {"submittable": "key", "airtable": "token"}.get(name, "client_secret")
        lines = [f"[connections.{name}]", *_settings(given), f"[connections.{name}.options]"]
        return [*lines, *_settings(options[name]() | self._more | {secret: f"file:{name}.secret"})]


def _started(name: str, time: ManualTime) -> Sandbox:
    start: dict[str, Callable[[], Sandbox]] = {
        "fluxx": lambda: serve_fluxx(fluxx_site.seed(), time=time),
        "salesforce": lambda: serve_salesforce(seeds.salesforce() | {"records": {}}, time=time),
        "dataverse": lambda: dataverse.serve(time=time),
        "submittable": lambda: serve_submittable(submittable.seed(), time=time),
        "airtable": lambda: serve_airtable(seeds.airtable(BASE, []), time=time, calls=None),
    }
    return start[name]()


def _settings(given: Mapping[str, Any]) -> list[str]:
    return [f"{name} = {json.dumps(value)}" for name, value in given.items()]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


_SIGN_IN = re.compile(r"/(oauth2?|oauth2/v2\.0)/token$")


def changed(name: str, call: Seen) -> int:
    """How many changes this call of the hub's asks for. Some systems take reads by POST, and Dataverse several requests
    in one."""
    if call.method == "GET" or _SIGN_IN.search(call.path):
        return 0
    if name == "dataverse" and call.path.endswith("$batch"):
        return len(re.findall(rb"(?m)^(?:POST|PATCH|PUT|DELETE) ", call.body))
    if name == "fluxx" and call.method == "POST":
        return 0 if call.path.endswith("/list") else 1
    return 0 if call.path.endswith(("/submissions/ids", "/listRecords")) else 1
