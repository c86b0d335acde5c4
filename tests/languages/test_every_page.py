"""Every page in Arabic, as its people see it: nothing of the hub's own is left in English. Of a hub where much happened: runs that
failed, were cancelled and set rows aside, a conflict, a hold, an inbox, checks that fail, a sheet that was brought, every deed."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from hub import access
from hub.stopping import CANCELLED
from hub.store import audit, lists
from hub.store.tables import Run
from hub.sync.run import sync_all
from schemas.said import phrase
from tests.browser.house import House, furnished
from tests.languages.extraction import DEEDS

PEOPLE = ("admin.elm", "staff.elm", "officer.elm", "operator.elm", "convener.elm")
APART = {"code", "script", "style", "textarea", "pre", "input", "time"}
"""Code, and what people or a system wrote."""
SHEET = "Title,Summary,Amount requested,Currency,Share,Commons ID\nWells,Dry,about 5000,USD,yes,k1\n,No name,1,USD,yes,k2\nRoofs,,5,USD,yes,\n"
THREE = re.compile(r"(?:[A-Za-z’'-]{2,}[ ,;:.]+){2,}[A-Za-z’'-]{2,}")
"""Three words on end."""
NAMED = re.compile("\u2068[^\u2068\u2069]*\u2069")
"""What a sentence names: in Arabic it keeps a direction of its own."""
VOID = {"br", "hr", "img", "input", "link", "meta", "wbr"}
SHOWN = ("aria-label", "title", "placeholder", "data-name", "alt")
FILES = {"static", "opportunities.table", "exports.file", "uptake.table", "audit.table", "files.table", "files.take"}
"""Of them a page is never the answer."""
KNOWN = {
    "Commons Hub": "the name of the product",
}
"""What may stand there in Latin letters, beside what a page marks as a record's own, and why."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    made = furnished(folder)
    _much_happens(made, folder)
    yield made
    made.hub.engine.dispose()


def _much_happens(house: House, folder: Path) -> None:
    hub, now = house.hub, house.time.now()
    holds = lists.hold
    with hub.writing() as conn:
        held = [row._asdict() for row in conn.execute(holds.select())]
        conn.execute(holds.delete())
        conn.execute(lists.connection.update().values(approved=True))
    sync_all(hub, ["elm-sheet"])  # its folder is not there
    (folder / "elm").mkdir()
    (folder / "elm" / "grants.csv").write_text(SHEET)
    sync_all(hub, ["elm-sheet"])
    cut = phrase("This system cannot hold all of it. Missing there: %(loses)s.", loses=phrase("formatting"))
    with hub.writing() as conn:
        conn.execute(holds.insert(), held)
        conn.execute(lists.link.update().values(unholdable={"summary": cut}))
        run = Run(
            id="run-cancelled",
            connection_id="elm-sheet",
            state="cancelled",
            started_at=now,
            ended_at=now,
            error=CANCELLED,
            counts={},
        )
        conn.execute(vars(Run)["__table__"].insert(), run.model_dump())
        audit.write_all(conn, [
            {"at": now, "actor": "connection:elm-sheet", "action": deed, "connection_id": "elm-sheet", "member_id": "elm", "run_id": "run-0"}
            for deed in DEEDS
        ])  # fmt: skip
    brought = {"door": "elm-files", "file": (io.BytesIO(SHEET.encode()), "zz.csv")}
    answer = house.post(house.client("staff.elm"), "/files", **brought)
    assert answer.status_code == 303, answer.text
    house.pages["files.look"].append(answer.location)
    house.pages["connections.run"] += [f"/runs/run-{of}" for of in ("2", "5", "cancelled")]
    newest = [row.id for row in _runs(house)]
    house.pages["connections.run"] += [f"/runs/{id}{show}" for id in newest for show in ("", "?show=rejected", "?show=log", "?show=requests")]  # fmt: skip


def _runs(house: House) -> list[Any]:
    with house.hub.reading() as conn:
        return list(conn.execute(lists.run.select().order_by(lists.run.c.started_at.desc()).limit(3)))


class Text(HTMLParser):
    """What a page says by itself. A ``bdi``, or a choice with a direction of its own, marks what is a record's; of that only
    what says that it is English, as a stored sentence does that no catalogue knows."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[tuple[str, bool]] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = dict(attributes)
        own = self.inside[-1][1] if self.inside else True
        if tag == "bdi" or told.get("lang") or (tag == "option" and "dir" in told):
            own = tag == "html" or told.get("lang") == "en"
        own = own and tag not in APART
        if own:
            self.found += [told[name] or "" for name in SHOWN if told.get(name)]
        if tag not in VOID:
            self.inside.append((tag, own))

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.inside.pop()

    def handle_endtag(self, tag: str) -> None:
        while self.inside and self.inside.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self.inside or self.inside[-1][1]:
            self.found.append(data)


def english(page: str) -> set[str]:
    """Where three Latin words follow each other, and the spelt-out marks that keep a name's direction."""
    text = Text()
    text.feed(page)
    said = [NAMED.sub("|", one) for one in text.found]
    runs = {found[0] for one in said for found in THREE.finditer(one)}
    return {run for run in runs if not any(known in run for known in KNOWN)} | {one for one in said if "U+20" in one}


def test_every_page_in_arabic_says_nothing_of_its_own_in_english(house: House) -> None:
    left: dict[str, list[str]] = {}
    seen = 0
    paths = [
        path
        for endpoint, of in house.pages.items()
        for path in of
        if endpoint not in FILES and access.scopes_of(endpoint) is None
    ]
    for who in PEOPLE:
        client = house.client(who)
        house.post(client, "/language", language="ar")
        for path in (*paths, "/connections/elm-sheet/checks", "/connections/elm-inbox/checks"):
            answer = house.post(client, path) if path.endswith("/checks") else client.get(path)
            if answer.status_code in (302, 303) or answer.mimetype != "text/html":
                continue
            seen += 1
            assert '<html lang="ar" dir="rtl">' in answer.text, path
            for words in english(answer.text):
                left.setdefault(words, []).append(f"{path} ({who})")
    assert not left, "\n".join(f"{words!r} on {paths[0]}" for words, paths in sorted(left.items()))
    assert seen > 200
