"""What members' programs write, with PostgreSQL under the hub."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from connectors.clock import ManualTime
from hub.app import open_hub
from hub.config_files import load
from hub.sync.history import disagreements
from tests.web.conftest import CONFIG, Site
from tests.web.test_api import FACTS, Program
from tests.web.test_commongrants import Reader
from tests.web.test_exports import GRANTED, grants, rows


def test_programs_share_change_pledge_withdraw_and_read_on_postgresql(
    new_postgres: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text(CONFIG.replace("sqlite:///hub.db", new_postgres()))
    time = ManualTime()
    hub = open_hub(load(tmp_path / "config.toml"), time=time)
    site = Site(hub, time)
    elm, oak = Program(site, "elm"), Reader(site, "oak")
    made = elm.share()
    again = elm("POST", "/opportunities", {"key": "w-1", "facts": FACTS})
    assert again.status_code == 200 and again.get_json()["id"] == made["id"]
    assert elm.change(made["id"], {"facts": {"title": "Deep wells"}}).status_code == 200
    assert (
        elm("PATCH", f"/opportunities/{made['id']}", {"facts": {"title": "B"}}, If_Match=made["etag"]).status_code
        == 412
    )
    assert oak.change(made["id"], {"position": GRANTED}).status_code == 200
    time.sleep(60)
    other = elm.share("w-2", facts=FACTS | {"title": "Later"})
    assert [item["title"] for item in oak.ask()["items"]] == ["Later", "Deep wells"]
    assert oak.found(search="deep") == ["Deep wells"] and {row["title"] for row in rows(site, "oak")} == {
        "Later",
        "Deep wells",
    }
    assert [grant["amountAwarded"] for grant in grants(site, "elm")] == [250.75]
    assert elm("DELETE", f"/opportunities/{other['id']}", If_Match=other["etag"]).status_code == 204
    assert elm.get(other["id"])["state"] == "withdrawn"
    with hub.reading() as conn:
        assert disagreements(conn) == []
    hub.engine.dispose()
