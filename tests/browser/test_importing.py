"""An officer takes up an opportunity: a look first, then the system, then how it follows."""

from __future__ import annotations

from playwright.sync_api import Page

from hub.demo.samples import SAFFRON
from hub.demo.seeds import OFFICER, REQUEST
from tests.browser.conftest import sign_in, visiting
from tests.town import TABLE, Town

TITLE, OTHER = SAFFRON[7].title, SAFFRON[9].title


def test_an_officer_looks_imports_and_takes_a_later_change_when_asked(town: Town, page: Page) -> None:
    town.change('import = "all"\nimporter', "importer")
    town.invite()
    town.sync()
    twin = town.salesforce.write(REQUEST, None, {"Name": OTHER})
    with visiting(town, page) as url:
        sign_in(page, url, OFFICER)
        page.goto(f"{url}/opportunities?text={TITLE}")
        page.click(f"th a:has-text('{TITLE}')")
        page.click("text=Import into alder-salesforce")
        shown = page.inner_text("main")
        assert "outfunds__Status__c" in shown and "Invited" in shown and OFFICER in shown
        page.set_viewport_size({"width": 320, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.set_viewport_size({"width": 1200, "height": 900})
        page.check("input[value=ask]")
        page.click("button:has-text('Import')")
        assert "after its next sync" in page.inner_text("main")

        page.goto(f"{url}/opportunities?text={OTHER}")
        page.check("tbody input[type=checkbox]")
        page.click("text=Look first")
        assert "1 likely there already." in page.inner_text("main")
        assert not page.is_checked("tbody input[type=checkbox]")
        page.set_viewport_size({"width": 320, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.set_viewport_size({"width": 1200, "height": 900})
        page.click("text=Link it to that record instead")
        page.check(f"input[value='link:{twin}']")
        for leave in page.locator("input[value=skip]").all():
            leave.check()
        page.click("button:has-text('Import')")
    town.sync()
    copy = town.request(TITLE)
    assert [row["Name"] for row in town.salesforce.rows(REQUEST)].count(OTHER) == 1
    assert town.request(OTHER)["Id"] == twin and town.request(OTHER)["Commons_Id__c"]

    there = town.saffron_copy(copy["Commons_Id__c"])
    town.saffron.write(TABLE, there["id"], {"Title": f"{TITLE}, twice a week"})
    town.sync()
    assert town.request(TITLE)["Id"] == copy["Id"], "it waits"
    with visiting(town, page) as url:
        page.goto(f"{url}/queue?kind=update")
        assert "1 field changed in the commons" in page.inner_text("main")
        page.click("button:has-text('Take these')")
        assert "Done." in page.inner_text("main")
    town.sync()
    assert town.request(f"{TITLE}, twice a week")["Id"] == copy["Id"]
