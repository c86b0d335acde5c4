"""The page that tells whether the commons works: what it counts, for whom, and what it never says."""

from __future__ import annotations

import csv
import io

from hub.store import opportunities
from hub.sync import history
from hub.sync.history import Cause, New
from tests.web.conftest import Site, fill


def openings(site: Site) -> list[tuple[str, str]]:
    with site.hub.reading() as conn:
        return [tuple(row) for row in conn.exec_driver_sql("SELECT member_id, day FROM opened ORDER BY member_id")]  # type: ignore[misc]


def test_the_first_look_of_another_member_is_kept_as_a_day_and_nothing_else(site: Site) -> None:
    path = f"/opportunities/{fill(site.hub)['Opportunity']}"
    for who in ("staff.elm", "operator.oak", "convener.oak"):  # its steward, and who looks for no member
        assert site.client(who).get(path).status_code == 200
    assert openings(site) == []
    site.client("officer.oak").get(path)
    site.time.sleep(3 * 86_400)
    site.client("staff.oak").get(path)
    assert openings(site) == [("oak", "2026-03-01")]


def shared_by_ash(site: Site, number: int) -> None:
    """More of the same by a steward that is not shown by name."""
    fill(site.hub)
    with site.hub.writing() as conn:
        ids = [row.id for row in conn.execute(opportunities.t.select())]
        model = next(row for row in opportunities.peek(conn, ids).values() if row.steward_id == "ash")
        for each in range(number):
            row = model.model_copy(update={"id": site.hub.ids.uuid7(), "number": 100 + each})
            row.facts = row.facts | {"named": False}
            history.add(conn, New(row, Cause(site.hub.time.now(), "hub", "shared")))


def test_operator_and_convener_get_the_page_and_a_table_that_no_spreadsheet_runs(site: Site) -> None:
    assert "Fewer than 5" in site.client("operator.oak").get("/does-it-work").text
    shared_by_ash(site, 6)
    for who in ("operator.oak", "convener.elm"):
        page = site.client(who).get("/does-it-work").text
        assert (
            "March 2026" in page and "Ash House" not in page and "ash" not in page.split("<main")[1].split("</main")[0]
        )
        answer = site.client(who).get("/does-it-work.csv")
        assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
        head, *lines = list(csv.reader(io.StringIO(answer.text)))
        assert [line[:3] for line in lines] == [["2026-03", "2026-03", "6"]] * 2 and len(head) == len(lines[0])
        assert not [cell for line in [head, *lines] for cell in line if cell.startswith(("=", "+", "-", "@"))]


def test_what_one_member_did_is_told_as_done_by_few(site: Site) -> None:
    shared_by_ash(site, 6)
    with site.hub.reading() as conn:
        ids = [row.id for row in conn.execute(opportunities.t.select()) if row.number >= 100]
    for id in ids[:4]:
        site.client("officer.oak").get(f"/opportunities/{id}")
    page = site.client("operator.elm").get("/does-it-work").text
    assert "by fewer than 3 members" in page and "67%" not in page
