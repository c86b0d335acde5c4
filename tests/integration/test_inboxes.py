"""An inbox in each kind of system that ships one, with the hub in processes of its own."""

from __future__ import annotations

import csv
from pathlib import Path

from hub.app import open_hub
from hub.commons import searches
from hub.commons.criteria import Criteria
from hub.config_files import load
from hub.demo.samples import ALDER
from hub.store import people
from tests.town import Town

INBOX_SHEET = """
[connections.corrie-sheet-inbox]
member = "corrie"
system = "spreadsheet"
mapping = "spreadsheet-inbox"
inbox_for = "corrie-sheet"
first_sync = "go"
every = "1h"
options = { path = "inbox.csv", writable = true }
"""


def look_for(town: Town, member: str, email: str, inbox: str, criteria: Criteria) -> None:
    hub = open_hub(load(town.config))
    with hub.reading() as conn:
        officer = people.by_email(conn, email)
    assert officer is not None
    searches.save(hub, member, "Ours", criteria, inbox, officer.id)
    hub.engine.dispose()


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def rewrite(file: Path, shown: list[dict[str, str]]) -> None:
    """As somebody saves the sheet."""
    with file.open("w", encoding="utf-8-sig", newline="") as lines:
        writer = csv.DictWriter(lines, list(shown[0]))
        writer.writeheader()
        writer.writerows(shown)


def test_a_sheet_that_is_an_inbox_fills_is_answered_and_empties(town: Town) -> None:
    town.config.write_text(town.config.read_text() + INBOX_SHEET)
    inbox = town.folder / "inbox.csv"
    inbox.write_text("Commons ID,Title,Our notes,Take up,Not for us\n", encoding="utf-8")
    town.invite()
    look_for(town, "corrie", "isla@corrie.example", "corrie-sheet-inbox", Criteria(text="radio"))
    look_for(town, "corrie", "isla@corrie.example", "corrie-sheet-inbox", Criteria(countries=("NP",)))
    radio, maps = ALDER[8].title, ALDER[11].title
    town.sync()
    shown = rows(inbox)
    assert sorted(row["Title"] for row in shown) == sorted([radio, maps])
    assert {row["Why it is here"] for row in shown} == {"“Ours”: radio", "“Ours”: Nepal"}
    before = {row["Title"] for row in rows(town.sheet)}
    assert radio not in before

    for row in shown:
        row["Our notes"] = "talk to Isla"
        row["Take up" if row["Title"] == radio else "Not for us"] = "Yes"
    rewrite(inbox, shown)
    town.sync()
    assert {row["Title"] for row in rows(town.sheet)} == before | {radio}
    [left] = rows(inbox)
    assert left["Title"] == radio and left["Our notes"] == "talk to Isla"
    assert left["What became of it"].startswith("Taken up")

    bytes_now = inbox.read_bytes(), town.sheet.read_bytes()
    town.sync()
    assert (inbox.read_bytes(), town.sheet.read_bytes()) == bytes_now
