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
        page.wait_for_selector("article:has-text('saffron-airtable') .word:has-text('On time')", timeout=60_000)
        page.goto(hub[1] + "/opportunities?text=Mangroves+against+the+tide")
        assert page.locator("tbody tr").count() == 1
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
