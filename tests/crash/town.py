"""Two foundations and their systems as the sweep needs them: few records, every state can be put back.

Alder keeps its requests in Salesforce (a feed with tombstones, a guard, upsert); Saffron Tide in Airtable (a full
scan, no guard). Both share and both import all of the other. People are known by the nonprofit that a record
is about: its name never changes, while keys differ from run to run.
"""

from __future__ import annotations

import copy
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.airtable.sandbox import AirtableSandbox
from connectors.clock import ManualTime
from connectors.salesforce.sandbox import SalesforceSandbox
from connectors.salesforce.sandbox import build as build_salesforce
from connectors.sandbox import Fault, Sandbox
from hub.demo.samples import Sample
from hub.demo.seeds import OFFICER, SECRET, airtable
from tests.crash.stores import pretend
from tests.crash.worker import Workers

REQUEST = "outfunds__Funding_Request__c"
TABLE = "Opportunities"
SALESFORCE, AIRTABLE = "alder-salesforce", "saffron-airtable"

WELLS, SCHOOL, RADIO, CLINIC = "Upper Valley Circle", "Lantern Learning", "Open Dial Radio", "Quiet Room Health"
PRIVATE = "Old Mill Trustees"

CONFIG = """\
[hub]
database = "{database}"

[members.alder]
name = "Alder Foundation"
lawful_basis = "agreement with every nonprofit that it shares"

[members.saffron]
name = "Saffron Tide Fund"
lawful_basis = "agreement with every nonprofit that it shares"

[connections.alder-salesforce]
member = "alder"
system = "salesforce"
mapping = "salesforce-outbound-funds"
shares = true
import = "all"
edits = "accept"
importer = "{officer}"
first_sync = "go"
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
first_sync = "preview"
allow_http = true

[connections.saffron-airtable.options]
url = "{airtable}"
base = "appSaffronTide001"
token = "file:secret"
"""

Row = dict[str, Any]
Tables = dict[str, dict[str, list[Row]]]
"""System to nonprofit to the records about it: more than one is a double."""

FACTS = {
    SALESFORCE: ("Name", "Commons_Summary__c", "Commons_Ask__c", "CurrencyIsoCode"),
    AIRTABLE: ("Title", "Summary", "Amount requested", "Currency"),
}
"""What people edit in the script, in both systems' words. One write of the hub brings all of it."""

READS_BY_POST = ("/token", "/listRecords")
STAMPS = {"Id", "CreatedDate", "LastModifiedDate", "SystemModstamp", "IsDeleted"}
OURS = {"Commons_Id__c", "Commons_Page__c", "Commons ID", "Commons link"}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything as it stood: the hub's database, both systems, the time since the start in seconds."""

    store: Any
    systems: tuple[Any, Any]
    seconds: float


