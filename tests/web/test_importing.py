"""Importing on the pages: a look before anything is written, one or several, and following later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Unavailable
from hub.commons import imports
from hub.store import connections, links, opportunities, questions
from hub.store.tables import Link, Opportunity
from hub.store.waiting import match
from hub.sync.run import sync_all
from tests.web.conftest import Site, fill

HEAD = "No.,Title,Summary,Organisation,Registration number,Share,Commons ID\n"


@pytest.fixture
def filled(site: Site, tmp_path: Path) -> Site:
    """Oak has a sheet with one row of its own, which nobody shares."""
    site.ids = fill(site.hub)
    site.folder = tmp_path / "oak"
    site.folder.mkdir()
    (site.folder / "list.csv").write_text(HEAD + "1,Orchard <b>school</b>,Ours,Pip,,,\n")
    return site


def here(site: Site, connection: str = "oak-sheet") -> str:
    return f"/opportunities/{site.ids['Opportunity']}/import/{connection}"


def shown(site: Site, path: str, who: str = "officer.oak") -> str:
    answer = site.client(who).get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def decide(site: Site, **form: Any) -> str:
    answer = site.post(site.client("officer.oak"), here(site), **form)
    assert answer.status_code == 303
    return site.client("officer.oak").get(answer.location).text


def link(site: Site) -> Link | None:
    with site.hub.reading() as conn:
        return links.by_opportunity(conn, "oak-sheet", [site.ids["Opportunity"]]).get(site.ids["Opportunity"])


def rows(site: Site) -> list[str]:
    return (site.folder / "list.csv").read_text().splitlines()[1:]


def another(site: Site, title: str, **changes: Any) -> str:
    now = site.hub.time.now()
    row = Opportunity(
        id=site.hub.ids.uuid7(), number=site.hub.ids.number(), kind="project", status="published", steward_id="elm", title=title,
        facts={"title": title}, origins={}, created_at=now, updated_at=now,
    ).model_copy(update=changes)  # fmt: skip
    with site.hub.writing() as conn:
        opportunities.add(conn, row)
    return row.id


def test_the_page_shows_fields_likely_duplicates_and_the_choice_and_changes_nothing(filled: Site) -> None:
    page = shown(filled, here(filled))
    assert "has the same title" in page and 'value="link:1"' in page and 'value="create"' in page
    assert "Amount requested, Currency" in page and "1,000 USD" in page
    assert "<b>school" not in page and "U+202E" in page
    assert link(filled) is None and len(rows(filled)) == 1


def test_who_may_look_and_import(filled: Site) -> None:
    mine, theirs = here(filled), here(filled, "elm-sheet")
    assert filled.client("officer.oak").get(theirs).status_code == 404, "a connection of another foundation"
    assert filled.post(filled.client("officer.oak"), theirs).status_code == 404
    assert filled.client("officer.oak").get(here(filled, "nowhere")).status_code == 404
    for role in ("staff", "admin", "operator", "convener"):
        client = filled.client(f"{role}.oak")
        assert client.get(mine).status_code == 403 and filled.post(client, mine).status_code == 403
    hidden = another(filled, "Not for Oak", audience="member:nobody")
    path = f"/opportunities/{hidden}/import/oak-sheet"
    assert filled.client("officer.oak").get(path).status_code == 404
    assert filled.post(filled.client("officer.oak"), path).status_code == 404
    assert link(filled) is None


def test_a_connection_that_is_only_read_is_no_place_to_import_into(
    filled: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = filled.ids["Opportunity"]
    assert "Import into oak-sheet" in shown(filled, f"/opportunities/{id}")
    assert "Import into" not in shown(filled, f"/opportunities/{id}", "staff.oak")
    monkeypatch.setattr(imports, "writes", lambda hub, name: False)
    assert "Import into" not in shown(filled, f"/opportunities/{id}")
    assert filled.client("officer.oak").get(here(filled)).status_code == 404


def test_what_is_in_already_or_not_published_is_said(filled: Site) -> None:
    decide(filled, same="create", follow="yes")
    answer = filled.client("officer.oak").get(here(filled))
    assert answer.status_code == 303 and "already, or on its way" in filled.client("officer.oak").get("/queue").text
    old = another(filled, "Over", status="closed")
    answer = filled.client("officer.oak").get(f"/opportunities/{old}/import/oak-sheet")
    assert answer.status_code == 303


def test_creating_it_keeps_how_it_is_followed(filled: Site) -> None:
    assert "after its next sync" in decide(filled, same="create", follow="ask")
    found = link(filled)
    assert found is not None and (found.state, found.follow) == ("wanted", "ask")
    assert filled.post(filled.client("officer.oak"), here(filled), follow="perhaps").status_code == 400


def test_this_is_it_links_the_row_and_overwrites_nothing(filled: Site) -> None:
    with filled.hub.writing() as conn:  # nothing else waits
        conn.execute(match.delete())
    assert "is this opportunity" in decide(filled, same="link:1", follow="yes")
    for _ in range(2):
        filled.time.sleep(400)
        with filled.hub.writing() as conn:
            connections.change(conn, "oak-sheet", approved=True)
        (result,) = sync_all(filled.hub, ["oak-sheet"])
        assert result.state == "done", result.message
    (row,) = rows(filled)
    assert filled.ids["Opportunity"] in row and "Ours" in row
    found = link(filled)
    assert found is not None and found.remote_id == "1" and (found.differs or {}).get("summary") == "keep"


def test_a_chosen_row_that_went_away_is_asked_about_and_nothing_is_created(filled: Site) -> None:
    with filled.hub.writing() as conn:
        conn.execute(match.delete())
    decide(filled, same="link:1", follow="yes")
    (filled.folder / "list.csv").write_text(HEAD + "2,Another,,,,,\n")
    filled.time.sleep(400)
    (result,) = sync_all(filled.hub, ["oak-sheet"])
    assert result.state in ("done", "held"), result.message
    assert len(rows(filled)) == 1
    assert "cannot be used. Which one is it?" in shown(filled, "/queue")


def test_a_record_of_another_opportunity_cannot_be_chosen(filled: Site) -> None:
    other = another(filled, "Orchard <b>school</b>")
    with filled.hub.writing() as conn:
        row = Link(
            id="l2", connection_id="oak-sheet", opportunity_id=other, remote_id="1", created_at=filled.time.now()
        )
        links.add(conn, row)
    page = shown(filled, here(filled))
    assert "It is the record of" in page and 'value="link:1"' not in page
    assert "belongs to another opportunity" in decide(filled, same="link:1")
    assert link(filled) is None
    for bad in ("link:", "link:" + "9" * 300):
        assert "no id of a record" in decide(filled, same=bad)
    assert filled.post(filled.client("officer.oak"), here(filled), same="maybe").status_code == 400
    assert link(filled) is None


def test_a_system_that_does_not_answer_is_said_and_importing_stays_possible(
    filled: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: Any, **__: Any) -> Any:
        raise Unavailable("The sheet is asleep.")

    monkeypatch.setattr(type(filled.hub.connect("oak-sheet")), "lookup", silent)
    page = shown(filled, here(filled))
    assert "The sheet is asleep." in page and "You can import it all the same" in page and "Amount requested" in page
    several = shown(filled, f"/opportunities/import?connection=oak-sheet&pick={filled.ids['Opportunity']}")
    assert "nobody could look" in several and " checked" not in several
    monkeypatch.setattr(type(filled.hub), "connect", silent)
    assert "The sheet is asleep." in shown(filled, here(filled))
    decide(filled, follow="yes")
    assert link(filled) is not None


# --- several -----------------------------------------------------------------


def test_of_several_the_likely_ones_wait_for_a_tick(filled: Site) -> None:
    new, closed = another(filled, "Wells"), another(filled, "Over", status="closed")
    id = filled.ids["Opportunity"]
    assert f'value="{id}"' in shown(filled, "/opportunities") and "Look first" not in shown(
        filled, "/opportunities", "staff.oak"
    )
    query = "&".join(f"pick={x}" for x in (id, new, closed))
    page = shown(filled, f"/opportunities/import?connection=oak-sheet&{query}")
    assert "1 new, 1 likely there already, 1 cannot be imported." in page
    assert f'value="{new}" checked' in page and f'value="{id}" checked' not in page and f'value="{id}"' in page
    assert f'value="{closed}"' not in page and link(filled) is None
    answer = filled.post(
        filled.client("officer.oak"), "/opportunities/import", connection="oak-sheet", pick=[new, closed], follow="no"
    )
    said = filled.client("officer.oak").get(answer.location).text
    assert "1 opportunity will be in oak-sheet" in said and "only published opportunities" in said
    with filled.hub.reading() as conn:
        found = links.by_opportunity(conn, "oak-sheet", [id, new, closed])
    assert [(x, found[x].follow) for x in found] == [(new, "no")]


def test_several_into_what_is_not_ones_own_or_with_nothing_ticked(filled: Site) -> None:
    client = filled.client("officer.oak")
    hidden = another(filled, "Not for Oak", audience="member:nobody")
    assert client.get(f"/opportunities/import?connection=elm-sheet&pick={hidden}").status_code == 404
    assert client.get("/opportunities/import?connection=oak-sheet").status_code == 303
    assert "Not for Oak" not in shown(filled, f"/opportunities/import?connection=oak-sheet&pick={hidden}")
    path = "/opportunities/import"
    assert filled.post(client, path, connection="elm-sheet", pick=hidden).status_code == 404
    answer = filled.post(client, path, connection="oak-sheet", pick=hidden, follow="yes")
    assert answer.status_code == 303
    with filled.hub.reading() as conn:
        assert links.by_opportunity(conn, "oak-sheet", [hidden]) == {}


# --- following ---------------------------------------------------------------


def test_following_is_chosen_later_by_those_whose_record_it_is(filled: Site) -> None:
    decide(filled, same="create", follow="yes")
    id = filled.ids["Opportunity"]
    path = f"/opportunities/{id}/follow/oak-sheet"
    assert "Follow updates" in shown(filled, f"/opportunities/{id}")
    assert "Follow updates" not in shown(filled, f"/opportunities/{id}", "officer.elm")
    assert filled.post(filled.client("staff.oak"), path, follow="no").status_code == 303
    assert getattr(link(filled), "follow", None) == "no"
    for who, where, status in (
        ("officer.elm", path, 404),
        ("officer.elm", f"/opportunities/{id}/follow/elm-sheet", 404),
        ("operator.oak", path, 403),
    ):
        assert filled.post(filled.client(who), where, follow="yes").status_code == status, who
    assert getattr(link(filled), "follow", None) == "no"


def test_an_update_waits_in_the_queue_with_its_difference_and_counts_once(filled: Site) -> None:
    id = filled.ids["UpdateQuestion"]
    page = shown(filled, "/queue?kind=update", "officer.elm")
    assert "1 field changed in the commons" in page and "dry &lt;b&gt;wells" in page and "wet wells" in page
    assert "changed in the commons" not in shown(filled, "/queue", "officer.oak")
    path = f"/queue/updates/{id}"
    client = filled.client("officer.elm")
    assert filled.post(filled.client("officer.oak"), path, choice="take", rev="1").status_code == 404

    def state() -> str:
        with filled.hub.reading() as conn:
            found: str = conn.execute(questions.t.select().where(questions.t.c.id == id)).one().state
        return found

    for choice, rev in (("take", "7"), ("perhaps", "1"), ("take", "")):
        filled.post(client, path, choice=choice, rev=rev)
        assert state() == "open"
    filled.post(client, path, choice="take", rev="1")
    assert state() == "taken"
    assert "changed in the commons" not in shown(filled, "/queue", "officer.elm")
