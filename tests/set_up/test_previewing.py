"""`hub mapping preview`: what a changed mapping would do to how many records, as the sync says it, with nothing written."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner, Result

from connectors.airtable.sandbox import serve as serve_airtable
from hub.app import open_hub
from hub.cli.mapping import command
from hub.configured import configured
from hub.demo import seeds
from hub.demo.samples import SAFFRON
from hub.sync.run import sync_all

CONFIG = """
[hub]
database = "sqlite:///hub.db"
[members.saffron]
name = "Saffron Tide Fund"
lawful_basis = "agreement"
[connections.saffron]
member = "saffron"
system = "airtable"
mapping = "airtable"
shares = true
first_sync = "go"
allow_http = true
[connections.saffron.options]
base = "appSaffronTide001"
token = "file:token"
url = "{url}"
"""


def previewed(folder: Path, mapping: str) -> Result:
    (folder / "new.toml").write_text(mapping)
    words = ["preview", str(folder / "new.toml"), "saffron", "--config", str(folder / "config.toml")]
    return CliRunner().invoke(command, words)


def test_it_counts_records_by_field_says_what_would_wait_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(seeds.SECRET)
    with serve_airtable(seeds.airtable("appSaffronTide001", SAFFRON), calls=None) as server:
        (tmp_path / "config.toml").write_text(CONFIG.format(url=server.api))
        hub = open_hub(configured(tmp_path / "config.toml"))
        [first] = sync_all(hub)
        shared, writes = first.counts["created"], [c for c in server.seen if c.method != "GET"]
        same = previewed(tmp_path, 'extends = "airtable"\n')
        assert same.exit_code == 0, same.output
        assert "Nothing was written." in same.output and "in the commons," not in same.output
        other = previewed(tmp_path, 'extends = "airtable"\n[fields]\nneed = { field = "Internal notes", way = "in" }\n')
        assert f"need: {shared} in the commons" in other.output and shared >= 5
        over = previewed(
            tmp_path, 'extends = "airtable"\n[fields]\nsummary = { field = "Internal notes", way = "in" }\n'
        )
        assert re.search(r"(conflicts opened|changed in the commons) +0 +[1-9]", over.output), over.output
        wrong = previewed(tmp_path, 'extends = "airtable"\n[fields]\nneed = "No such column"\n')
        assert wrong.exit_code == 1 and "No such column" in wrong.output
        nonsense = previewed(tmp_path, 'extends = "airtable"\n[fields]\ntitel = "Title"\n')
        assert nonsense.exit_code == 2 and "titel" in nonsense.output
        assert [c for c in server.seen if c.method != "GET"] == writes
        with hub.reading() as conn:
            assert conn.exec_driver_sql("SELECT count(*) FROM run").scalar() == 1
    hub.engine.dispose()
