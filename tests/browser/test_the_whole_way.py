"""From one foundation's tick to everybody's grant: three foundations, three systems, a hub in processes of its own, and a
browser for the one click that is made on its pages, by the steward who accepts."""

from __future__ import annotations

import csv
import re
from collections import Counter
from html import unescape
from typing import Any

from playwright.sync_api import Page

from hub.app import open_hub
from hub.commons import searches
from hub.commons.criteria import Criteria
from hub.config_files import load
from hub.demo.samples import ALDER
from hub.demo.seeds import INBOX, OFFICER, REQUEST
from hub.store import people
from tests.browser.conftest import sign_in, visiting
from tests.town import TABLE, Town

WELLS = ALDER[0]
AMOUNT, STAGE = 31337, "Pledged"
CONFIG = """\
[hub]
database = "sqlite:///hub.db"
mappings = "mappings"
[web]
port = 8000
[members.alder]
name = "Alder Foundation"
lawful_basis = "agreement with every nonprofit that it shares"
[members.saffron]
name = "Saffron Tide Fund"
[members.corrie]
name = "Corrie Lane Trust"

[connections.alder-salesforce]
member = "alder"
system = "salesforce"
mapping = "salesforce-outbound-funds"
shares = true
first_sync = "go"
every = "1h"
allow_http = true
options = {{ url = "{salesforce}", client_id = "commons-hub", client_secret = "file:secret" }}

[connections.saffron-airtable]
member = "saffron"
system = "airtable"
mapping = "saffron"
edits = "suggest"
first_sync = "go"
every = "1h"
allow_http = true
options = {{ url = "{saffron}", base = "appSaffronTide001", token = "file:secret" }}

[connections.saffron-inbox]
member = "saffron"
system = "airtable"
mapping = "airtable-inbox"
inbox_for = "saffron-airtable"
first_sync = "go"
every = "1h"
allow_http = true
options = {{ url = "{saffron}", base = "appSaffronTide001", token = "file:secret" }}

[connections.corrie-sheet]
member = "corrie"
system = "spreadsheet"
mapping = "spreadsheet-generic"
first_sync = "go"
every = "1h"
import = [{{ themes = ["water"] }}]
options = {{ path = "sheets", id = "No.", writable = true }}
"""


def found_village(town: Town) -> None:
    """Nobody shares anything yet; Saffron's officer looks for projects on water."""
    text = CONFIG.format(salesforce=town.salesforce.url, saffron=town.saffron.api)
    town.config.write_text(text)
    own = town.config.parent / "mappings"
    own.mkdir()
    (own / "saffron.toml").write_text(
        'extends = "airtable"\nsuggest = { field = "Suggest our changes", equals = true, word = "Our word" }\n'
    )
    for row in town.salesforce.rows(REQUEST):
        town.salesforce.write(REQUEST, row["Id"], {"Commons_Share__c": False})
    town.invite()
    hub = open_hub(load(town.config))
    with hub.reading() as conn:
        officer = people.by_email(conn, "samir@saffron.example")
    assert officer is not None
    searches.save(hub, "saffron", "Water", Criteria(themes=("water",)), "saffron-inbox", officer.id)
    hub.engine.dispose()


def sheet(town: Town) -> dict[str, str]:
    """Corrie's row of it."""
    with town.sheet.open(encoding="utf-8-sig", newline="") as file:
        [row] = [row for row in csv.DictReader(file) if row["Commons ID"]]
    return row


def copy(town: Town) -> dict[str, Any]:
    [row] = [row for row in town.saffron.rows(TABLE) if row["fields"].get("Commons ID")]
    return row


def all_that_others_can_reach(town: Town, page: Page) -> str:
    """Whatever was sent to Alder's system and written into Corrie's sheet, and every page and table that people of the two
    can open."""
    said = [call.body.decode("utf-8", "replace") + call.query for call in town.salesforce.seen]
    said.append(town.sheet.read_text(encoding="utf-8-sig"))
    with visiting(town, page) as url:
        for who in (OFFICER, "isla@corrie.example"):
            page.context.clear_cookies()
            sign_in(page, url, who)
            seen: set[str] = set()
            variants: Counter[str] = Counter()
            waiting = ["/", "/opportunities.csv"]
            while waiting:
                path = waiting.pop()
                seen.add(path)
                text = page.request.get(url + path).text()
                said.append(text)
                for link in map(unescape, re.findall(r'href="(/[^"#]*)', text)):
                    known = link in seen or link in waiting or link.startswith("/static")
                    if not known and variants[link.partition("?")[0]] < 12:  # a list can be ordered in a hundred ways
                        variants[link.partition("?")[0]] += 1
                        waiting.append(link)
            assert len(seen) > 8
    return "\n".join(said)


