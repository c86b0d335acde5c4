"""The pictures of the README, made anew from the demo's foundations: ``python -m tests.browser.pictures docs``."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from hub.demo.samples import SAFFRON
from hub.demo.seeds import OFFICER, REQUEST
from tests.browser.conftest import CHROMIUM, FLAGS, sign_in, visiting
from tests.town import TABLE, Town

WHO = "samir@saffron.example"


def disagree(town: Town) -> None:
    """Two foundations give one project another title."""
    title = next(sample.title for sample in SAFFRON if sample.title.isascii())
    [mine] = [row for row in town.saffron.rows(TABLE) if row["fields"].get("Title") == title]
    theirs = town.request(title)["Id"]
    town.change(f'importer = "{OFFICER}"', f'importer = "{OFFICER}"\nedits = "accept"')
    town.saffron.write(TABLE, mine["id"], {"Title": f"{title}, first phase"})
    town.salesforce.write(REQUEST, theirs, {"Name": f"{title}: pilot year"})
    town.sync()


def make(folder: Path) -> None:
    with Town() as town, sync_playwright() as playwright:
        town.invite()
        town.sync()
        disagree(town)
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = chromium.new_page(viewport={"width": 1120, "height": 720})
        with visiting(town, page) as url:
            sign_in(page, url, WHO)
            page.wait_for_timeout(3000)  # the clock shows itself
            page.goto(url)
            page.screenshot(path=folder / "dashboard.png")
            page.click("a.go:has-text('Review') >> nth=0")
            page.check("input[value=party0]")
            page.click("text=Show what will be written")
            page.screenshot(path=folder / "conflict.png", full_page=True)
        chromium.close()


if __name__ == "__main__":
    make(Path(sys.argv[1]))
