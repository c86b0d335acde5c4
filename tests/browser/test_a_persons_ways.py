"""What people come to the pages for: by keyboard alone, without scripts, and in how many clicks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from hub.demo.samples import SAFFRON
from hub.demo.seeds import OFFICER, REQUEST
from hub.demo.stage import PASSWORD
from tests.browser.conftest import visiting
from tests.browser.house import House, furnished, serving
from tests.town import TABLE, Town

COUNT = """addEventListener('click', event => {
  if (event.isTrusted && event.detail) sessionStorage.clicks = Number(sessionStorage.clicks || 0) + 1
}, true)"""
"""Clicks of a pointer; a form that Enter sends clicks its button as well, with no detail."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = furnished(tmp_path_factory.mktemp("house"))
    yield made
    made.hub.engine.dispose()


def reach(page: Page, text: str, most: int = 60) -> None:
    """Tab until what has the focus says this, and is to be seen to have it."""
    for _ in range(most):
        page.keyboard.press("Tab")
        said = page.evaluate("(document.activeElement.labels?.[0] || document.activeElement).textContent.trim()")
        if text in said:
            style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert style != "none", f"nobody sees that {text!r} has the focus"
            return
    pytest.fail(f"Tab never came to {text!r}.")


def test_a_conflict_is_resolved_by_keyboard_alone(house: House, page: Page) -> None:
    with serving(house) as url:
        cookie = house.client("admin.elm").get_cookie("hub")
        assert cookie is not None
        page.context.add_cookies([{"name": "hub", "value": cookie.value, "url": url}])
        page.goto(f"{url}/queue/conflicts/{house.ids['conflict']}")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        reach(page, "two dentists")
        page.keyboard.press("ArrowDown")
        assert page.evaluate("document.activeElement.value") == "party0", "arrows choose within the group"
        reach(page, "Show what will be written")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=This will be written")
        assert page.is_checked("input[value=party0]"), "what was chosen stays chosen"
        reach(page, "Resolve")
        page.keyboard.press("Enter")
        page.wait_for_selector("[role=status] >> text=Resolved")
        page.goto("about:blank")
    with house.hub.reading() as conn:
        [state] = conn.exec_driver_sql("SELECT state FROM conflict WHERE id = 'long-words'").scalars()
    assert state != "open"


def test_what_needs_a_person_is_settled_without_scripts(house: House, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    with serving(house) as url:
        cookie = house.client("admin.elm").get_cookie("hub")
        assert cookie is not None
        context.add_cookies([{"name": "hub", "value": cookie.value, "url": url}])
        page.goto(f"{url}/queue?kind=quarantine")
        before = page.locator("main li.quarantine").count()
        page.locator("button:has-text('Leave it out')").first.click()
        assert page.locator("main li.quarantine").count() == before - 1 > 0
        page.goto(f"{url}/queue?kind=reference")
        page.check("input[value=skip]")
        page.click("button:has-text('Settle')")
        assert "Settled" in page.inner_text(".said.status")
        page.goto(f"{url}/opportunities")
        page.fill("input[name=q]", "harbour")
        page.keyboard.press("Enter")
        page.wait_for_url("**q=harbour*")
        assert page.locator("tbody tr").count() == 1 and "Night school" in page.inner_text("tbody")
    context.close()


def test_from_signing_in_to_a_conflict_resolved_in_both_systems_in_five_clicks(page: Page) -> None:
    """The last two are no clicks: both systems are asked at their next sync, and hold what was chosen."""
    title, better, other = SAFFRON[0].title, "A name by its steward", "A name by a partner"
    with Town() as town:
        town.invite()
        town.sync()
        [mine] = [row for row in town.saffron.rows(TABLE) if row["fields"].get("Title") == title]
        theirs = town.request(title)["Id"]
        town.change('importer = "' + OFFICER + '"', 'importer = "' + OFFICER + '"\nedits = "accept"')
        town.saffron.write(TABLE, mine["id"], {"Title": better})
        town.salesforce.write(REQUEST, theirs, {"Name": other})
        town.sync()
        page.add_init_script(COUNT)
        with visiting(town, page) as url:
            page.goto(url)
            page.fill("#email", "samir@saffron.example")
            page.fill("#password", PASSWORD)
            page.click("main button")
            page.click("a.go:has-text('Review') >> nth=0")
            page.click(f"label:has-text('{better}') input")
            page.click("text=Show what will be written")
            page.click("button:has-text('Resolve')")
            page.wait_for_selector("[role=status] >> text=Resolved")
            assert int(page.evaluate("sessionStorage.clicks")) <= 5
        town.sync()
        assert town.request(better)["Id"] == theirs
        assert better in {row["fields"].get("Title") for row in town.saffron.rows(TABLE)}


def test_from_finding_to_imported_in_five_clicks(house: House, page: Page) -> None:
    page.add_init_script(COUNT)
    with serving(house) as url:
        page.goto(url)
        page.fill("#email", "officer.oak@hub.test")
        page.fill("#password", "a long enough one")
        page.click("main button")
        page.click("nav >> text=Opportunities")
        page.fill("input[name=q]", "rain gardens")
        page.keyboard.press("Enter")
        page.click("tbody a:has-text('Rain gardens')")
        page.click("a.go:has-text('Import into oak-sheet')")
        page.click("button.main")
        page.wait_for_selector("[role=status]")
        assert "oak-sheet" in page.inner_text("main")
        assert int(page.evaluate("sessionStorage.clicks")) <= 5
        page.goto("about:blank")
    with house.hub.reading() as conn:
        wanted = conn.exec_driver_sql("SELECT count(*) FROM link WHERE connection_id = 'oak-sheet'").scalar()
    assert wanted == 1
