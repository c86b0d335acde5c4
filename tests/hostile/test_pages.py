"""What people see of hostile text, of what a system cannot hold, and what they may type themselves."""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.people.accounts import add_user
from hub.web import typed
from tests.hostile.four import ORGANISATION, Four
from tests.hostile.strings import BY_CATEGORY, STRINGS, UNKEEPABLE
from tests.web.conftest import PASSWORD, Site

USUAL = {"summary": "Clean water", "organization.name": ORGANISATION}


def signed_in(four: Four, member: str) -> Any:
    add_user(four.hub, member, f"{member}@hub.test", member, ("staff", "officer", "admin"), PASSWORD)
    site = Site(four.hub, four.time)
    return site, site.client(member)


def test_the_opportunity_page_says_what_each_system_cannot_hold_and_why(tmp_path: Path) -> None:
    with Four(tmp_path) as four:
        four.share("csv", [USUAL | {"title": "Wells of the upper valley " * 5, "need": "long " * 30_000}])
        four.sync()
        (id,) = four.opportunities()
        for member, name, says in (
            ("dene", "xlsx", "sheet.xlsx: A cell holds 32767 characters; this text has 150000."),
            ("saffron", "airtable", "An Airtable cell holds 100000 characters; this text has 150000."),
            ("alder", "salesforce", "Missing there: characters after the first 80."),
        ):
            _site, client = signed_in(four, member)
            page = client.get(f"/opportunities/{id}").text
            assert f"≠ {name}: " in page and html.escape(says) in page and "linked; some fields differ" in page


def test_a_value_that_outgrows_its_column_is_said_to_be_missing_and_one_that_fits_again_is_not(tmp_path: Path) -> None:
    """Nothing else changes in that system, so it is the push that finds out, not the next pull."""
    with Four(tmp_path) as four:
        four.share("csv", [USUAL | {"title": "Wells", "need": "Water"}])
        four.sync()
        rows = {name: next(iter(four.held(name).values())) for name in ("xlsx", "airtable")}
        assert all(record.unholdable == {} for record in rows.values())
        for need, missing in (("long " * 30_000, True), ("Water again", False)):
            text = four.csv.read_text()
            four.csv.write_text(text.replace("long " * 30_000 if "long " in text else "Water", need))
            for _ in range(2):
                four.sync()
                for name in ("xlsx", "airtable"):
                    (record,) = four.held(name).values()
                    assert ("need" in record.unholdable) is missing, (name, missing)
                    assert record.texts["need"] == ("Water" if missing else "Water again")


def test_every_page_shows_hostile_text_without_becoming_part_of_it(tmp_path: Path) -> None:
    texts = [text for some in BY_CATEGORY.values() for text in some[:: max(1, len(some) // 3)]]
    with Four(tmp_path) as four:
        given = [USUAL | {"title": text, "need": text} for text in texts]
        given += [USUAL | {"title": text} for text in UNKEEPABLE]
        given += [USUAL | {"title": f"Wells {n}", "need": text} for n, text in enumerate(UNKEEPABLE)]
        four.airtable.app.json.ensure_ascii = True  # type: ignore[attr-defined]
        four.share("airtable", given)
        four.sync("airtable")
        _site, client = signed_in(four, "saffron")
        for path in ("/", "/queue", "/opportunities", "/opportunities.csv", "/connections/airtable"):
            answer = client.get(path)
            assert answer.status_code == 200, path
            if path.endswith(".csv"):
                continue  # plain text for a spreadsheet program, which runs formulas and no markup
            assert "<script>alert" not in answer.text and "<img src=x" not in answer.text, path
        for id in four.opportunities():
            answer = client.get(f"/opportunities/{id}")
            assert answer.status_code == 200
            assert "<script>alert" not in answer.text and "<img src=x" not in answer.text
        shown = client.get("/queue").text
        assert "has a NUL character" in shown and "half of a character" in shown and "U+D800" in shown


@pytest.mark.parametrize("path", ["title", "need", "contact.public"])
def test_text_that_a_person_types_stays_as_typed(path: str) -> None:
    for text in STRINGS:
        expected = text.replace("\r\n", "\n") if text.strip() else None
        if expected is None and path == "title":
            continue
        assert typed.parse(path, text) == expected


@pytest.mark.parametrize("text", UNKEEPABLE)
def test_text_that_cannot_be_kept_is_refused_when_typed(text: str) -> None:
    with pytest.raises(ValueError, match=r"NUL|half of a character"):
        typed.parse("need", text)


@pytest.mark.parametrize("on", ["sqlite", "postgresql"])
def test_a_nul_in_an_address_or_a_form_is_a_bad_request(
    tmp_path: Path, on: str, request: pytest.FixtureRequest
) -> None:
    new: Callable[[], str] = (
        request.getfixturevalue("new_postgres") if on == "postgresql" else lambda: "sqlite:///hub.db"
    )
    with Four(tmp_path, new()) as four:
        site, client = signed_in(four, "alder")
        for path in (
            "/opportunities/a%00b",
            "/opportunities?text=%00",
            "/opportunities?steward=%00",
            "/connections/%00",
        ):
            assert client.get(path).status_code == 400, path
        answer = site.post(site.app.test_client(), "/sign-in", email="a\0@hub.test", password="x")
        assert answer.status_code == 400
        for path in ("/opportunities/%ED%A0%80", "/opportunities?text=%ED%A0%80", "/opportunities?text=%FF"):
            assert client.get(path).status_code in (200, 404), path
