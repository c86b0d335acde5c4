"""What we share: the own foundation's list, what keeps a draft back, and withdrawing or sharing again with its effect said first."""

from __future__ import annotations

import re

from hub.store import audit, dues, opportunities
from tests.web.conftest import Site, fill


def change(site: Site, id: str, **values: object) -> None:
    with site.hub.writing() as conn:
        opportunities.change(conn, id, **values)


def status(site: Site, id: str) -> str:
    with site.hub.reading() as conn:
        return opportunities.load(conn, [id])[id].status


COMPLETE = {
    "title": "Orchard school",
    "summary": "Trees and letters.",
    "organization.name": "Orchard",
    "organization.country": "KE",
    "themes": ["education"],
    "geographies": [{"country": "KE"}],
    "ask.requested": {"amount": "1000", "currency": "USD"},
    "planned_activities": "Plant.",
    "consent.scope": "listing",
}


def test_the_list_has_the_own_ones_with_what_still_lacks_and_nobody_elses(site: Site) -> None:
    ids = fill(site.hub)
    change(site, ids["Opportunity"], status="draft", facts={"title": "Orchard <b>school</b>"})
    page = site.client("staff.elm").get("/publish").text
    assert "Orchard &lt;b&gt;school" in page and "Ash has it too" not in page
    assert "Organisation" in page and "Consent" in page, "what it still needs"
    assert ">Publish<" in page and "all members" in page
    assert "Orchard" not in site.client("staff.oak").get("/publish").text
    assert "Orchard" not in site.client("staff.elm").get("/publish?status=published").text
    assert ">Publish<" not in site.client("officer.elm").get("/publish").text, "who imports does not share"


def test_withdrawing_says_what_it_does_and_every_system_hears_of_it(site: Site) -> None:
    id = fill(site.hub)["Opportunity"]
    staff = site.client("staff.elm")
    with site.hub.writing() as conn:
        dues.done(conn, "elm-sheet", [id])
    page = staff.get(f"/publish/{id}").text
    assert "Nothing is deleted there" in page and f'action="/publish/{id}/withdraw"' in page
    assert status(site, id) == "published", "looking changes nothing"
    answer = site.post(staff, f"/publish/{id}/withdraw")
    assert answer.status_code == 303 and status(site, id) == "withdrawn"
    with site.hub.reading() as conn:
        lines = [line for line in audit.listed(conn, None, [], limit=50) if line.opportunity_id == id]
        assert conn.execute(dues.t.select().where(dues.t.c.opportunity_id == id)).all()
    assert lines[0].action == "withdrawn" and lines[0].actor.startswith("user:")
    again = site.post(staff, f"/publish/{id}/withdraw")
    assert "withdrawn already" in staff.get(again.location).text


def test_sharing_again_is_refused_with_what_lacks_until_it_is_there(site: Site) -> None:
    id = fill(site.hub)["Opportunity"]
    staff = site.client("staff.elm")
    change(site, id, status="withdrawn", facts={"title": "Orchard school"})
    page = staff.get(f"/publish/{id}").text
    assert "cannot be shared yet" in page and f'action="/publish/{id}/share"' not in page
    assert site.post(staff, f"/publish/{id}/share").status_code == 422 and status(site, id) == "withdrawn"
    assert re.findall(r'<li class="reason">([^<]+)</li>', page)[-1] == "Consent"
    change(site, id, facts=COMPLETE)
    assert f'action="/publish/{id}/share"' in staff.get(f"/publish/{id}").text
    assert site.post(staff, f"/publish/{id}/share").status_code == 303 and status(site, id) == "published"


def test_what_others_hold_of_it_is_told_by_no_number(site: Site) -> None:
    """An untouched import changes no number that another member sees."""
    id = fill(site.hub)["Opportunity"]
    staff = site.client("staff.elm")
    before = (staff.get("/publish").text, staff.get(f"/publish/{id}").text)
    with site.hub.writing() as conn:
        conn.exec_driver_sql(
            "INSERT INTO link (id, connection_id, opportunity_id, remote_id, state, seen_scan, seen_page, missed_scans, follow) "
            f"VALUES ('theirs', 'oak-sheet', '{id}', '9', 'linked', 0, 0, 0, 'yes')"
        )
        dues.add(conn, ["oak-sheet"], id, site.time.now())
    plain = [re.sub(r'name="csrf_token" value="[^"]+"', "", text) for text in before]
    after = [staff.get(path).text for path in ("/publish", f"/publish/{id}")]
    assert [re.sub(r'name="csrf_token" value="[^"]+"', "", text) for text in after] == plain


def test_another_foundations_cannot_be_looked_at_or_moved(site: Site) -> None:
    ids = fill(site.hub)
    oak = site.client("staff.oak")
    assert oak.get(f"/publish/{ids['Opportunity']}").status_code == 404
    assert site.post(oak, f"/publish/{ids['Opportunity']}/withdraw").status_code == 404
    assert status(site, ids["Opportunity"]) == "published"
    change(site, ids["Opportunity"], arriving="run")
    elm = site.client("staff.elm")
    assert site.post(elm, f"/publish/{ids['Opportunity']}/withdraw").status_code == 404, "what arrives has its judge"