class Town:
    """Both systems on sockets of this process; the hub's workers are processes beside it."""

    salesforce: SalesforceSandbox
    airtable: AirtableSandbox

    def __init__(self, folder: Path, workers: Workers, store: Any) -> None:
        self.folder, self.workers, self.store = folder, workers, store
        self.clock = ManualTime()
        self.attempts = 0
        self.scopes: dict[str, str] = {}
        self.wrote: list[tuple[int, str]] = []
        self.on_write: Callable[[], None] = lambda: None

    def __enter__(self) -> Town:
        self.salesforce = build_salesforce(_salesforce(), self.clock)
        self.airtable = AirtableSandbox(_airtable(), self.clock, None)
        self.salesforce.api.most_a_page = 2  # several pages, with a cursor on the last one only
        for sandbox in self.systems:
            self._watch(sandbox)
            sandbox.start()
        (self.folder / "secret").write_text(SECRET)
        os.chmod(self.folder / "secret", 0o600)
        self.config = self.folder / "config.toml"
        urls = {"salesforce": self.salesforce.url, "airtable": self.airtable.api}
        self.config.write_text(CONFIG.format(database=self.store.url, officer=OFFICER, **urls))
        return self

    def __exit__(self, *error: object) -> None:
        for sandbox in self.systems:
            sandbox.stop()

    @property
    def systems(self) -> tuple[Sandbox, Sandbox]:
        return self.salesforce, self.airtable

    # --- everything can be put back

    def snapshot(self) -> Snapshot:
        kept = tuple(copy.deepcopy(_state(s)) for s in (self.salesforce.org, self.airtable.base))
        return Snapshot(self.store.keep(), kept, self.clock.monotonic())

    def restore(self, snapshot: Snapshot) -> None:
        for owner, state in zip((self.salesforce.org, self.airtable.base), snapshot.systems, strict=True):
            vars(owner).update(copy.deepcopy(state))
        self.behave()
        self.store.put_back(snapshot.store)
        pretend(self.store.url, self.scopes)
        self.clock._passed = snapshot.seconds
        self.attempts = 0

    # --- what people do

    def in_salesforce(self, nonprofit: str, columns: Mapping[str, Any]) -> None:
        """Someone at Alder edits a request. A quarter of an hour passes first: the feed's overlap is shorter."""
        self.clock.sleep(900)
        self.salesforce.write(REQUEST, self._request(nonprofit)["Id"], columns)

    def in_airtable(self, nonprofit: str, columns: Mapping[str, Any]) -> None:
        self.clock.sleep(900)
        self.airtable.write(TABLE, self._record(nonprofit)["id"], columns)

    def remove_in_salesforce(self, nonprofit: str) -> None:
        self.clock.sleep(900)
        self.salesforce.remove(REQUEST, self._request(nonprofit)["Id"])

    def remove_in_airtable(self, nonprofit: str) -> None:
        self.clock.sleep(900)
        self.airtable.remove(TABLE, self._record(nonprofit)["id"])

    def _request(self, nonprofit: str) -> Row:
        return next(row for name, row in self._requests() if name == nonprofit)

    def _record(self, nonprofit: str) -> Row:
        return next(row for row in self.airtable.rows(TABLE) if row["fields"].get("Organisation") == nonprofit)

    def _requests(self) -> Iterator[tuple[str, Row]]:
        """Requests with the nonprofit they are about. One whose account is not there yet is known by its key."""
        accounts = {row["Id"]: row["Name"] for row in self.salesforce.rows("Account")}
        keys = {f.get("Commons ID"): f.get("Organisation") for f in (r["fields"] for r in self.airtable.rows(TABLE))}
        for row in self.salesforce.rows(REQUEST):
            name = accounts.get(row["outfunds__Applying_Organization__c"]) or keys.get(row["Commons_Id__c"])
            yield str(name), row | {"outfunds__Applying_Organization__c": accounts.get(row["outfunds__Applying_Organization__c"])}  # fmt: skip

    # --- what the systems show

    def tables(self) -> Tables:
        """All records of both systems, without what differs from run to run: ids, stamps, keys."""
        here: Tables = {SALESFORCE: defaultdict(list), AIRTABLE: defaultdict(list)}
        for name, row in self._requests():
            here[SALESFORCE][name].append(
                {c: str(v) for c, v in row.items() if v is not None and c not in STAMPS | OURS}
            )
        for row in self.airtable.rows(TABLE):
            fields = {c: str(v) for c, v in row["fields"].items() if c not in OURS}
            here[AIRTABLE][str(row["fields"].get("Organisation"))].append(fields)
        return {system: dict(rows) for system, rows in here.items()}

    def keys(self) -> dict[str, dict[str, list[str]]]:
        """System to nonprofit to the keys that its records carry."""
        found: dict[str, dict[str, list[str]]] = {SALESFORCE: defaultdict(list), AIRTABLE: defaultdict(list)}
        for name, row in self._requests():
            found[SALESFORCE][name].append(row["Commons_Id__c"] or "")
        for row in self.airtable.rows(TABLE):
            found[AIRTABLE][str(row["fields"].get("Organisation"))].append(row["fields"].get("Commons ID", ""))
        return {system: dict(keys) for system, keys in found.items()}

    def accounts(self) -> list[str]:
        return sorted(row["Name"] for row in self.salesforce.rows("Account"))

    # --- what goes wrong

    def lose_answers(self, pattern: str) -> None:
        """``first``: the first write of each system is done and not answered; ``second``: every second one."""
        for sandbox, method, path in (
            (self.salesforce, "PATCH", ""),
            (self.salesforce, "POST", "/sobjects/"),
            (self.airtable, "PATCH", ""),
        ):
            # A fault counts the calls that no earlier one has caught, so the nth one skips n to hit every second.
            for skip in {"none": (), "first": (0,), "second": range(1, 25)}[pattern]:
                sandbox.misbehave(Fault("drop_after", method, path, skip=skip))

    def behave(self) -> None:
        for sandbox in self.systems:
            sandbox.behave()

    def _watch(self, sandbox: Sandbox) -> None:
        """Note every request that wrote, with how many steps its worker had behind it, and call ``on_write`` then."""
        locked = sandbox._locked

        def watched(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            answer = locked(environ, start_response)
            method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
            if method != "GET" and not path.endswith(READS_BY_POST):
                self.wrote.append((self.workers.finished(), f"{sandbox.name}: {method} {path}"))
                self.on_write()
            return answer

        sandbox._locked = watched  # type: ignore[method-assign]


def _state(owner: object) -> dict[str, Any]:
    """All that changes in a stand-in system, apart from its clock."""
    return {name: value for name, value in vars(owner).items() if name not in ("now", "_time", "objects")}


OWN = (
    Sample("Wells for the upper valley", "Forty hand pumps.", WELLS, "Kenya", "Makueni", ("Health",), 180000, "USD", False),
    Sample("Night school for traders", "Reading and sums.", SCHOOL, "Ghana", "Kumasi", ("Education",), 64000, "USD", False),
    Sample("Radio for three districts", "Local news.", RADIO, "Uganda", "Gulu", ("Independent media",), 74000, "USD", False),
    Sample("Board renewal", "Confidential.", PRIVATE, "United States", "", ("Civil society",), 15000, "USD", False),
)  # fmt: skip
THEIRS = (
    Sample("A clinic that travels", "Sessions for families.", CLINIC, "Lebanon", "Bekaa", ("Mental health",), 88000, "USD", False),
    Sample("Second look", "Not to be shared.", PRIVATE, "Morocco", "", ("Human rights",), 2000, "MAD", False),
)  # fmt: skip


def _salesforce() -> dict[str, Any]:
    request = {"outfunds__Status__c": "Submitted", "OwnerId": {"Email": OFFICER}}
    return {
        "client_id": "commons-hub",
        "client_secret": SECRET,
        "users": [{"Email": OFFICER, "Name": "Ruth Ferris"}],
        "accounts": [{"Name": s.organisation, "EIN__c": f"{910000000 + i}"} for i, s in enumerate(OWN)],
        "records": {
            REQUEST: [
                request
                | {
                    "Name": s.title,
                    "Commons_Summary__c": s.summary,
                    "Commons_Ask__c": s.amount,
                    "Commons_Themes__c": ";".join(s.themes),
                    "CurrencyIsoCode": s.currency,
                    "Commons_Places__c": ", ".join(p for p in (s.place, s.country) if p),
                    "outfunds__Applying_Organization__c": {"Name": s.organisation},
                }
                for s in OWN
            ]
        },
    }


def _airtable() -> dict[str, Any]:
    return airtable("appSaffronTide001", THEIRS)
