"""What the pages say to whom."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from hub.store import lists
from hub.store.opportunities import t
from hub.store.tables import Quarantine, Run
from tests.web.conftest import Site, fill


def test_a_draft_tells_its_steward_what_it_still_needs(site: Site) -> None:
    ids = fill(site.hub)
    path = f"/opportunities/{ids['Opportunity']}"
    assert "It still needs" not in site.client("staff.elm").get(path).text
    with site.hub.writing() as conn:
        conn.execute(update(t).where(t.c.id == ids["Opportunity"]).values(status="draft"))
    text = site.client("staff.elm").get(path).text
    assert "It still needs: Organisation, Consent." in " ".join(text.split()) and "40 of 100 complete" in text
    assert site.client("staff.oak").get(path).status_code == 404  # nobody else's before it is published


def test_a_field_says_where_its_value_came_from_and_where_it_differs(site: Site) -> None:
    path = f"/opportunities/{fill(site.hub)['Opportunity']}"
    own, other = site.client("staff.elm").get(path).text, site.client("staff.oak").get(path).text
    assert "elm-sheet: differs here; kept local" in own
    assert "elm-sheet" not in other  # another foundation is named, its connections are not


def test_a_partner_sees_a_conflict_that_its_edit_made_and_who_decides(site: Site) -> None:
    ids = fill(site.hub)
    page = site.client("staff.elm").get(f"/queue/conflicts/{ids['Conflict']}").text
    assert "Last agreed" in page and "Orchard one" in page and "Orchard three" in page and "Write another" in page


def test_a_value_that_cannot_be_is_refused_and_what_was_typed_stays(site: Site) -> None:
    ids = fill(site.hub)
    client = site.client("staff.elm")
    answer = site.post(client, f"/queue/conflicts/{ids['Conflict']}", choice="other", other="", step="resolve", rev="1")
    assert answer.status_code == 422 and "A title cannot be empty" in answer.text
    answer = site.post(client, f"/queue/conflicts/{ids['Conflict']}", choice="nothing", step="resolve", rev="1")
    assert answer.status_code == 422 and "Choose one of the values" in answer.text


def test_the_dashboard_leads_with_what_needs_a_person(site: Site) -> None:
    fill(site.hub)
    text = site.client("admin.elm").get("/").text
    assert (
        text.index("This is the first sync of")
        < text.index("was deleted")
        < text.index("was changed in elm-sheet")
        < text.index("Connections</h2>")
    )
    assert "Held for approval" in text and "Nothing. As of" in site.client("admin.oak").get("/").text


def test_a_steward_that_wants_no_name_has_none_anywhere(site: Site) -> None:
    ids = fill(site.hub)
    with site.hub.writing() as conn:
        facts = conn.execute(select(t.c.facts).where(t.c.id == ids["Opportunity"])).scalar_one()
        conn.execute(update(t).where(t.c.id == ids["Opportunity"]).values(facts=facts | {"named": False}))
    other, own = site.client("staff.oak"), site.client("staff.elm")
    page = other.get(f"/opportunities/{ids['Opportunity']}").text
    assert "Elm Fund" not in page and "a member" in page
    assert "0 opportunities" in other.get("/opportunities?steward=elm").text
    assert (
        "2 opportunities" in other.get("/opportunities").text
        and "1 opportunity" in own.get("/opportunities?steward=elm").text
    )
    assert "Elm Fund" not in other.get("/opportunities.csv").text


@pytest.mark.parametrize(("count", "lines"), [(2, 2), (9, 1)])
def test_no_quarantined_record_is_left_off_the_dashboard(site: Site, count: int, lines: int) -> None:
    now = site.hub.time.now()
    with site.hub.writing() as conn:
        for number in range(count):
            row = Quarantine(
                id=site.hub.ids.uuid7(), connection_id="elm-sheet", remote_id=str(number), reason="No title.", fields={},
                first_seen_at=now, last_seen_at=now,
            )  # fmt: skip
            conn.execute(lists.quarantine.insert(), row.model_dump())
    text = site.client("staff.elm").get("/").text
    assert text.count('<li class="quarantine">') == lines
    assert (f"{count} records of elm-sheet" in text) is (lines == 1)


def test_an_empty_hub_says_what_to_do_next(site: Site) -> None:
    assert "Tick the share field" in site.client("staff.elm").get("/opportunities").text


def test_lists_are_filtered_on_the_server_and_the_address_keeps_the_filter(site: Site) -> None:
    fill(site.hub)
    client = site.client("staff.oak")
    assert "1 opportunity" in client.get("/opportunities?text=orchard&status=published&steward=elm").text
    for query in ("text=100%25", "status=closed", "steward=oak", "text=_rchard"):
        assert "0 opportunities" in client.get(f"/opportunities?{query}").text


def test_a_value_is_taken_back_by_its_stewards_people_after_a_look(site: Site) -> None:
    ids = fill(site.hub)
    path = f"/opportunities/{ids['Opportunity']}"
    staff = site.client("staff.elm")
    assert "Take back" in staff.get(path).text and "Take back" not in site.client("staff.oak").get(path).text
    preview = staff.get(f"{path}/history/1/title").text
    assert "Orchard none" in preview and "ordinary edit" in preview
    answer = site.post(staff, f"{path}/history/1/title")
    assert answer.status_code == 303 and "open conflict" in staff.get(path).text
    with site.hub.writing() as conn:
        conn.execute(lists.conflict.update().values(state="resolved"))
    site.post(staff, f"{path}/history/1/title")
    assert '<h1><bdi dir="auto">Orchard none' in staff.get(path).text
    assert site.client("staff.oak").get(f"{path}/history/1/title").status_code == 404


def test_an_admin_makes_a_rule_while_resolving_and_others_only_resolve(site: Site) -> None:
    ids = fill(site.hub)
    page = f"/queue/conflicts/{ids['Conflict']}"
    form = {"choice": "party0", "step": "resolve", "rev": "1", "prefer": "0"}
    assert "Always prefer" not in site.client("staff.elm").get(page).text
    assert site.post(site.client("staff.elm"), page, **form).status_code == 403
    admin = site.client("admin.elm")
    assert "Always prefer elm-sheet" in admin.get(page).text and "nothing decided yet" in admin.get(page).text
    assert site.post(admin, page, **form | {"prefer": "7"}).status_code == 403
    assert site.post(admin, page, **form).status_code == 303
    assert "Always prefer elm-sheet for Title" in site.client("staff.elm").get("/queue/rules").text
    assert "Always prefer" not in site.client("admin.oak").get("/queue/rules").text


def test_a_rule_leads_to_the_opportunity_whose_conflict_it_was_made_from(site: Site) -> None:
    ids = fill(site.hub)
    form = {"choice": "party0", "step": "resolve", "rev": "1", "prefer": "0"}
    admin = site.client("admin.elm")
    assert "made from a conflict" not in admin.get("/queue/rules").text  # where none is known
    site.post(admin, f"/queue/conflicts/{ids['Conflict']}", **form)
    there = f"/opportunities/{ids['Opportunity']}"
    page = admin.get("/queue/rules").text
    assert f'<a href="{there}#history">made from a conflict over <bdi dir="auto">' in page
    assert 'id="history"' in admin.get(there).text
    with site.hub.writing() as conn:  # it is another foundation's by now, and not shown to this one
        conn.execute(lists.opportunity.update().values(steward_id="ash", status="draft"))
    page = admin.get("/queue/rules").text
    assert "made from a conflict" in page and there not in page and "Orchard" not in page


def test_a_lost_create_is_settled_in_the_queue(site: Site) -> None:
    ids = fill(site.hub)
    client = site.client("staff.elm")
    assert "Which record is it?" in client.get("/queue").text
    site.post(client, f"/queue/matches/{ids['MatchQuestion']}", choice="link:8")
    assert "Choose one of the records" in client.get("/queue").text
    site.post(client, f"/queue/matches/{ids['MatchQuestion']}", choice="link:7")
    assert "Which record is it?" not in client.get("/queue").text


def test_a_hold_says_what_it_looks_like(site: Site) -> None:
    ids = fill(site.hub)
    with site.hub.writing() as conn:
        conn.execute(
            lists.hold.update().values(kind="deletions", diagnosis="All 9 missing records are on page 2 and later.")
        )
    page = site.client("admin.elm").get(f"/queue/holds/{ids['Hold']}").text
    assert "page 2 and later" in page and "Nothing is deleted anywhere" in page


def test_a_value_that_its_system_shows_otherwise_is_said_to_be(site: Site) -> None:
    ids = fill(site.hub)
    sent = {"base": {"Title": "ORCHARD"}, "sent": {"Title": "Orchard <b>school</b>"}}
    with site.hub.writing() as conn:
        conn.execute(lists.link.update().where(lists.link.c.id == ids["Link"]).values(**sent))
    page = site.client("staff.elm").get(f"/opportunities/{ids['Opportunity']}").text
    assert "some fields differ" in page and "elm-sheet: written, and shown there as “ORCHARD”" in page


@pytest.mark.parametrize(
    ("used", "says"),
    [
        (12_345, "12,345 of 100,000 used; the hub stops at 80,000"),
        (80_001, "80,001 of 100,000 used: the hub leaves the rest to others"),
    ],
)
def test_a_connection_shows_how_much_of_its_systems_daily_calls_is_used(site: Site, used: int, says: str) -> None:
    ids = fill(site.hub)
    page = "/connections/elm-sheet"
    assert "Daily calls" not in site.client("admin.elm").get(page).text
    counts = {"calls_used": used, "calls_allowed": 100_000, "calls_stop": 80_000}
    run = Run.__table__  # type: ignore[attr-defined]
    with site.hub.writing() as conn:
        conn.execute(update(run).where(run.c.id == ids["Run"]).values(counts=counts))
    assert says in site.client("admin.elm").get(page).text
