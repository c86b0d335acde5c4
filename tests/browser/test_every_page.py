"""Every page, for every role, in every language and in light and dark: nothing for axe-core to find, nothing said in the
console, nothing asked of another host, nothing too wide for a telephone, one heading.

The pages come from the url map. ``make test`` looks at a part (``--pages-part``), ``make browser`` at all of them and keeps pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from hub import access
from tests.browser.house import NEW, PEOPLE, House, furnished, serving

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = {
    "runOnly": {"type": "tag", "values": TAGS},
    "resultTypes": ["violations"],
    "rules": {"target-size": {"enabled": True}},
}
NARROW, WIDE = {"width": 320, "height": 700}, {"width": 1280, "height": 900}
SHOTS = os.environ.get("HUB_SCREENSHOTS")
"""A folder for pictures of every page, for who wants to look at them."""
NOT_PAGES = {"static", "sign_in.back", "health.alive", "health.ready", "api.openapi", "opportunities.table", "exports.file", "uptake.table",
             "audit.table", "files.take", "files.table", "ledger.state", "importing.several", "searches.one", "searches.drop"}  # fmt: skip
"""Answers to GET that are no page of their own: files, data, and what leads to another page."""
STRANGER, OTHER = "nobody", "officer.oak"
WAYS = [("en", "light"), ("en", "dark"), ("ar", "light"), ("ar", "dark")]
DIRECTION = {"en": "ltr", "ar": "rtl"}


@dataclass
class Look:
    """A page to look at. ``name`` is what its picture is called."""

    who: str
    name: str
    path: str


@dataclass
class Faults:
    """Of one way through all pages; told together, for a stylesheet's fault is on many."""

    found: list[str] = field(default_factory=list)

    def check(self, holds: bool, what: str) -> None:
        if not holds:
            self.found.append(what)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = furnished(tmp_path_factory.mktemp("house"))
    yield made
    made.hub.engine.dispose()


@pytest.fixture(scope="module")
def address(house: House) -> Iterator[str]:
    with serving(house) as url:
        yield url


@pytest.fixture(scope="module")
def every(house: House) -> list[Look]:
    return looks(house) + states(house)


def states(house: House) -> list[Look]:
    """What one address looks like with nothing to show, with a fault, or after a question."""
    return [
        *(Look(NEW, f"empty-{name}", path) for name, path in (
            ("board", "/"), ("queue", "/queue"), ("connections", "/connections"), ("found", "/opportunities?q=zzzz"),
            ("searches", "/searches"), ("rules", "/queue/rules"))),
        Look("everything.elm", "conflict-long", f"/queue/conflicts/{house.ids['conflict']}"),
        Look("everything.elm", "opportunity-full", f"/opportunities/{house.ids['opportunity']}"),
        Look("officer.oak", "opportunity-arabic", f"/opportunities/{house.ids['arabic']}"),
        Look("officer.oak", "run-moving", f"/runs/{house.ids['moving']}"),
        Look("admin.elm", "run-incomplete", "/runs/run-2"),
        Look("admin.elm", "run-failed", "/runs/run-5"),
        *(Look("admin.elm", f"run-{part}", f"/runs/run-0?show={part}") for part in ("rejected", "conflicts", "requests", "log")),
        Look("everything.elm", "queue-filtered", "/queue?kind=conflict&ours=yes&closing=30&sort=-since"),
        Look("admin.elm", "not-there", "/opportunities/none"),
        Look("staff.elm", "not-yours", "/tokens"),
        Look(STRANGER, "sign-in", "/sign-in"),
        Look(STRANGER, "nothing-here", "/nothing-here"),
    ]  # fmt: skip


def looks(house: House) -> list[Look]:
    """Every page for everyone whom it opens to, by its answer to them; of what nobody needs to sign in for, once."""
    found: list[Look] = []
    for endpoint, paths in house.pages.items():
        if endpoint in NOT_PAGES or access.scopes_of(endpoint) is not None:
            continue
        people = [STRANGER] if access.POLICY[endpoint] == access.PUBLIC else PEOPLE
        opened = [Look(who, endpoint, path) for path in paths for who in people if opens(house, who, path)]
        opened = opened or [Look(OTHER, endpoint, path) for path in paths if opens(house, OTHER, path)]
        assert opened, (
            f"{endpoint}: no example that opens. Give one in tests/browser/house.py, or name it in NOT_PAGES."
        )
        found += opened
    return found


