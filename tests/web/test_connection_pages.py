"""The page of a connection: how it is set up, how safe it is, whether it works, who changed what; its mapping; its runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from flask import Flask
from flask_babel import Babel

from connectors.contract import Capabilities, Secret
from hub import described
from hub.app import _register as register
from hub.store.tables import Link, Process, Run
from hub.web import safety
from tests.web.conftest import Site, fill

PAGE = "/connections/elm-sheet"


def main(text: str) -> str:
    return text.split("<main", 1)[1].split("</main", 1)[0]


def change(site: Site, **settings: object) -> None:
    """The configuration says something else of Elm's sheet, and the hub takes it up."""
    old = site.hub.config
    new = replace(old.connections["elm-sheet"], **settings)  # type: ignore[arg-type]
    site.hub.config = replace(old, connections={**old.connections, "elm-sheet": new})
    with site.hub.writing() as conn:
        register(conn, site.hub)


def test_a_secret_is_shown_by_where_it_comes_from_and_a_change_of_it_tells_nothing_either(site: Site) -> None:
    options = {"path": "elm", "token": Secret("zz-top", "env:HUB_ELM_TOKEN")}
    change(site, options=options)
    change(site, options=options | {"token": Secret("zz-other", "file:token")}, every=600.0)
    page = main(site.client("admin.elm").get(PAGE).text)
    assert "set by file:token" in page and "set by env:HUB_ELM_TOKEN" in page and "zz-" not in page
    assert "5m" in page and "10m" in page and "the configuration" in page
    assert (
        described.settings(replace(site.hub.config.connections["elm-sheet"], options={"t": Secret("zz-bare")}))[
            "options.t"
        ]
        == described.HIDDEN
    )


def test_who_paused_it_is_named_to_their_own_foundation_only(site: Site) -> None:
    site.post(site.client("admin.elm"), PAGE + "/pause")
    site.post(site.client("operator.oak"), PAGE + "/resume")
    page = main(site.client("staff.elm").get(PAGE).text)
    assert "paused, <bdi>admin of elm</bdi>" in page and "resumed, <bdi>Oak Trust</bdi>" in page
    assert "operator of oak" not in page


def test_a_full_rescan_reads_every_record_with_the_next_run(site: Site) -> None:
    with site.hub.writing() as conn:
        conn.exec_driver_sql("UPDATE connection SET reread_at = '2027-01-01', due_at = '2027-01-01'")
    answer = site.post(site.client("admin.elm"), PAGE + "/reread")
    assert answer.status_code == 303
    with site.hub.reading() as conn:
        row = conn.exec_driver_sql("SELECT reread_at, due_at FROM connection WHERE id = 'elm-sheet'").one()
    assert row.reread_at is None and row.due_at.startswith("2026-03-01")


def test_the_checks_are_made_while_one_waits_and_each_failure_says_what_to_do(site: Site) -> None:
    page = main(site.post(site.client("admin.elm"), PAGE + "/checks").text)
    assert "does not work" in page and "What to do:" in page
    assert "data-live" not in page  # a refresh would take the answer away


def test_the_first_sync_preview_is_on_the_connections_page(site: Site) -> None:
    assert "will stop before it shares or writes anything" in site.client("admin.elm").get(PAGE).text
    hold = fill(site.hub)["Hold"]
    page = main(site.client("admin.elm").get(PAGE).text)
    assert "First-sync preview" in page and f"/holds/{hold}" in page


def test_the_mapping_shows_a_live_example_to_its_own_people_only(site: Site) -> None:
    ids = fill(site.hub)
    with site.hub.writing() as conn:
        raw = {"Title": "zz-title", "Amount requested": "12000", "Currency": "USD"}
        link = vars(Link)["__table__"]
        conn.execute(link.update().where(link.c.id == ids["Link"]).values(base=raw))
    mine = main(site.client("staff.elm").get(PAGE + "/mapping").text)
    assert "zz-title" in mine and "12,000 USD" in mine and "unchanged" in mine and "Orchard &lt;b&gt;school" in mine
    assert "nobody else, until your people show it" in mine and "says yes is shared with all members" in mine
    operator = main(site.client("operator.oak").get(PAGE + "/mapping").text)
    assert "zz-title" not in operator and "12,000" not in operator and "both ways" in operator


LEVELS = [
    (Capabilities(tombstones="feed", guard="strong", key="text", feed="token"), "Strong"),
    (Capabilities(tombstones="flag", guard="second", key="integer"), "Good"),
    (Capabilities(tombstones="none", guard="none", key="text"), "Careful"),
    (Capabilities(tombstones="none", guard="strong", key="none"), "Careful"),
    (Capabilities(writes=False), "Reads only"),
]


def test_what_a_system_can_do_is_a_level_and_sentences() -> None:
    app = Flask(__name__)
    Babel(app)
    for can, level in LEVELS:
        with app.test_request_context():
            found = safety.sheet(can)
        told = " ".join(text for _good, text in found.sentences)
        assert found.level.text == level
        assert ("cannot tell about deletions" in told) is (can.tombstones == "none")
        assert ("key" in told) is can.writes


def running(site: Site, **values: object) -> str:
    run = Run(
        id="r1",
        connection_id="elm-sheet",
        state="running",
        phase="pull",
        started_at=site.time.now(),
        counts={"read": 1200},
    )
    for name, value in values.items():
        setattr(run, name, value)
    with site.hub.writing() as conn:
        conn.execute(vars(Run)["__table__"].insert(), run.model_dump())
    site.time.sleep(90)
    return site.client("admin.elm").get("/runs/r1").text


def test_a_run_under_way_says_how_far_it_is_and_refreshes(site: Site) -> None:
    page = running(site)
    assert "Reading: 1,200 records so far" in page and '<progress id="progress" max="5" value="2">' in page
    assert "data-live" in page and "90 seconds" in page


def test_a_run_that_was_cut_short_says_what_did_not_happen(site: Site) -> None:
    page = running(
        site, state="incomplete", ended_at=site.time.now() + timedelta(seconds=5), cursor_before="p1", cursor_after="p2"
    )
    assert "no record was taken for deleted" in page and "data-live" not in main(page) and "<progress" not in page
    log = site.client("admin.elm").get("/runs/r1?show=log").text
    assert "p1" in log and "p2" in log
    assert "Position in the feed" not in site.client("staff.elm").get("/runs/r1?show=log").text


def test_what_a_run_put_before_people_is_on_its_page_for_its_own_people(site: Site) -> None:
    fill(site.hub)
    assert "Conflicts opened" in running(site)
    assert "It has no title." in site.client("admin.elm").get("/runs/r1?show=rejected").text
    assert "/queue/conflicts/" in site.client("admin.elm").get("/runs/r1?show=conflicts").text
    assert "It has no title." not in site.client("operator.oak").get("/runs/r1?show=rejected").text


def test_the_dashboard_says_when_no_clock_runs_and_when_the_configuration_was_refused(site: Site) -> None:
    page = site.client("admin.elm").get("/").text
    assert "No clock is running" in page
    with site.hub.writing() as conn:
        now = site.time.now()
        row = Process(id="p", kind="serve", config_digest="d", started_at=now, seen_at=now)
        conn.execute(vars(Process)["__table__"].insert(), row.model_dump())
    site.hub.refused = ("config.toml:3: zz-secret-detail",)
    page = site.client("admin.elm").get("/").text
    assert "No clock is running" not in page and "still in force" in page and "zz-secret-detail" not in page
    assert "zz-secret-detail" in site.client("operator.oak").get("/").text
