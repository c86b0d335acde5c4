"""The connection's pages in a real browser: nothing for axe-core to find, nothing too wide, and a page that refreshes kindly."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from hub.demo.seeds import OFFICER
from tests.browser.conftest import sign_in, visiting
from tests.town import Town

NAME = "alder-salesforce"
SHOTS = os.environ.get("HUB_SCREENSHOTS")
"""A folder for pictures of every page, for who wants to look at them."""


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """One for all tests here, after two rounds."""
    with Town() as town:
        town.invite()
        town.sync()
        yield town


def flawless(page: Page, what: str, width: int) -> None:
    """No violation, one heading, no sideways scrolling."""
    page.set_viewport_size({"width": width, "height": 900})
    found = Axe().run(page).response["violations"]
    assert [(v["id"], [n["target"] for n in v["nodes"]]) for v in found] == [], what
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width, what
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{what}-{width}.png", full_page=True)


def test_axe_finds_nothing_on_the_pages_of_a_connection_in_light_and_in_dark(town: Town, page: Page) -> None:
    with visiting(town, page) as url:
        sign_in(page, url, OFFICER)
        page.goto(f"{url}/connections/{NAME}")
        run = page.locator("tbody th a").first.get_attribute("href")
        for scheme, width in (("light", 1280), ("dark", 320)):
            page.emulate_media(color_scheme=scheme)
            for what, path in (
                ("board", "/"),
                ("connection", f"/connections/{NAME}"),
                ("mapping", f"/connections/{NAME}/mapping"),
                ("run", run),
            ):
                page.goto(f"{url}{path}")
                flawless(page, f"{what}-{scheme}", width)
            page.goto(f"{url}/connections/{NAME}")
            page.click("button:has-text('Check now')")
            page.wait_for_selector("#checks")
            flawless(page, f"checks-{scheme}", width)
        page.context.clear_cookies()
        sign_in(page, url, "operator@hub.example")
        page.goto(f"{url}/does-it-work")
        flawless(page, "does-it-work", 320)


def test_a_run_moves_on_its_page_and_the_change_is_announced_once_it_ends(town: Town, page: Page) -> None:
    file = town.folder / "hub.db"
    with visiting(town, page) as url, closing(sqlite3.connect(file, isolation_level=None)) as store:
        sign_in(page, url, OFFICER)
        store.execute(
            "INSERT INTO run (id, connection_id, trigger, state, phase, started_at, fence, counts, judged_to)"
            f" VALUES ('slow', '{NAME}', 'by hand', 'running', 'pull', datetime('now'), 0, '{{\"read\": 100}}', 0)"
        )
        page.clock.install()
        page.goto(f"{url}/runs/slow")
        assert "Reading: 100 records" in page.inner_text("main") and page.inner_text("#announce") == ""
        store.execute("UPDATE run SET counts = '{\"read\": 900}' WHERE id = 'slow'")
        page.clock.run_for(5000)
        page.wait_for_selector("text=Reading: 900 records")
        store.execute("UPDATE run SET state = 'done', ended_at = datetime('now') WHERE id = 'slow'")
        page.clock.run_for(12_000)
        page.wait_for_selector("main .word:has-text('Done')")
        page.wait_for_function("document.getElementById('announce').textContent.includes('Done')")
        assert page.locator("#live").is_hidden(), "what has ended is not asked for again"
        store.execute("DELETE FROM run WHERE id = 'slow'")


def test_refreshing_can_be_paused_and_stays_so_from_page_to_page(town: Town, page: Page) -> None:
    with visiting(town, page) as url:
        sign_in(page, url, OFFICER)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if request.resource_type == "fetch" else None)
        page.clock.install()
        page.goto(url)
        page.clock.run_for(4500)
        page.wait_for_load_state("networkidle")
        assert len(asked) == 1
        page.click("text=Stop refreshing")
        page.goto(f"{url}/connections/{NAME}")
        page.clock.run_for(200_000)
        assert len(asked) == 1 and page.inner_text("#live button") == "Refresh again"
        page.click("text=Refresh again")
        page.clock.run_for(100)
        page.wait_for_load_state("networkidle")
        assert len(asked) == 2


def test_a_page_that_nobody_touches_is_asked_for_ever_more_seldom(town: Town, page: Page) -> None:
    with visiting(town, page) as url:
        sign_in(page, url, OFFICER)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if request.resource_type == "fetch" else None)
        page.route(
            "**/*",
            lambda route: (
                route.fulfill(body="<main data-live></main>")
                if route.request.resource_type == "fetch"
                else route.continue_()
            ),
        )
        page.clock.install()
        page.goto(url)
        for _ in range(35):
            page.clock.run_for(4001)
            page.wait_for_timeout(20)  # the answer takes real time
        first = len(asked)
        for _ in range(13):
            page.clock.run_for(4001)
            page.wait_for_timeout(20)
        assert first >= 20 and len(asked) - first <= 1, "after two minutes it is once a minute"


def test_a_changed_file_is_taken_up_or_refused_while_the_hub_serves(town: Town, page: Page) -> None:
    good = town.config.read_text()
    with visiting(town, page) as url:
        sign_in(page, url, OFFICER)
        town.config.write_text(good.replace('"airtable"', '"airtabel"'))
        page.wait_for_selector("text=The one before is still in force", timeout=30_000)  # the page refreshes itself
        town.config.write_text(good.replace('edits = "accept"', 'edits = "keep"'))
        page.wait_for_selector("text=The one before is still in force", state="detached", timeout=30_000)
        page.context.clear_cookies()
        sign_in(page, url, "samir@saffron.example")
        page.goto(f"{url}/connections/saffron-airtable")
        assert "settings changed, the configuration" in page.inner_text("#deeds >> xpath=..")
    town.config.write_text(good)


def test_without_scripts_everything_is_there_and_every_form_works(town: Town, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    with visiting(town, page) as url:
        sign_in(page, url, OFFICER)
        page.goto(f"{url}/connections/{NAME}")
        assert page.locator("svg.picture[role=img]").count() >= 2 and page.locator("#live").is_hidden()
        page.click("button:has-text('Full re-scan')")
        assert "reads every record" in page.inner_text("[role=status]")
        assert "full re-scan, Ruth Ferris" in page.inner_text("main")
    context.close()
