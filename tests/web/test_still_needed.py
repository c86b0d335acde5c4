"""The question whether something is still needed, on the pages of its steward's people and of nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.commons import asking
from hub.store import links, opportunities
from tests.web.conftest import Site, fill


@pytest.fixture
def quiet(site: Site) -> Site:
    """Elm's opportunity, half a year later, asked about."""
    site.ids = fill(site.hub)
    site.time.sleep(timedelta(days=200).total_seconds())
    asking.look(site.hub)
    return site


def queue(site: Site, who: str) -> str:
    return site.client(who).get("/queue?kind=still_needed").text


def answer(site: Site, who: str, word: str) -> int:
    return site.post(site.client(who), f"/queue/still-needed/{site.ids['Opportunity']}/{word}").status_code


def status(site: Site) -> tuple[str, bool]:
    with site.hub.reading() as conn:
        row = opportunities.load(conn, [site.ids["Opportunity"]])[site.ids["Opportunity"]]
    return row.status, row.asked_at is not None


def test_those_who_share_see_it_and_one_click_answers(quiet: Site) -> None:
    for who in ("staff.elm", "admin.elm"):
        shown = queue(quiet, who)
        assert "nothing was changed or said since 01 Mar 2026. Is it still needed?" in shown
        assert "Orchard &lt;b&gt;school&lt;/b&gt;" in shown and "Orchard <b>" not in shown
    assert answer(quiet, "staff.elm", "yes") == 303 and status(quiet) == ("published", False)
    shown = queue(quiet, "staff.elm")
    assert "It stays shared" in shown and "Is it still needed?" not in shown


def test_nobody_else_sees_or_answers_it(quiet: Site) -> None:
    for who in ("officer.elm", "staff.oak", "admin.oak", "operator.elm"):
        assert "Is it still needed?" not in queue(quiet, who), who
    assert answer(quiet, "officer.elm", "yes") == answer(quiet, "convener.elm", "no") == 403
    assert answer(quiet, "staff.oak", "yes") == answer(quiet, "admin.oak", "no") == 404
    assert status(quiet) == ("published", True)
    page = quiet.client("staff.oak").get(f"/opportunities/{quiet.ids['Opportunity']}").text
    assert "Still needed?" not in page
    assert "Still needed? Tick" in quiet.client("staff.elm").get(f"/opportunities/{quiet.ids['Opportunity']}").text


def test_no_longer_withdraws_it_and_it_is_not_asked_about_any_more(quiet: Site) -> None:
    assert answer(quiet, "admin.elm", "no") == 303 and status(quiet) == ("withdrawn", False)
    assert "Is it still needed?" not in queue(quiet, "admin.elm")
    assert answer(quiet, "admin.elm", "yes") == 303 and status(quiet) == ("withdrawn", False), (
        "too late for this button"
    )


def test_what_was_withdrawn_for_want_of_a_word_says_so_and_is_shared_again_by_one_click(quiet: Site) -> None:
    with quiet.hub.writing() as conn:
        row = opportunities.load(conn, [quiet.ids["Opportunity"]])[quiet.ids["Opportunity"]]
        asking._delist(conn, quiet.hub, row, quiet.time.now())
    shown = queue(quiet, "staff.elm")
    assert (
        "was withdrawn: since 01 Mar 2026 nobody said that it is still needed." in shown and "Share it again" in shown
    )
    page = quiet.client("staff.elm").get(f"/opportunities/{quiet.ids['Opportunity']}").text
    assert "withdrawn: nobody said that it is still needed" in page, "the history says why"
    assert answer(quiet, "staff.elm", "yes") == 303 and status(quiet) == ("withdrawn", True)
    assert "it is not ticked for sharing any more" in queue(quiet, "staff.elm")
    with quiet.hub.writing() as conn:
        links.change(conn, quiet.ids["Link"], base={"Title": "Orchard", "Share": True})
    assert answer(quiet, "staff.elm", "yes") == 303 and status(quiet) == ("withdrawn", True)
    assert "Something lacks that a published opportunity needs" in queue(quiet, "staff.elm")
    with quiet.hub.writing() as conn:
        whole = row.facts | {"organization.name": "Pip", "consent.scope": "commons"}
        opportunities.change(conn, row.id, facts=whole)
    assert answer(quiet, "staff.elm", "yes") == 303 and status(quiet) == ("published", False)
