"""Who has only files: a sheet is shared in five clicks by staff, without an admin; another foundation takes it away as one."""

from __future__ import annotations

import csv
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Page
from werkzeug.serving import make_server

from hub.app import Hub, open_hub
from hub.commons import imports
from hub.config_files import load
from hub.demo.stage import PASSWORD
from hub.people.accounts import add_user
from hub.store import opportunities
from hub.web.app import create_app

CONFIG = """
[members.elm]
name = "Elm Fund"
lawful_basis = "published"
[members.oak]
name = "Oak Trust"
[connections.elm-files]
member = "elm"
system = "spreadsheet"
mapping = "spreadsheet-generic"
shares = true
options = { path = "elm", door = true }
[connections.oak-files]
member = "oak"
system = "spreadsheet"
mapping = "spreadsheet-generic"
options = { path = "oak", door = true }
"""
COUNT = """addEventListener('click', event => {
  if (event.isTrusted) sessionStorage.clicks = Number(sessionStorage.clicks || 0) + 1
}, true)"""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    (tmp_path / "config.toml").write_text(CONFIG)
    made = open_hub(load(tmp_path / "config.toml"))
    add_user(made, "elm", "staff@hub.test", "Staff", ["staff"], PASSWORD)
    add_user(made, "oak", "officer@hub.test", "Officer", ["officer"], PASSWORD)
    yield made
    made.engine.dispose()


@contextmanager
def served(hub: Hub, page: Page) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(hub), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    page.goto("about:blank")
    server.shutdown()
    thread.join()
    server.server_close()


def twenty(folder: Path) -> Path:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["Our grants for the commons"])
    sheet.append(["Title", "Summary", "Organisation", "Amount requested", "Currency"])
    for number in range(1, 21):
        sheet.append([f"Well {number}", f"Water for village {number}", f"Village {number}", 1000 * number, "USD"])
    book.save(folder / "grants.xlsx")
    return folder / "grants.xlsx"


def narrow(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_viewport_size({"width": 1200, "height": 900})


def enter(page: Page, url: str, email: str) -> None:
    page.goto(url)
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.click("main button")


def test_twenty_rows_are_shared_in_five_clicks_by_staff_and_taken_away_by_another_foundation(
    hub: Hub, page: Page, tmp_path: Path
) -> None:
    page.add_init_script(COUNT)
    with served(hub, page) as url:
        enter(page, url, "staff@hub.test")
        page.click("nav >> text=Sheets")
        with page.expect_file_chooser() as chooser:
            page.click("#file")
        chooser.value.set_files(twenty(tmp_path))
        page.click("text=Look at it")
        assert "20 rows. Nothing has been done yet" in page.inner_text("main")
        page.click("text=Share these 20 rows with everyone in the commons")
        assert "Done. This is what it did." in page.inner_text("main")
        clicks = int(page.evaluate("sessionStorage.clicks"))
        assert clicks == 5, "the one that signs in counted"
        with hub.reading() as conn:
            shared = {row.title: (row.id, row.status) for row in conn.execute(opportunities.t.select())}
        assert set(shared) == {f"Well {n}" for n in range(1, 21)} and {status for _, status in shared.values()} == {
            "published"
        }
        narrow(page)
        page.click("nav >> text=Sheets")
        narrow(page)
        page.click("text=Sign out")

        for name in ("Well 3", "Well 4"):
            imports.pick(hub, shared[name][0], "oak-files", None)
        enter(page, url, "officer@hub.test")
        page.click("nav >> text=Sheets")
        assert "2 new records" in page.inner_text("main")
        narrow(page)
        page.select_option("#kind-1", "csv")
        with page.expect_download() as download:
            page.click("text=Take what is new")
        download.value.save_as(tmp_path / "taken.csv")
    with (tmp_path / "taken.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["Commons ID"], row["Title"]) for row in rows} == {(shared[n][0], n) for n in ("Well 3", "Well 4")}
