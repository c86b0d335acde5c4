"""``hub demo`` as a newcomer meets it: one screen, logins that work, things to try that happen, Ctrl-C."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import sign_in


def until(page: Page, address: str, selector: str) -> None:
    """Look again until it is there; the demo syncs every few seconds."""
    for _ in range(60):
        page.goto(address)
        if page.locator(selector).count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{selector} never came at {address}: {page.inner_text('body')[:2000]}")


def change(page: Page, table: str, title: str, column: str, text: str) -> None:
    """Edit a record on the stand-in's own page, as its staff would."""
    page.goto(table)
    page.click(f"tr:has-text('{title}') a")
    cell = page.get_by_label(column, exact=True)
    if cell.evaluate("cell => cell.tagName") == "SELECT":
        cell.select_option(text)
    else:
        cell.fill(text)
    page.click("button:has-text('Save')")
    page.wait_for_selector("table")


def test_the_screen_tells_the_truth_and_ctrl_c_stops_all(page: Page) -> None:
    demo = subprocess.Popen([sys.executable, "-m", "hub", "demo"], stdout=subprocess.PIPE, text=True)
    assert demo.stdout is not None
    try:
        screen = ""
        for line in demo.stdout:
            screen += line
            if line.startswith("Ctrl-C"):
                break
        hub = re.search(r"The hub\s+(http\S+)", screen)
        systems = re.findall(r"(http://\S+/_sandbox/)", screen)
        logins = re.findall(r"(\S+@\S+)\s+\S", screen)
        assert hub is not None and len(systems) == 3 and len(logins) == 4
        for address in systems:
            with urllib.request.urlopen(address, timeout=10) as answer:
                assert b"<a" in answer.read()
        for email in logins:
            page.context.clear_cookies()
            sign_in(page, hub[1], email)
        page.context.clear_cookies()
        sign_in(page, hub[1], "samir@saffron.example")
        salesforce, saffron = systems[0], systems[1]
        until(page, f"{hub[1]}/opportunities?text=Wells+for+the+upper", "text=1 opportunity")

        change(page, f"{salesforce}t/outfunds__Funding_Request__c", "Board renewal", "Commons_Share__c", "true")
        until(page, f"{saffron}t/Opportunities", "text=Board renewal")

        page.goto(f"{hub[1]}/connections/saffron-airtable")
        page.click("button:has-text('Pause')")
        page.wait_for_selector("text=It is paused.")
        change(page, f"{salesforce}t/outfunds__Funding_Request__c", "Wells for the upper", "Name", "Wells, says Alder")
        change(page, f"{saffron}t/Opportunities", "Wells for the upper", "Title", "Wells, says Saffron")
        until(page, f"{hub[1]}/opportunities?text=Wells,+says+Alder", "text=1 opportunity")
        page.goto(f"{hub[1]}/connections/saffron-airtable")
        page.click("button:has-text('Resume')")
        page.context.clear_cookies()
        sign_in(page, hub[1], "ruth.ferris@alder.example")
        ours = "li.conflict:has-text('Wells') a.go"  # beside the one that is there from the start
        until(page, f"{hub[1]}/queue?kind=conflict", ours)
        page.click(ours)
        page.check("input[value=commons]")
        page.click("text=Show what will be written")
        page.click("button:has-text('Resolve')")
        page.wait_for_selector("text=Resolved.")
        until(page, f"{saffron}t/Opportunities", "text=Wells, says Alder")
        page.wait_for_load_state("networkidle")
        page.goto("about:blank")
    finally:
        demo.send_signal(signal.SIGINT)
        rest = demo.stdout.read()
        demo.stdout.close()
        assert demo.wait(30) == 0
    assert "Stopped" in rest
    for address in (hub[1], *systems):
        with pytest.raises(urllib.error.URLError):
            urllib.request.urlopen(address, timeout=5)
