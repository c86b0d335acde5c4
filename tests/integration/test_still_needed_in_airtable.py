"""Half a year of silence: the question stands in the steward's own base, by the mapping of docs/still-needed.md, and a tick answers it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.airtable.sandbox import AirtableSandbox
from connectors.airtable.sandbox import serve as serve_airtable
from connectors.clock import ManualTime
from hub.app import Hub, open_hub
from hub.commons import asking
from hub.config_files import load
from hub.demo import seeds
from hub.demo.samples import CORRIE
from hub.store import opportunities
from hub.sync.run import sync_all

DOCS = Path(__file__).parents[2] / "docs" / "still-needed.md"
TABLE, ASKS, YES = "Opportunities", "Commons asks", "Still needed"
CONFIG = """
[hub]
database = "sqlite:///hub.db"
[members.corrie]
name = "Corrie Lane Trust"
lawful_basis = "agreement"
[connections.corrie]
member = "corrie"
system = "airtable"
mapping = "./asked.toml"
shares = true
first_sync = "go"
allow_http = true
options = {{ url = "{url}", base = "appCorrieLane0001", token = "file:secret" }}
"""


class Base:
    def __init__(self, hub: Hub, time: ManualTime, sandbox: AirtableSandbox) -> None:
        self.hub, self.time, self.sandbox = hub, time, sandbox

    def after(self, days: int) -> None:
        """The clock looks once in these days, and everything is synced before and after."""
        self.sync()
        self.time.sleep(timedelta(days=days).total_seconds())
        self.sync()
        asking.look(self.hub)
        self.sync()

    def sync(self) -> None:
        self.time.sleep(3700)
        (result,) = sync_all(self.hub)
        assert result.state == "done", result.message

    def record(self) -> dict[str, Any]:
        (row,) = self.sandbox.rows(TABLE)
        return dict(row)

    def status(self) -> str:
        with self.hub.reading() as conn:
            return str(conn.execute(opportunities.t.select()).one().status)


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Base]:
    time = ManualTime()
    seed = seeds.airtable("appCorrieLane0001", CORRIE[:1])
    seed["tables"][TABLE]["fields"] += [{"name": ASKS, "type": "singleLineText"}, {"name": YES, "type": "checkbox"}]
    sandbox = serve_airtable(seed, time=time, calls=None)
    snippet = re.search(r"```toml\n(.*?)```", DOCS.read_text(), re.S)
    assert snippet is not None
    text = snippet[1].replace("salesforce-outbound-funds", "airtable")
    (tmp_path / "asked.toml").write_text(text.replace("Commons_Asks__c", ASKS).replace("Commons_Still_Needed__c", YES))
    (tmp_path / "secret").write_text(seeds.SECRET)
    (tmp_path / "secret").chmod(0o600)
    (tmp_path / "config.toml").write_text(CONFIG.format(url=sandbox.api))
    hub = open_hub(load(tmp_path / "config.toml"), time=time)
    yield Base(hub, time, sandbox)
    hub.engine.dispose()
    sandbox.stop()


def test_the_question_appears_in_the_base_and_is_answered_there(base: Base) -> None:
    base.after(1)
    assert not base.record()["fields"].get(ASKS)
    base.after(181)
    assert base.record()["fields"][ASKS].startswith("Still needed? Tick “Still needed”")
    base.sandbox.write(TABLE, base.record()["id"], {YES: True})
    base.after(1)
    assert base.status() == "published" and not base.record()["fields"].get(ASKS)
    base.after(60)
    assert base.status() == "published", "and it was an answer for half a year"


def test_silence_delists_and_a_tick_shares_it_again(base: Base) -> None:
    base.after(1)
    base.after(181)
    for _ in range(16):  # the clock goes on looking: a hub that slept would ask anew
        base.time.sleep(timedelta(days=2).total_seconds())
        base.sync()
        asking.look(base.hub)
    base.sync()
    assert base.status() == "withdrawn" and base.record()["fields"][ASKS].startswith("Withdrawn: by ")
    assert base.record()["fields"]["Share"] is True, "its own tick is its people's"
    base.sandbox.write(TABLE, base.record()["id"], {YES: True})
    base.after(1)
    assert base.status() == "published" and not base.record()["fields"].get(ASKS)
