"""Long texts in a conflict: what each side changed is marked, and both changes are offered as one text."""

from __future__ import annotations

import pytest

from hub.store.tables import Conflict
from hub.web import compared
from tests.web.conftest import Site, fill

BASE = "The boat calls once a fortnight.\nIt carries a nurse, a dentist and a lamp."
ONE = BASE.replace("a dentist", "two dentists")
OTHER = BASE.replace("fortnight", "week")


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (ONE, OTHER, ONE.replace("fortnight", "week")),
        (BASE, OTHER, OTHER),
        (ONE, BASE.replace("a dentist", "no dentist"), None),
        (ONE, BASE + " And a doctor.", ONE + " And a doctor."),
        (BASE + " One.", BASE + " Two.", None),
        (ONE, None, None),
    ],
)
def test_changes_of_different_places_are_put_together_and_of_the_same_place_never(
    one: str, other: str | None, together: str | None
) -> None:
    assert compared.merged(BASE, one, other) == together == compared.merged(BASE, other, one)


def conflict(site: Site) -> str:
    ids = fill(site.hub)
    party = {"connection": "elm-sheet", "link": ids["Link"], "value": OTHER, "raw": {"Summary": OTHER}}
    made = Conflict(id="long", opportunity_id=ids["Opportunity"], path="summary", base=BASE, commons=ONE, parties=[party],
                    opened_at=site.time.now())  # fmt: skip
    with site.hub.writing() as conn:
        conn.execute(vars(Conflict)["__table__"].insert(), made.model_dump())
    return ids["Conflict"]


def test_the_page_marks_what_was_changed_offers_both_and_leads_on(site: Site) -> None:
    short = conflict(site)
    page = site.client("admin.elm").get("/queue/conflicts/long").text
    for tag, said, word in (
        ("del", "removed", "a"),
        ("ins", "added", "two"),
        ("del", "removed", "fortnight."),
        ("ins", "added", "week."),
    ):
        assert f'<{tag}><span class="hidden">{said}: </span>{word}</{tag}>' in page
    assert ONE.replace("fortnight", "week") in page.replace("\r\n", "\n")
    assert "Both changes together" in page and f"/queue/conflicts/{short}" in page
    assert "Skip: the next conflict" in page
