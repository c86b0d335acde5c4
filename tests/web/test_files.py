"""The pages of sheets: bring one, look, apply, take one away; each foundation its own."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connectors.spreadsheet.grid import LARGEST
from hub.commons import imports
from hub.store import opportunities
from tests.web.conftest import Site, fill

SHEET = b"Title,Summary,Organisation,Amount requested,Currency\nWells,Deep ones,Wells Trust,a lot,USD\n=1+1,x,Oak <b>Trust</b>,5,USD\n"


def bring(site: Site, who: str, content: bytes, name: str = "our grants.csv", door: str = "elm-files") -> TestResponse:
    client = site.client(who)
    return site.post(client, "/files", door=door, file=(io.BytesIO(content), name))


def titles(site: Site) -> dict[str, str]:
    with site.hub.reading() as conn:
        return {row.title: row.id for row in conn.execute(opportunities.t.select())}


def press(site: Site, client: FlaskClient, page: str, **form: Any) -> TestResponse:
    found = re.search(r'name="look" value="([^"]+)"', client.get(page).text)
    return site.post(client, f"{page}/apply", look=found[1] if found else "", **form)


def test_a_sheet_is_looked_at_and_then_applied_by_one_button(site: Site) -> None:
    staff = site.client("staff.elm")
    page = bring(site, "staff.elm", SHEET).location
    looked = staff.get(page).text
    assert ">Apply</button>" in looked and "Column D (&#39;Amount requested&#39;)" in looked
    assert titles(site) == {}
    done = press(site, staff, page)
    assert done.status_code == 303 and set(titles(site)) == {"Wells", "=1+1"}
    after = staff.get(page).text
    assert "Done. This is what it did." in after and "Share these" not in after
    report = staff.get(f"{page}/report.csv")
    assert report.headers["Content-Disposition"] == "attachment; filename=report.csv"
    assert [row[:3] for row in csv.reader(io.StringIO(report.get_data().decode("utf-8-sig")))][2:] == [
        ["2", "new", "Wells"], ["3", "new", "'=1+1"],
    ]  # fmt: skip


def test_what_was_looked_at_by_another_page_is_not_applied(site: Site) -> None:
    page = bring(site, "staff.elm", SHEET).location
    answer = site.post(site.client("staff.elm"), f"{page}/apply", look="made up")
    assert answer.status_code == 303 and titles(site) == {}


def test_nobody_of_another_foundation_sees_the_sheet_or_brings_one_for_it(site: Site) -> None:
    page = bring(site, "staff.elm", SHEET).location
    for who in ("staff.oak", "operator.oak", "operator.elm", "officer.elm"):
        client = site.client(who)
        assert client.get(page).status_code in (403, 404) and client.get(f"{page}/report.csv").status_code in (
            403,
            404,
        ), who
        assert press(site, client, page).status_code in (403, 404), who
    assert bring(site, "staff.oak", SHEET).status_code == 422, "it is no connection of theirs"
    assert bring(site, "officer.elm", SHEET).status_code == 403
    assert "our grants.csv" not in site.client("staff.oak").get("/files").text
    assert titles(site) == {}


def test_too_large_a_file_is_refused_before_it_is_read_and_says_how_large_it_may_be(site: Site) -> None:
    answer = bring(site, "staff.elm", b"x" * (LARGEST + 100_000))
    assert answer.status_code == 413 and "A sheet may have 10 MB." in answer.text
    just = bring(site, "staff.elm", b"Title,Organisation\n" + b"x," * 400_000)
    assert just.status_code == 422 and "more than 500 columns" in just.text
    elsewhere = site.post(site.client("staff.elm"), "/sign-in", email="x" * 300_000)
    assert elsewhere.status_code == 413 and "256 kB" in elsewhere.text


def test_a_file_that_is_no_sheet_is_refused_on_the_page_and_its_name_is_only_text(site: Site) -> None:
    answer = bring(site, "staff.elm", b"<!doctype html><html>", name='../../<b>"x".csv')
    assert (
        answer.status_code == 422 and "a web page, perhaps a sign-in page" in answer.text and "<b>" not in answer.text
    )
    assert bring(site, "staff.elm", b"", name="").status_code == 422


def test_a_dropped_sheet_leaves_neither_its_page_nor_its_report(site: Site) -> None:
    page = bring(site, "staff.elm", SHEET).location
    assert site.post(site.client("staff.elm"), f"{page}/drop").location.endswith("/files")
    assert site.client("staff.elm").get(page).status_code == 404
    assert "dropped" in site.client("staff.elm").get("/files").text


def test_an_officer_takes_the_new_records_as_a_file_and_the_next_time_there_is_none(site: Site) -> None:
    officer = site.client("officer.elm")
    imports.pick(site.hub, fill(site.hub)["Twin"], "elm-files", None)
    page = officer.get("/files").text
    assert "1 new record" in page and "Bring a sheet" not in page
    for kind, start in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")):
        taken = site.post(officer, "/files/elm-files/take", which="all", kind=kind)
        assert taken.data.startswith(start)
        assert taken.headers["Content-Disposition"] == f"attachment; filename=elm-files-2026-03-01.{kind}"
    site.time.sleep(60)
    taken = site.post(officer, "/files/elm-files/take", which="new", kind="csv").get_data().decode("utf-8-sig")
    assert taken.splitlines()[1:] == [] and taken.startswith("Commons ID,")
    assert site.post(site.client("officer.oak"), "/files/elm-files/take", which="all").status_code == 404
