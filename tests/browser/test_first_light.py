"""One opportunity there and back, with a hub in processes of its own and a person in a real browser."""

from __future__ import annotations

from playwright.sync_api import Page

from hub.demo.samples import ALDER
from hub.demo.seeds import OFFICER, REQUEST
from tests.browser.conftest import sign_in, visiting
from tests.town import TABLE, Town

TITLE = ALDER[0].title


def in_conflict(town: Town) -> tuple[str, str]:
    """The same title changed in Salesforce and in an Airtable whose edits count; the request's id and the copy's."""
    town.invite()
    town.sync()
    request = town.request(TITLE)
    copy = town.saffron_copy(request["Commons_Id__c"])
    town.salesforce.write(REQUEST, request["Id"], {"Name": "Wells, says Alder"})
    town.saffron.write(TABLE, copy["id"], {"Title": "Wells, says Saffron", "Summary": "Fifty pumps."})
    results = town.sync()
    assert results["saffron-airtable"]["counts"]["conflicts"] == 1
    return request["Id"], copy["id"]


def salesforce_row(town: Town, id: str) -> dict[str, object]:
    return next(row for row in town.salesforce.rows(REQUEST) if row["Id"] == id)


def airtable_row(town: Town, id: str) -> dict[str, object]:
    return next(row["fields"] for row in town.saffron.rows(TABLE) if row["id"] == id)


def test_a_conflict_is_resolved_in_the_browser_and_written_to_both(town: Town, page: Page) -> None:
    request, copy = in_conflict(town)
    assert salesforce_row(town, request)["Name"] == "Wells, says Alder"
    assert airtable_row(town, copy)["Title"] == "Wells, says Saffron"
    assert salesforce_row(town, request)["Commons_Summary__c"] == "Fifty pumps."  # its other fields move

    with visiting(town, page) as url:
        sign_in(page, url, OFFICER)
        page.click("li.conflict a.go")
        shown = page.inner_text("main")
        for value in (TITLE, "Wells, says Alder", "Wells, says Saffron"):  # last agreed, and each system's
            assert value in shown
        page.check("input[value=other]")
        page.fill("input[name=other]", "Wells, say both")
        page.click("text=Show what will be written")
        preview = page.inner_text(".preview")
        assert preview.count("Wells, say both") == 3  # the commons, Salesforce, Saffron's Airtable
        page.click("button:has-text('Resolve')")
        assert "Wells, say both" in page.inner_text("h1")

    town.sync()
    assert salesforce_row(town, request)["Name"] == "Wells, say both"
    assert airtable_row(town, copy)["Title"] == "Wells, say both"
    written = len(town.writes())
    results = town.sync()
    assert len(town.writes()) == written and {r["state"] for r in results.values()} == {"done"}


def test_a_system_that_moves_while_a_person_decides_shows_the_new_value_and_keeps_the_choice(
    town: Town, page: Page
) -> None:
    _request, copy = in_conflict(town)
    with visiting(town, page) as url:
        sign_in(page, url, OFFICER)
        page.click("li.conflict a.go")
        page.check("input[value=other]")
        page.fill("input[name=other]", "Wells, after all")
        page.click("text=Show what will be written")
        town.saffron.write(TABLE, copy, {"Title": "Wells, thirdly"})
        town.sync("saffron-airtable")
        page.click("button:has-text('Resolve')")
        assert "changed this field again" in page.inner_text("[role=alert]")
        assert page.input_value("input[name=other]") == "Wells, after all" and page.is_checked("input[value=other]")
        assert "Wells, thirdly" in page.inner_text("main")
        page.click("button:has-text('Resolve')")
        page.wait_for_selector("text=Resolved.")
    town.sync()
    assert airtable_row(town, copy)["Title"] == "Wells, after all"


def test_the_pages_of_everyone_fit_a_narrow_window_and_say_nothing_wrong_in_the_console(town: Town, page: Page) -> None:
    in_conflict(town)
    with visiting(town, page) as url:
        for email in (OFFICER, "samir@saffron.example", "operator@hub.example"):
            page.context.clear_cookies()
            sign_in(page, url, email)
            page.set_viewport_size({"width": 320, "height": 700})
            for path in ("/", "/queue", "/connections", "/opportunities", "/nowhere"):
                page.goto(url + path)
                assert page.locator("h1").count() == 1
                assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
            page.goto(url + "/opportunities")
            page.click("tbody th a >> nth=0")
            page.wait_for_load_state("networkidle")
            assert page.evaluate("document.documentElement.scrollWidth") <= 320
            page.set_viewport_size({"width": 1200, "height": 900})