def opens(house: House, who: str, path: str) -> bool:
    client = house.app.test_client() if who == STRANGER else house.client(who)
    answer = client.get(path)
    return answer.status_code == 200 and answer.mimetype == "text/html"


def chosen(found: list[Look], lang: str, scheme: str, part: int) -> list[Look]:
    """All of them; or each page once in English and light, and a part of them in Arabic and dark."""
    if part == 1:
        return found
    by_page: dict[tuple[str, str], list[Look]] = {}
    for look in found:
        by_page.setdefault((look.name, look.path), []).append(look)
    first = (lang, scheme) == WAYS[0]
    return [
        people[-1] if first else people[crc32(f"{lang}{scheme}{path}".encode()) % len(people)]
        for (_name, path), people in by_page.items()
        if first or crc32(path.encode()) % part == 0
    ]


@contextmanager
def window(browser: Browser, house: House, address: str, who: str, lang: str, scheme: str) -> Iterator[BrowserContext]:
    """Signed in by the cookie of the person's session."""
    context = browser.new_context(viewport=WIDE, locale=lang, color_scheme=scheme)  # type: ignore[arg-type]
    if who != STRANGER:
        cookie = house.client(who).get_cookie("hub")
        assert cookie is not None
        context.add_cookies([{"name": "hub", "value": cookie.value, "url": address}])
    yield context
    context.close()


def look_at(page: Page, look: Look, address: str, lang: str, scheme: str, faults: Faults) -> None:
    what = f"{look.name} ({look.path}), {look.who}, {lang}, {scheme}"
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    page.goto(address + look.path)
    html = page.locator("html")
    shown = (html.get_attribute("lang"), html.get_attribute("dir"))
    faults.check(shown == (lang, DIRECTION[lang]), f"{what}: lang and dir are {shown}")
    faults.check(page.locator("h1").count() == 1, f"{what}: {page.locator('h1').count()} headings h1")
    for violation in Axe().run(page, options=AXE).response["violations"]:
        faults.check(False, f"{what}: axe {violation['id']} at {[node['target'] for node in violation['nodes']][:5]}")
    picture(page, look, lang, scheme, "wide")
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    wide = page.evaluate("document.documentElement.scrollWidth")
    faults.check(wide <= NARROW["width"], f"{what}: {wide} px wide at 320 px: {page.evaluate(TOO_WIDE)}")
    picture(page, look, lang, scheme, "narrow")


def listen(page: Page, who: str, address: str, faults: Faults) -> None:
    """An answer that is meant to be a refusal is no fault of the page."""
    page.on("pageerror", lambda error: faults.check(False, f"{who}, {page.url}: {error}"))
    page.on(
        "console",
        lambda said: faults.check(
            said.type != "error" or "status of 40" in said.text, f"{who}, {page.url}: console: {said.text}"
        ),
    )
    here = (f"{address}/", "about:", "data:")
    page.on("request", lambda asked: faults.check(asked.url.startswith(here), f"{page.url} asks {asked.url}"))


TOO_WIDE = """[...document.querySelectorAll('main *, header *')].filter(e => {
  const r = e.getBoundingClientRect(); return r.right > innerWidth + 1 || r.left < -1
}).slice(0, 4).map(e => e.tagName + '.' + e.className + ' ' + e.textContent.trim().slice(0, 30))"""


def picture(page: Page, look: Look, lang: str, scheme: str, width: str) -> None:
    if SHOTS:
        folder = Path(SHOTS) / f"{lang}-{scheme}-{width}"
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{look.name}--{look.who}.png", full_page=True)


def test_every_page_for_every_role(
    house: House,
    every: list[Look],
    address: str,
    browser: Browser,
    lang: str,
    scheme: str,
    request: pytest.FixtureRequest,
) -> None:
    if lang not in tongues(house):
        pytest.skip(f"The hub has no catalogue of {lang} yet.")
    faults, part = Faults(), request.config.getoption("--pages-part")
    found = chosen(every, lang, scheme, part)
    for who in sorted({look.who for look in found}):
        with window(browser, house, address, who, lang, scheme) as context:
            page = context.new_page()
            listen(page, who, address, faults)
            for look in (look for look in found if look.who == who):
                look_at(page, look, address, lang, scheme, faults)
    assert faults.found == [], "\n".join(faults.found)


def tongues(house: House) -> set[str]:
    return set(house.app.extensions["hub-languages"])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "scheme" in metafunc.fixturenames:
        part = metafunc.config.getoption("--pages-part")
        metafunc.parametrize(("lang", "scheme"), WAYS if part == 1 else (WAYS[0], WAYS[-1]))
