"""What no mapping names stays in its system: it is in no request, no table, no log, no page and no file that leaves."""

from __future__ import annotations

import json
import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote_plus

import pytest
from click.testing import CliRunner
from flask import Flask

from connectors.submittable.sandbox_state import CANARY
from hub.cli import main
from hub.commons import positions
from hub.log import formatter
from hub.people.accounts import add_user
from hub.store import opportunities
from hub.web.app import create_app
from tests.integration.canaries import Canaries, planted
from tests.integration.five import NAMES, SHOWN, TITLE, Five

PASSWORD = "a long enough one"
OWN_PEOPLE = ["staff", "officer", "admin"]
PEOPLE = {"all": [*OWN_PEOPLE, "operator", "convener"], "own": OWN_PEOPLE}


@pytest.fixture
def five(tmp_path: Path) -> Iterator[Five]:
    with Five(tmp_path, edits="suggest") as commons:
        for name in NAMES:
            for who, roles in PEOPLE.items():
                add_user(commons.hub, name, f"{who}@{name}.example", f"{who} of {name}", roles, PASSWORD)
        yield commons


def requests(five: Five, name: str, *, bodies: bool = True) -> str:
    """All that the hub has sent to a system."""
    calls = list(five.systems[name].seen)
    heads = [
        f"{call.method} {unquote_plus(call.path)} {unquote_plus(call.query)} {dict(call.headers)}" for call in calls
    ]
    return "\n".join([*heads, *(unquote_plus(call.body.decode()) for call in calls if bodies)])


def stored(five: Five) -> dict[str, str]:
    """Each table of the store as text, and the files as they lie on the disk."""
    with closing(sqlite3.connect(five.folder / "hub.db")) as store:
        tables = [name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {name: repr(store.execute(f'SELECT * FROM "{name}"').fetchall()) for name in tables}
    assert {"audit", "message", "quarantine", "intent", "link", "opportunity", "run"} <= found.keys()
    files = {path.name: path.read_bytes().decode("latin-1") for path in five.folder.glob("hub.db*")}
    return found | files


def pages(app: Flask, name: str, who: str, most: int = 25) -> dict[str, str]:
    """What one of a member's people comes to by following links, the list as a file included."""
    client = app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text)
    assert token is not None
    form = {"csrf_token": token[1], "email": f"{who}@{name}.example", "password": PASSWORD}
    assert client.post("/sign-in", data=form).status_code == 303
    found: dict[str, str] = {}
    with app.extensions["hub"].reading() as conn:
        ids = [row.id for row in conn.execute(opportunities.t.select())]
    waiting = [
        "/",
        "/opportunities.csv",
        *(f"/opportunities/{id}" for id in ids),
        "/queue",
        "/connections",
        "/opportunities",
    ]
    while waiting and len(found) < most:
        path = waiting.pop(0)
        if path not in found:
            found[path] = client.get(path).text
            waiting += [href for href in re.findall(r'href="(/[^"#]*)"', found[path]) if "static" not in href]
    return found


def said(five: Five) -> str:
    """What a command says that goes through the whole history."""
    done = CliRunner().invoke(main, ["audit", "replay", "--config", str(five.config)])
    assert done.exit_code == 0, done.output
    return done.output


def test_what_no_mapping_names_leaves_no_system(five: Five, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, logger="sqlalchemy")
    own = shared_by_each(five)
    five.settle(2)
    canaries = planted(five, own)
    assert {name for name in NAMES if canaries.names.get(name)} == set(NAMES) and len(canaries.values) > 300
    everything_happens(five, own)
    kept = stored(five)
    assert all(kept[table] != "[]" for table in ("quarantine", "suggestion", "audit", "intent")), (
        "they had to go by these"
    )

    for name in NAMES:
        asked = requests(five, name)
        assert canaries.seen_in(asked) == [] or name == "submittable", name
        assert CANARY not in asked
        if name != "submittable":  # which gives whole forms only
            assert [c for c in canaries.names[name] if re.search(rf"(?<![\w.]){re.escape(c)}(?!\w)", asked)] == [], name
    kept_in_its_form(five, canaries)
    for place, text in kept.items():
        assert canaries.seen_in(text) == [] and CANARY not in text, place
    log = "\n".join([*map(formatter().format, caplog.records), json.dumps(five.log, default=str), said(five)])
    assert log.count("salesforce") > 10 and canaries.seen_in(log) == [] and CANARY not in log
    app = create_app(five.hub)
    for name in ("fluxx", "salesforce"):
        read = pages(app, name, "all")
        assert "Deep wells" in read["/opportunities.csv"] and len(read) == 25
        for path, text in read.items():
            assert canaries.seen_in(text) == [] and CANARY not in text, path