def test_shared_found_taken_up_pledged_corrected_and_withdrawn(town: Town, page: Page) -> None:
    found_village(town)
    town.sync()
    assert town.saffron.rows(INBOX) == []

    # Alder shares by ticking one field of its own request.
    request = town.request(WELLS.title)["Id"]
    town.salesforce.write(REQUEST, request, {"Commons_Share__c": True})
    town.sync()
    [candidate] = town.saffron.rows(INBOX)
    shown = candidate["fields"]
    assert shown["Title"] == WELLS.title and shown["Shared by"] == "Alder Foundation"
    assert shown["Why it is here"] == "“Water”: Water and sanitation" and shown["Amount requested"] == 180000
    assert sheet(town)["Title"] == WELLS.title, "Corrie's rule imports what is about water"

    # Saffron ticks "Take up" in its own base, and has a grant record.
    town.saffron.write(INBOX, candidate["id"], {"Take up": True})
    town.sync()
    mine = copy(town)["id"]
    assert copy(town)["fields"]["Title"] == WELLS.title

    # Its own stage and amount are nobody's business ...
    town.saffron.write(TABLE, mine, {"Stage": STAGE, "Amount awarded": AMOUNT})
    town.sync()
    reached = all_that_others_can_reach(town, page)
    assert str(AMOUNT) not in reached and f"{AMOUNT:,}" not in reached
    assert town.salesforce.rows(REQUEST)[0]["Commons_Gap__c"] == "USD 180,000"

    # ... until it says so.
    town.saffron.write(TABLE, mine, {"Show our commitment": True})
    town.sync()
    gap = f"USD {180000 - AMOUNT:,}"
    assert town.request(WELLS.title)["Commons_Gap__c"] == gap and sheet(town)["Commons gap"] == gap
    reached = all_that_others_can_reach(town, page)
    assert "Saffron Tide Fund" in reached and f"{AMOUNT:,}" in reached

    # Saffron mends a typo for itself; nobody else's record moves.
    better = "Wells for the Upper Valley"
    town.saffron.write(TABLE, mine, {"Title": better})
    town.sync()
    town.sync()
    assert town.salesforce.rows(REQUEST)[0]["Name"] == WELLS.title and sheet(town)["Title"] == WELLS.title
    assert copy(town)["fields"]["Title"] == better

    # A tick in its own record sends that as a suggestion, and Alder accepts it.
    town.saffron.write(TABLE, mine, {"Suggest our changes": True, "Our word": "It is a name."})
    town.sync()
    assert town.salesforce.rows(REQUEST)[0]["Name"] == WELLS.title, "a suggestion is the steward's to decide"
    with visiting(town, page) as url:
        page.context.clear_cookies()
        sign_in(page, url, OFFICER)
        page.goto(url + "/queue?kind=suggestion")
        assert "It is a name." in page.inner_text("main") and better in page.inner_text("main")
        page.click("form.choose button >> nth=0")
    town.sync()
    assert town.request(better)["Id"] == request and sheet(town)["Title"] == better

    # Alder withdraws: everybody sees it, and nobody's grant is touched.
    town.salesforce.write(REQUEST, request, {"Commons_Share__c": False})
    town.sync()
    assert town.request(better)["Commons_Status__c"] == "Withdrawn"
    kept = copy(town)["fields"]
    assert (kept["Commons status"], kept["Stage"], kept["Amount awarded"]) == ("Withdrawn", STAGE, AMOUNT)
    assert sheet(town)["Commons status"] == "Withdrawn" and sheet(town)["Title"] == better
    [row] = town.saffron.rows(INBOX)
    assert row["fields"]["Commons status"] == "Withdrawn", "the row is still there for its people to see"

    written = len(town.writes())
    town.sync()
    assert len(town.writes()) == written
