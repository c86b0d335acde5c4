"""A Salesforce org whose inbox is a custom object: rows come, are taken up, refused, and leave when nobody looks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.clock import ManualTime
from connectors.salesforce.sandbox import CLIENT_ID, CLIENT_SECRET, SalesforceSandbox
from hub.app import Hub, open_hub
from hub.commons import searches
from hub.commons.criteria import Criteria
from hub.config_files import load
from hub.demo.seeds import REQUEST
from hub.people.accounts import add_user
from hub.sync.clearing import KEPT
from hub.sync.run import sync_all

INBOX = "Commons_Candidate__c"
OFFICER = "officer@alder.example"
CONFIG = """
[hub]
database = "sqlite:///hub.db"
[members.birch]
name = "Birch Fund"
lawful_basis = "agreement"
[members.alder]
name = "Alder Foundation"
[connections.birch]
member = "birch"
system = "salesforce"
mapping = "salesforce-outbound-funds"
shares = true
first_sync = "go"
allow_http = true
options = {{ url = "{birch}", client_id = "{id}", client_secret = "file:secret" }}
[connections.alder]
member = "alder"
system = "salesforce"
mapping = "salesforce-outbound-funds"
importer = "officer@alder.example"
first_sync = "go"
allow_http = true
options = {{ url = "{alder}", client_id = "{id}", client_secret = "file:secret" }}
[connections.alder-inbox]
member = "alder"
system = "salesforce"
mapping = "salesforce-inbox"
inbox_for = "alder"
first_sync = "go"
allow_http = true
options = {{ url = "{alder}", client_id = "{id}", client_secret = "file:secret" }}
"""


class Orgs:
    """Birch's org, which shares, and Alder's with an inbox; the hub in this process, by a clock of the test's."""

    def __init__(self, hub: Hub, time: ManualTime, birch: SalesforceSandbox, alder: SalesforceSandbox) -> None:
        self.hub, self.time, self.birch, self.alder = hub, time, birch, alder

    def sync(self) -> None:
        for _ in range(2):
            self.time.sleep(60)
            results = sync_all(self.hub)
            assert {result.state for result in results} == {"done"}, [result.message for result in results]

    def share(self, title: str, themes: str = "Health") -> str:
        fields = {
            "Name": title, "Commons_Share__c": True, "Commons_Summary__c": "What it does.", "Commons_Ask__c": 9000,
            "Commons_Themes__c": themes, "CurrencyIsoCode": "USD",
            "outfunds__Applying_Organization__c": self.account,
        }  # fmt: skip
        return self.birch.write(REQUEST, None, fields)

    @property
    def account(self) -> str:
        return str(self.birch.rows("Account")[0]["Id"])

    def inbox(self) -> dict[str, dict[str, Any]]:
        return {row["Name"]: row for row in self.alder.rows(INBOX)}

    def tick(self, title: str, column: str) -> None:
        self.alder.write(INBOX, self.inbox()[title]["Id"], {column: True})
        self.sync()


@pytest.fixture
def orgs(tmp_path: Path) -> Iterator[Orgs]:
    time = ManualTime()
    with SalesforceSandbox(time=time) as birch, SalesforceSandbox(time=time) as alder:
        birch.seed(
            {
                "users": [{"Email": "o@birch.example", "Name": "O"}],
                "accounts": [{"Name": "Lake Clinics", "EIN__c": "1"}],
            }
        )
        alder.seed({"users": [{"Email": OFFICER, "Name": "An Officer"}]})
        (tmp_path / "secret").write_text(CLIENT_SECRET)
        (tmp_path / "secret").chmod(0o600)
        (tmp_path / "config.toml").write_text(CONFIG.format(birch=birch.url, alder=alder.url, id=CLIENT_ID))
        hub = open_hub(load(tmp_path / "config.toml"), time=time)
        officer = add_user(hub, "alder", OFFICER, "An Officer", ["officer"], "a long enough one")
        searches.save(hub, "alder", "Ours", Criteria(themes=("health",)), "alder-inbox", officer.id)
        yield Orgs(hub, time, birch, alder)
        hub.engine.dispose()


def test_a_custom_object_fills_is_answered_and_empties(orgs: Orgs) -> None:
    orgs.share("Clinic")
    orgs.share("Ward")
    orgs.share("Ambulance")
    orgs.share("School", "Education")
    orgs.sync()
    assert sorted(orgs.inbox()) == ["Ambulance", "Clinic", "Ward"] and orgs.alder.rows(REQUEST) == []
    row = orgs.inbox()["Clinic"]
    assert (row["Organisation__c"], row["Ask__c"], row["Shared_By__c"]) == ("Lake Clinics", 9000, "Birch Fund")
    assert (row["Why__c"], row["State__c"], row["Gap__c"]) == ("“Ours”: Health", "New", "USD 9,000")

    orgs.tick("Clinic", "Take_Up__c")
    (taken,) = orgs.alder.rows(REQUEST)
    officer = next(user["Id"] for user in orgs.alder.rows("User") if user["Email"] == OFFICER)
    assert taken["Name"] == "Clinic" and taken["OwnerId"] == officer
    assert orgs.inbox()["Clinic"]["State__c"].startswith("Taken up")

    orgs.tick("Ward", "Not_For_Us__c")
    assert sorted(orgs.inbox()) == ["Ambulance", "Clinic"]
    shared = next(row for row in orgs.birch.rows(REQUEST) if row["Name"] == "Ward")
    orgs.birch.write(REQUEST, shared["Id"], {"Commons_Summary__c": "What it does by now."})
    orgs.sync()
    assert "Ward" not in orgs.inbox(), "for good"

    orgs.time.sleep(KEPT.total_seconds())
    orgs.sync()
    assert orgs.inbox() == {}, "nobody said anything to the third, and the first is in its place"
    assert [row["Name"] for row in orgs.alder.rows(REQUEST)] == ["Clinic"]
    assert all(row["Commons_Share__c"] for row in orgs.birch.rows(REQUEST))
