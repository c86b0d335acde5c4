"""Published grants data, from the spreadsheet its funder publishes into the commons and on into another system."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from connectors.airtable.sandbox import AirtableSandbox
from connectors.airtable.sandbox import serve as serve_airtable
from hub.app import Hub, open_hub
from hub.config_files import load
from hub.demo import seeds
from hub.store.lists import opportunity, quarantine
from hub.sync.run import sync_all
from mappings import language
from schemas.values import same

PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "open" / "360giving-abct"
pytestmark = pytest.mark.skipif(
    not PUBLISHED.is_dir(), reason="The published 360Giving data is not beside the checkout."
)
ROWS = 783

CONFIG = """
[hub]
database = "sqlite:///hub.db"
[members.publisher]
name = "The publisher"
lawful_basis = "published open data"
[members.reader]
name = "The reader"
[connections.published]
member = "publisher"
system = "spreadsheet"
mapping = "spreadsheet-360giving"
shares = true
first_sync = "go"
[connections.published.options]
path = "published"
id = "Identifier"
[connections.airtable]
member = "reader"
system = "airtable"
mapping = "airtable"
import = "all"
first_sync = "go"
allow_http = true
[connections.airtable.options]
url = "{url}"
base = "appReaderBase0001"
token = "file:secret"
"""

# Column titles of the standard for the names that its JSON uses (360Giving Data Standard 1.1).
TITLES = {
    "id": "Identifier", "title": "Title", "description": "Description", "awardDate": "Award Date",
    "amountAwarded": "Amount Awarded", "currency": "Currency", "fromOpenCall": "From an open call?",
    "dataSource": "Data Source", "grantProgramme.code": "Grant Programme:Code",
    "grantProgramme.title": "Grant Programme:Title", "recipientOrganization.name": "Recipient Org:Name",
    "recipientOrganization.id": "Recipient Org:Identifier", "recipientOrganization.postalCode": "Recipient Org:Postal Code",
    "recipientOrganization.url": "Recipient Org:Web Address",
    "recipientOrganization.charityNumber": "Recipient Org:Charity Number",
    "beneficiaryLocation.name": "Beneficiary Location:Name", "fundingOrganization.name": "Funding Org:Name",
    "fundingOrganization.id": "Funding Org:Identifier",
}  # fmt: skip


@pytest.fixture
def airtable() -> Iterator[AirtableSandbox]:
    sandbox = serve_airtable(seeds.airtable("appReaderBase0001", []), calls=None)
    yield sandbox
    sandbox.stop()


@pytest.fixture
def hub(tmp_path: Path, airtable: AirtableSandbox) -> Iterator[Hub]:
    (tmp_path / "published").mkdir()
    (published,) = PUBLISHED.glob("*.xlsx")
    shutil.copy(published, tmp_path / "published")
    (tmp_path / "secret").write_text(seeds.SECRET)
    (tmp_path / "secret").chmod(0o600)
    (tmp_path / "config.toml").write_text(CONFIG.format(url=airtable.api))
    hub = open_hub(load(tmp_path / "config.toml"))
    yield hub
    hub.engine.dispose()


def flat(grant: dict[str, Any]) -> dict[str, Any]:
    """A grant of the official JSON under the sheet's column titles."""
    cells = {}
    for name, value in grant.items():
        parts = {f"{name}.{inner}": v for inner, v in value[0].items()} if isinstance(value, list) else {name: value}
        cells |= {TITLES[path]: v for path, v in parts.items() if path in TITLES}
    return cells


def test_every_published_row_reaches_the_commons_and_another_system_and_then_all_is_quiet(
    hub: Hub, airtable: AirtableSandbox
) -> None:
    first = {result.connection: result for result in sync_all(hub)}
    assert first["published"].counts["created"] == ROWS and first["airtable"].counts["pushed_new"] == ROWS
    with hub.reading() as conn:
        assert conn.execute(select(quarantine)).all() == []
        titles = {row.id: row.title for row in conn.execute(select(opportunity))}
    copies = {row["fields"]["Commons ID"]: row["fields"]["Title"] for row in airtable.rows("Opportunities")}
    assert copies == titles and len(titles) == ROWS

    before = len(airtable.seen)
    again = {result.connection: result for result in sync_all(hub)}
    assert [r.state for r in again.values()] == ["done", "done"]
    moved = {"created", "changed", "pushed", "pushed_new", "conflicts"}
    assert all(not moved & {k for k, v in r.counts.items() if v} for r in again.values())
    assert {call.method for call in list(airtable.seen)[before:]} == {"GET"}


def test_the_official_json_says_the_same_field_for_field(hub: Hub) -> None:
    (official,) = PUBLISHED.glob("*.json")
    grants = json.loads(official.read_text(), parse_float=Decimal)["grants"]
    mapping = language.load("spreadsheet-360giving")
    expected = {grant["id"]: mapping.read(mapping.reduce(flat(grant))) for grant in grants}
    connector = hub.connect("published")
    read = {r.id: mapping.read(mapping.reduce(r.fields)) for page in connector.changes(None) for r in page.records}
    assert read.keys() == expected.keys() and len(read) == ROWS
    different = [
        (id, path, reading.values.get(path), expected[id].values.get(path))
        for id, reading in read.items()
        for path in reading.values.keys() | expected[id].values.keys()
        if not same(path, reading.values.get(path), expected[id].values.get(path))
    ]
    assert different == []
    assert all(not r.problems for r in (*read.values(), *expected.values()))
