"""A foundation whose requests live in Dataverse, beside one with an Airtable base, for the tests of the connector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.airtable.sandbox import AirtableSandbox
from connectors.airtable.sandbox import serve as serve_airtable
from connectors.clock import ManualTime
from connectors.dataverse.sandbox import CLIENT_ID, CLIENT_SECRET, TENANT, DataverseSandbox
from connectors.sandbox import Seen
from hub.app import Hub, open_hub
from hub.config_files import load
from hub.demo import seeds
from hub.demo.samples import Sample
from hub.sync.run import RunResult, sync_all

REQUEST, AWARD = "msnfp_request", "msnfp_award"
TABLE = "Opportunities"
OFFICER = "lena@juniper.example"
CANARY = "CANARY-for-nobody-else"
INTERNAL: Mapping[str, Any] = {
    "msnfp_conflictofinterestdetail": CANARY,
    "msnfp_purpose": CANARY,
    "msnfp_requirements": CANARY,
    "msnfp_amountrecommended": 7654321,
    "msnfp_amountprojected": 7654321,
}
"""Columns that no mapping names, and what stands in them."""

CONFIG = """
[hub]
database = "sqlite:///hub.db"
[members.juniper]
name = "Juniper Foundation"
lawful_basis = "agreement with every nonprofit that it shares"
[members.saffron]
name = "Saffron Tide Fund"
lawful_basis = "agreement with every nonprofit that it shares"
[connections.dataverse]
member = "juniper"
system = "dataverse"
mapping = "dataverse"
shares = true
import = "all"
importer = "{officer}"
edits = "accept"
first_sync = "go"
allow_http = true
[connections.dataverse.options]
url = "{dataverse}"
authority = "{dataverse}"
tenant = "{tenant}"
client_id = "{client}"
client_secret = "file:secret"
"""
AIRTABLE = """
[connections.airtable]
member = "saffron"
system = "airtable"
mapping = "airtable"
shares = true
import = "all"
edits = "accept"
first_sync = "go"
allow_http = true
[connections.airtable.options]
url = "{airtable}"
base = "appSaffronTide001"
token = "file:token"
"""


class Two:
    """Both systems and a hub between them that syncs when a test says so."""

    def __init__(self, folder: Path, dataverse: DataverseSandbox, airtable: AirtableSandbox | None) -> None:
        self.folder, self.dataverse = folder, dataverse
        self._airtable = airtable
        self.config = folder / "config.toml"
        for name, secret in (("secret", CLIENT_SECRET), ("token", seeds.SECRET)):
            (folder / name).write_text(secret)
            (folder / name).chmod(0o600)
        text = CONFIG.format(officer=OFFICER, dataverse=dataverse.url, tenant=TENANT, client=CLIENT_ID)
        self.config.write_text(text + (AIRTABLE.format(airtable=airtable.api) if airtable else ""))
        self.time = ManualTime(datetime.now(UTC))
        self.hub: Hub = open_hub(load(self.config), time=self.time)

    @property
    def airtable(self) -> AirtableSandbox:
        assert self._airtable is not None
        return self._airtable

    def sync(self) -> dict[str, RunResult]:
        results = {result.connection: result for result in sync_all(self.hub)}
        assert {result.state for result in results.values()} == {"done"}, results
        return results

    def settle(self) -> None:
        """Until nothing moves any more."""
        for _ in range(3):
            self.sync()

    def request(self, title: str) -> dict[str, Any]:
        return next(row for row in self.dataverse.rows(REQUEST) if row["msnfp_name"] == title)

    def record(self, title: str) -> dict[str, Any]:
        return next(row for row in self.airtable.rows(TABLE) if row["fields"].get("Title") == title)

    def seen(self) -> list[Seen]:
        return [*self.dataverse.seen, *(self._airtable.seen if self._airtable else ())]

    def writes(self) -> int:
        """Changes of rows that the hub made, in both systems; reads in a batch are none."""
        there = sum(
            call.body.count(b"PATCH ") + call.body.count(b"POST ") for call in self.dataverse.calls("POST", "$batch")
        )
        if self._airtable is None:
            return there
        return there + sum(call.method != "GET" and "listRecords" not in call.path for call in self._airtable.seen)


def project(title: str, **more: Any) -> dict[str, Any]:
    """A request that is ready to be shared, with something in every internal column."""
    return {
        "msnfp_name": title,
        "commons_summary": "What it does, in a sentence.",
        "commons_ask": 25000,
        "commons_currency": "EUR",
        "commons_themes": "Education; Health",
        "commons_start": "2026-09-01",
        "commons_share": True,
        "msnfp_stage": 844060005,
        **INTERNAL,
        **more,
    }


@contextmanager
def two(folder: Path, requests: list[dict[str, Any]], samples: list[Sample] | None = None) -> Iterator[Two]:
    """Without samples there is no Airtable."""
    seed = {
        "rows": {
            "systemuser": [{"fullname": "Lena Oduya", "internalemailaddress": OFFICER}],
            "account": [{"name": "Olive Branch Schools", "commons_ein": "12-3456789", "address1_country": "Kenya"}],
            REQUEST: requests,
        }
    }
    with DataverseSandbox() as dataverse:
        dataverse.seed(seed)
        airtable = (
            serve_airtable(seeds.airtable("appSaffronTide001", samples), calls=None) if samples is not None else None
        )
        try:
            made = Two(folder, dataverse, airtable)
            yield made
            made.hub.engine.dispose()
        finally:
            if airtable:
                airtable.stop()
