"""The page of the audit: who did what, for those who run connections, and nothing of others."""

from __future__ import annotations

import csv
import io

from hub.store import audit
from tests.web.conftest import Site, fill


def lines(site: Site, who: str, **asked: str) -> list[dict[str, str]]:
    answer = site.client(who).get("/audit.csv", query_string=asked)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text)))


def written(site: Site, **values: object) -> None:
    with site.hub.writing() as conn:
        usual = {"at": site.hub.time.now(), "actor": "hub", "action": "changed", "direction": "here"}
        audit.write(conn, **(usual | values))


def test_an_admin_sees_lines_of_the_own_connections_and_people_and_no_others(site: Site) -> None:
    ids = fill(site.hub)
    written(
        site,
        connection_id="elm-sheet",
        actor="connection:elm-sheet",
        values={"title": ["zz-before", "zz-after"]},
        opportunity_id=ids["Opportunity"],
    )
    written(
        site,
        connection_id="oak-sheet",
        actor="connection:oak-sheet",
        values={"summary": ["zz-oak", "zz-oak"]},
        remote_id="zz-oak-record",
    )
    elm, oak = lines(site, "admin.elm"), lines(site, "admin.oak")
    assert any(line["who"] == "elm-sheet" and line["fields"] == "title" and line["opportunity"] for line in elm)
    assert not any("oak-sheet" in line["connection"] for line in elm) and any(
        "oak-sheet" in line["connection"] for line in oak
    )
    assert not any(line["connection"] == "elm-sheet" for line in oak)
    for who in ("admin.elm", "admin.oak", "operator.elm"):
        page = site.client(who).get("/audit").text
        assert "zz-before" not in page and "zz-oak</" not in page, "names of fields, never their values"
    assert "zz-oak-record" not in site.client("admin.elm").get("/audit").text
    assert {line["connection"] for line in lines(site, "operator.elm")} >= {"elm-sheet", "oak-sheet"}


def test_the_title_of_what_the_reader_may_not_see_is_not_told(site: Site) -> None:
    ids = fill(site.hub)
    with site.hub.writing() as conn:
        conn.exec_driver_sql("UPDATE opportunity SET audience = '[\"oak\"]', steward_id = 'oak'")
    written(site, connection_id="elm-sheet", actor="connection:oak-sheet", opportunity_id=ids["Opportunity"])
    (line,) = [line for line in lines(site, "admin.elm") if line["who"] == "another foundation"]
    assert line["opportunity"] == ""


def test_filters_narrow_it_down_and_older_lines_are_a_page_away(site: Site) -> None:
    for number in range(120):
        written(site, connection_id="elm-sheet", action=f"deed {number}")
    page = site.client("admin.elm").get("/audit").text
    assert "deed 119" in page and "deed 3<" not in page and "beyond=" in page
    assert site.client("admin.elm").get("/audit?connection=oak-sheet").status_code == 404
    assert site.client("admin.elm").get("/audit?first=yesterday").status_code == 400
    assert len(lines(site, "admin.elm", connection="elm-sheet")) >= 120
    assert lines(site, "admin.elm", first="2999-01-01") == []
