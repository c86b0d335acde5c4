"""What every list has, by its address alone: order, pages, a count, a file that Excel reads, and as of when it is."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import date, timedelta
from typing import Any

import pytest

from hub.store import audit, finding
from hub.store.tables import Run
from tests.web.conftest import Site, fill

BOM = b"\xef\xbb\xbf"


def ran(site: Site, number: int) -> None:
    """So many runs of Elm's sheet, a minute after one another; the last but one failed."""
    start = site.time.now() - timedelta(hours=5)
    with site.hub.writing() as conn:
        for n in range(number):
            at = start + timedelta(minutes=n)
            run = Run(id=f"run-{n:03}", connection_id="elm-sheet", state="failed" if n == number - 2 else "done", started_at=at,
                      ended_at=at, trigger="=1+1" if n == 0 else "schedule")  # fmt: skip
            conn.execute(vars(Run)["__table__"].insert(), run.model_dump())


def rows(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/runs/([^"]+)"', page)


def get(site: Site, path: str, who: str = "admin.elm") -> Any:
    answer = site.client(who).get(path)
    assert answer.status_code == 200, path
    return answer


def test_a_heading_orders_by_a_link_and_turns_it_round(site: Site) -> None:
    ran(site, 3)
    page = get(site, "/connections/elm-sheet").text
    assert rows(page) == ["run-002", "run-001", "run-000"] and 'aria-sort="none"' in page
    link = re.search(r'aria-sort="none"><a href="([^"]+)">Started', page)
    assert link is not None
    page = get(site, link[1]).text
    assert rows(page) == ["run-000", "run-001", "run-002"] and 'aria-sort="ascending"><a' in page
    link = re.search(r'aria-sort="ascending"><a href="([^"]+)">Started', page)
    assert link is not None
    page = get(site, link[1]).text
    assert rows(page) == ["run-002", "run-001", "run-000"] and 'aria-sort="descending"><a' in page
    assert rows(get(site, "/connections/elm-sheet?sort=nonsense&page=x&size=7").text) == rows(page)


def test_a_page_has_its_size_and_count_and_leads_to_the_next(site: Site) -> None:
    ran(site, 45)
    page = get(site, "/connections/elm-sheet?size=20&sort=started").text
    assert rows(page) == [f"run-{n:03}" for n in range(20)] and "45 lines" in page and "Page 1 of 3" in page
    link = re.search(r'rel="next" href="([^"]+)"', page)
    assert link is not None
    assert rows(get(site, link[1].replace("&amp;", "&")).text) == [f"run-{n:03}" for n in range(20, 40)]
    assert rows(get(site, "/connections/elm-sheet?size=20&sort=started&page=99").text)[-1] == "run-044", (
        "the last, not nothing"
    )
    assert re.search(r"As of \d\d:\d\d:\d\d UTC", page)


PAGES = {
    "/connections": "/connections?format=csv",
    "/connections/elm-sheet": "/connections/elm-sheet?format=csv",
    "/queue": "/queue?format=csv",
    "/queue/rules": "/queue/rules?format=csv",
    "/people": "/people?format=csv",
    "/people?member=elm": "/people?member=elm&members-format=csv",
    "/tokens": "/tokens?format=csv",
    "/bookmarks": "/bookmarks?format=csv",
    "/searches": "/searches?format=csv",
    "/audit": "/audit.csv",
    "/opportunities": "/opportunities.csv",
    "/publish": "/publish?format=csv",
}
"""Every list, and its file."""


def listed(site: Site) -> None:
    """Everything that is in a list, with a formula in it where somebody could write one."""
    ids = fill(site.hub)
    ran(site, 45)
    site.post(site.client("everything.elm"), f"/opportunities/{ids['Opportunity']}/bookmark", marked="yes")
    with site.hub.writing() as conn:
        for table, column in (("token", "name"), ("saved_search", "name"), ("user", "name"), ("opportunity", "title")):
            conn.exec_driver_sql(f"UPDATE \"{table}\" SET {column} = '=1+' || {column}")
        conn.exec_driver_sql("UPDATE opportunity SET facts = replace(facts, 'Orchard <b>', '=1+Orchard <b>')")
        for number in range(30):
            audit.write(conn, at=site.time.now(), actor="hub", action=f"deed {number}", connection_id="elm-sheet")


@pytest.mark.parametrize("path", PAGES)
def test_every_list_has_an_order_a_count_a_file_and_says_as_of_when_it_is(site: Site, path: str) -> None:
    listed(site)
    page = get(site, path, "everything.elm").text
    assert "aria-sort=" in page or 'class="orders' in page
    assert re.search(r"\d+ (lines?|opportunit)", page) and re.search(r"As of \d\d:\d\d:\d\d UTC", page)
    assert PAGES[path].replace("&", "&amp;") in page or PAGES[path] in page


@pytest.mark.parametrize("path", [*PAGES.values(), "/export/file?format=csv"])
def test_a_file_begins_with_what_excel_tells_utf_8_by_and_holds_no_formula(site: Site, path: str) -> None:
    listed(site)
    answer = get(site, path, "everything.elm")
    assert answer.mimetype == "text/csv" and answer.data.startswith(BOM) and answer.data.count(BOM) == 1
    table = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len(table) > 1 and not any(cell[:1] in "=+-@" for line in table for cell in line if cell)
    if path.startswith("/connections/"):
        assert len(table) == 47, "all of them, whatever the page shows"
        assert any("'=1+1" in line for line in table)
    if path.startswith(("/tokens", "/searches", "/people?format", "/bookmarks", "/export", "/opportunities")):
        assert any("'=1+" in cell for line in table for cell in line)


@pytest.mark.parametrize("path", [*PAGES.values(), "/export/file?format=csv"])
def test_a_file_in_arabic_has_no_marks_of_direction_around_its_names(site: Site, path: str) -> None:
    listed(site)
    site.post(site.client("everything.elm"), "/language", language="ar")
    text = get(site, path, "everything.elm").text
    assert "\u2068" not in text and "\u2069" not in text


def test_runs_are_chosen_by_how_they_ended_who_started_them_and_the_day(site: Site) -> None:
    ran(site, 120)
    everything = get(site, "/connections/elm-sheet").text
    assert "120 lines" in everything and len(rows(everything)) == 50, "all that there are, not only the newest"
    assert rows(get(site, "/connections/elm-sheet?state=failed").text) == ["run-118"]
    assert rows(get(site, "/connections/elm-sheet?trigger=by+hand").text) == []
    day = site.time.now().date()
    assert "120 lines" in get(site, f"/connections/elm-sheet?first={day}&last={day}").text
    assert "Nothing of this kind" in get(site, f"/connections/elm-sheet?first={day + timedelta(days=1)}").text
    assert site.client("admin.elm").get("/connections/elm-sheet?first=yesterday").status_code == 400


def test_two_lists_on_one_page_are_ordered_each_for_itself(site: Site) -> None:
    page = get(site, "/people?member=elm&sort=email&members-sort=-name", "everything.elm").text
    assert page.index("Oak Trust</bdi>") < page.index("Elm Fund</bdi></a>") < page.index("Ash House</bdi>")
    assert 'aria-sort="ascending"><a' in page and "members-sort=name" in page
    assert "'members-" not in page and get(site, "/people?members-format=csv").mimetype == "text/html", (
        "members are the operator's to list"
    )


def test_where_a_form_shows_its_list_again_the_lists_links_lead_to_its_page(site: Site) -> None:
    answer = site.post(site.client("everything.elm"), "/people/invite", email="nobody", member="oak")
    assert answer.status_code == 422 and "/people/invite?" not in answer.text
    assert "/people?member=oak&amp;sort=email" in answer.text or "/people?sort=email&amp;member=oak" in answer.text
    checked = site.post(site.client("everything.elm"), "/connections/elm-sheet/checks")
    assert checked.status_code == 200 and "/connections/elm-sheet/checks?" not in checked.text


def test_an_audit_is_read_from_either_end(site: Site) -> None:
    listed(site)
    newest, oldest = (
        list(csv.DictReader(io.StringIO(get(site, f"/audit.csv{more}", "everything.elm").data.decode("utf-8-sig"))))
        for more in ("", "?sort=at")
    )
    assert [line["line"] for line in newest] == [line["line"] for line in oldest][::-1] and len(newest) == 31
    page = get(site, "/audit?size=20", "everything.elm").text
    assert 'aria-sort="descending"' in page and "sort=at" in page and "31 lines" in page
    assert page.count("deed") == 20 and "deed 29" in page
    link = re.search(r'rel="next" href="([^"]+)"', page)
    assert link is not None
    page = get(site, link[1].replace("&amp;", "&"), "everything.elm").text
    assert page.count("deed") == 10 and "deed 0" in page and 'rel="next"' not in page
    page = get(site, "/audit?sort=at&size=20", "everything.elm").text
    assert 'aria-sort="ascending"' in page and "deed 0" in page and "deed 29" not in page
    link = re.search(r'rel="next" href="([^"]+)"', page)
    assert link is not None
    assert "deed 29" in get(site, link[1].replace("&amp;", "&"), "everything.elm").text


@pytest.mark.parametrize("path", ["/connections", "/connections/elm-sheet", "/queue"])
def test_no_word_in_an_address_says_where_its_links_lead(site: Site, path: str) -> None:
    """They went to ``url_for`` as they came: ``endpoint`` and ``_method`` were internal errors, and ``_scheme`` wrote one."""
    ran(site, 3)
    words = "endpoint=a&_scheme=javascript&_external=1&_anchor=b&_method=PUT&name=oak-sheet"
    page = get(site, f"{path}?sort=name&{words}").text
    again = [html.unescape(found) for found in re.findall(r'href="([^"]+)"', page) if "endpoint=a" in found]
    assert again and all(link.startswith(f"{path}?") for link in again), again
    assert "javascript:" not in page


def test_an_opportunitys_list_is_ordered_from_its_headings(site: Site) -> None:
    fill(site.hub)
    page = get(site, "/opportunities?sort=needed").text
    assert 'aria-sort="ascending"><a' in page and page.count("aria-sort") == 2
    assert re.search(r"As of \d\d:\d\d:\d\d UTC", page)


# --- the queue ---------------------------------------------------------------


def closing(site: Site, day: date) -> None:
    """Everything of the opportunity that ``fill`` made closes then."""
    with site.hub.writing() as conn:
        conn.execute(finding.t.update().values(needed=day.isoformat()))


def kinds(page: str) -> list[str]:
    return re.findall(r'<li class="(\w+)">', page)


def test_what_closes_soonest_comes_first_then_the_oldest_and_a_held_run_before_all(site: Site) -> None:
    fill(site.hub)
    closing(site, site.time.now().date() + timedelta(days=3))
    page = get(site, "/queue", "everything.elm").text
    found = kinds(page)
    assert found[0] == "hold" and found[-1] == "quarantine", "a record that came to nothing closes never"
    assert "closes on 04 Mar 2026" in page
    assert kinds(get(site, "/queue?sort=-kind", "everything.elm").text)[0] == "quarantine"
    closing(site, site.time.now().date() - timedelta(days=1))
    assert "closes on" not in get(site, "/queue", "everything.elm").text, "what is over is not urgent"


def test_it_is_filtered_by_kind_by_deadline_and_by_who_decides(site: Site) -> None:
    fill(site.hub)
    closing(site, site.time.now().date() + timedelta(days=20))
    assert set(kinds(get(site, "/queue?kind=conflict", "everything.elm").text)) == {"conflict"}
    assert kinds(get(site, "/queue?closing=7", "everything.elm").text) == []
    page = get(site, "/queue?closing=30", "everything.elm").text
    assert "conflict" in kinds(page) and "quarantine" not in kinds(page)
    assert "Nothing of this kind" in get(site, "/queue?closing=7", "everything.elm").text


def test_only_what_we_decide_leaves_out_what_others_do(site: Site) -> None:
    fill(site.hub)
    with site.hub.writing() as conn:
        row = finding.opportunity
        conn.execute(row.update().values(steward_id="ash"))
    everything, ours = (kinds(get(site, f"/queue{more}", "everything.elm").text) for more in ("", "?ours=yes"))
    assert "conflict" in everything and "conflict" not in ours and "quarantine" in ours
