"""A real Chromium, and a person who signs in with it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from hub.demo.stage import PASSWORD
from tests.town import Town

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# No sandbox: CI runs as root. The others keep a closed network from being asked for anything.
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("CI has no Chromium; .ci/run installs it.")
        pytest.skip("No Chromium was found, so pages are not looked at. Install it: apt install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A new window. Whatever a page says in the console as an error (a blocked style, a broken script) fails the test."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    # An answer that is meant to be a refusal is no fault of the page.
    assert [line for line in said if not re.search(r"status of (401|404|409|422)", line)] == []


@contextmanager
def visiting(town: Town, page: Page) -> Iterator[str]:
    """``hub serve`` for as long as the person is there: they leave before it stops, or the page would miss it."""
    with town.serving() as url:
        yield url
        page.wait_for_load_state("networkidle")
        page.goto("about:blank")


def sign_in(page: Page, url: str, email: str) -> Any:
    page.goto(url)
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.wait_for_selector("text=Sign out")