OWN = {"salesforce": 731_800_001, "dataverse": 731_800_002, "submittable": 731_800_003, "airtable": 731_800_004}
STAGES = {
    "fluxx": "granted",
    "salesforce": "Awarded",
    "dataverse": "844060008",
    "submittable": "accepted",
    "airtable": "Committed",
}


def test_stage_amount_and_notes_of_a_member_are_in_nothing_that_others_get_before_it_shows_them(five: Five) -> None:
    id = five.share()
    five.settle(2)
    with five.hub.reading() as conn:
        (project,) = conn.execute(opportunities.t.select()).all()
    for name, amount in OWN.items():
        five.commit(name, amount)
        positions.state(five.hub, project.id, name, {"commitment.note": f"zz-note-of-{name}"}, "somebody")
    five.settle(2)
    five.write("fluxx", id, {"project_summary": "Clean water for five villages."})
    five.settle(2)
    app = create_app(five.hub)
    for name in NAMES:
        got = (
            requests(five, name)
            + "".join(pages(app, name, "own", 12).values())
            + json.dumps(five.records(name), default=str)
        )
        known = {who for who, amount in OWN.items() if str(amount) in got or f"{amount:,}" in got}
        assert known == {name} & OWN.keys(), f"{name} knows the amounts of {known}"
        assert {who for who in OWN if f"zz-note-of-{who}" in got} == {name} & OWN.keys()
    for name, stage in STAGES.items():
        for other in set(NAMES) - {name}:
            assert not re.search(rf"(?<!\w){stage}(?!\w)", requests(five, other)), f"{other} was told {stage!r}"
    five.disclose("salesforce")
    five.settle(2)
    assert all(f"{120_000:,}" not in str(gap) and gap for gap in five.shown("gap").values()), "shown, it counts"


def shared_by_each(five: Five) -> dict[str, str]:
    """A ticked record in each system, and one that nobody ticked."""
    own = {name: five.share_own(name, TITLE if name == "fluxx" else f"School of {name}") for name in NAMES}
    five.write(
        "salesforce",
        own["salesforce"],
        {"outfunds__Applying_Organization__c": five.salesforce.rows("Account")[0]["Id"]},
    )
    account = five.dataverse.env.insert("account", {"name": "Upper Valley Trust"})
    five.write("dataverse", own["dataverse"], {"msnfp_recipientid": ("account", account)})
    for name in NAMES:
        five.write(name, None, {SHOWN[name]["title"]: "Not ticked"})
    return own


def everything_happens(five: Five, own: dict[str, str]) -> None:
    """Edits by stewards and by importers, awards, disclosures, a conflict, a row that cannot be read, withdrawals."""
    five.round()
    five.edit("fluxx", project_title="Deep wells for the upper valley")
    five.edit("airtable", Summary="Clean water for five villages.")
    five.edit("salesforce", Commons_Need__c="<p>Wells run dry in March.</p>")
    for name in NAMES:
        five.commit(name, 5_000)
    five.settle(2)
    five.write("airtable", own["airtable"], {"Currency": "no currency"})
    five.write("salesforce", own["salesforce"], {"Name": "School, by its steward"})
    five.disclose("dataverse")
    five.settle(2)
    for name in ("fluxx", "submittable"):
        tick = {"commons_share": ""} if name == "fluxx" else {"Share with the commons": "No"}
        five.write(name, own[name], tick)
    five.settle(2)


def kept_in_its_form(five: Five, canaries: Canaries) -> None:
    """A form of Submittable is written whole. What staff wrote into it and no mapping names goes back to where it was, in
    the same call, and nowhere else."""
    for call in five.submittable.seen:
        found = canaries.seen_in(f"{call.path} {call.query} {call.body.decode()}")
        whole_form = call.method == "PUT" and call.path.startswith("/v4/entries/")
        assert not found or (whole_form and all("submittable: Commons." in one for one in found)), call
