"""A Philanthropy Data Commons in one commons with an Airtable: it takes up what is shared, and shares what it has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from connectors.airtable.sandbox import serve as serve_airtable
from connectors.clock import ManualTime
from connectors.pdc.sandbox import serve
from connectors.pdc.sandbox_state import user
from connectors.sandbox import Fault
from connectors.transport import Transport
from hub.app import Hub, open_hub
from hub.config_files import load
from hub.demo import seeds
from hub.sync.run import RunResult, sync_all
from mappings.language import load as load_mapping

TABLE, SECRET, CANARY = "Opportunities", "secret-of-the-client", "private-to-the-funder"
WELLS: dict[str, Any] = {
    "Share": True, "Title": "Wells", "Summary": "Clean water", "Organisation": "Upper Valley Trust",
    "Amount requested": 5000, "Currency": "USD", "Theme": ["Education"],
}  # fmt: skip


def base_fields() -> dict[str, str]:
    """What connectors/pdc/README.md asks for, and one that no mapping names."""
    codes = dict.fromkeys(column.partition(".")[0] for column in load_mapping("pdc").columns if column != "externalId")
    types = dict.fromkeys(codes, "string")
    money = dict.fromkeys(("proposal_amount_requested", "proposal_total_budget"), "currency")
    return (
        types
        | money
        | {
            "organization_website": "url",
            "proposal_start_date": "date",
            "proposal_end_date": "date",
            "reviewer_notes": "string",
        }
    )


class Commons:
    """Oak shares and takes up in Airtable. Pine takes up everything as proposals to opportunity 1, and shares what
    others proposed to opportunity 2 of the same Philanthropy Data Commons."""

    def __init__(self, folder: Path, held: ExitStack) -> None:
        self.folder, self.log = folder, list[dict[str, Any]]()
        self.time = ManualTime()
        types = base_fields()
        calls = [{"title": title, "forms": [list(types)]} for title in ("From the commons", "Our call")]
        seed = {"clients": {"pine": SECRET}, "baseFields": types, "opportunities": calls, "sources": ["Hub"]}
        self.pdc = held.enter_context(serve(seed, time=self.time))
        base = seeds.airtable("appCommons0000001", [])
        self.oak = held.enter_context(serve_airtable(base, time=self.time, calls=None))
        self._write_config()
        transport = partial(Transport, log=self.log.append)
        self.hub: Hub = open_hub(load(folder / "config.toml"), time=self.time, transport=transport)
        held.callback(self.hub.engine.dispose)

    def once(self) -> dict[str, RunResult]:
        self.time.sleep(300)
        return {result.connection: result for result in sync_all(self.hub)}

    def settle(self, rounds: int = 3) -> None:
        for _ in range(rounds):
            results = self.once()
            assert all(result.state == "done" for result in results.values()), results

    def taken_up(self, title: str = "Wells") -> dict[str, str]:
        found = [each for each in self.pdc.commons.proposals if each["opportunityId"] == 1]
        (one,) = [values for each in found if (values := self.pdc.values(each["id"])).get("proposal_name") == title]
        return one

    def writes(self) -> int:
        pdc = [c for c in self.pdc.seen if c.method != "GET" and not c.path.endswith("/token")]
        return len(pdc) + len([c for c in self.oak.seen if c.method != "GET" and not c.path.endswith("/listRecords")])

    def stored(self) -> str:
        files = [path.read_bytes() for path in self.folder.iterdir() if path.name.startswith("hub.db")]
        return b"".join(files).decode("latin-1") + json.dumps(self.log, default=str)

    def _write_config(self) -> None:
        for name, secret in (("secret", SECRET), ("token", seeds.SECRET)):
            (self.folder / name).write_text(secret)
            (self.folder / name).chmod(0o600)
        lines = ["[hub]", 'database = "sqlite:///hub.db"']
        for name in ("pine", "oak"):
            lines += [f"[members.{name}]", f'name = "{name.title()} Fund"', 'lawful_basis = "agreement"']
        there = {
            "url": self.pdc.url,
            "token_url": self.pdc.token_url,
            "client_id": "pine",
            "client_secret": "file:secret",
        }
        takes = ('import = "all"', 'edits = "suggest"')
        lines += _connection("pine", "pine", "pdc", "pdc", there | {"opportunity": 1, "source": 1}, *takes)
        lines += _connection("pine-call", "pine", "pdc", "pdc-shares", there | {"opportunity": 2}, "shares = true")
        oak = {"url": self.oak.api, "base": "appCommons0000001", "token": "file:token"}
        lines += _connection("oak", "oak", "airtable", "airtable", oak, 'import = "all"', "shares = true")
        (self.folder / "config.toml").write_text("\n".join(lines))


def _connection(name: str, member: str, system: str, mapping: str, options: dict[str, Any], *more: str) -> list[str]:
    head = [f"[connections.{name}]", f'member = "{member}"', f'system = "{system}"', f'mapping = "{mapping}"']
    body = ['first_sync = "go"', "allow_http = true", *more, f"[connections.{name}.options]"]
    return [*head, *body, *(f"{option} = {json.dumps(value)}" for option, value in options.items())]


@pytest.fixture
def commons(tmp_path: Path) -> Iterator[Commons]:
    with ExitStack() as held:
        yield Commons(tmp_path, held)


def test_what_oak_shares_is_a_proposal_with_valid_values_and_then_all_is_quiet(commons: Commons) -> None:
    commons.oak.write(TABLE, None, WELLS)
    commons.settle()
    copy = commons.taken_up()
    assert copy["proposal_amount_requested"] == "5000.00 USD" and copy["organization_name"] == "Upper Valley Trust"
    assert copy["commons_status"] == "Published" and copy["commons_steward"] == "Oak Fund"
    (proposal,) = commons.pdc.commons.proposals
    assert proposal["externalId"] == commons.oak.rows(TABLE)[0]["fields"]["Commons ID"]
    assert all(value["isValid"] for value in proposal["versions"][0]["fieldValues"])
    before = commons.writes()
    commons.settle(2)
    assert commons.writes() == before and len(proposal["versions"]) == 1


def test_an_edit_is_one_more_version_and_keeps_what_others_answered(commons: Commons) -> None:
    row = commons.oak.write(TABLE, None, WELLS)
    commons.settle()
    (proposal,) = commons.pdc.commons.proposals
    commons.pdc.write(1, proposal["id"], {"reviewer_notes": CANARY}, by=user("reviewer"))
    commons.oak.write(TABLE, row, {"Summary": "Clean water for all", "Amount requested": 7500})
    commons.settle()
    copy = commons.taken_up()
    assert copy["proposal_summary"] == "Clean water for all" and copy["proposal_amount_requested"] == "7500.00 USD"
    assert copy["reviewer_notes"] == CANARY and CANARY not in commons.stored()
    assert len(proposal["versions"]) == 3


def test_a_value_that_a_field_cannot_hold_is_left_out_and_the_rest_is_written(commons: Commons) -> None:
    commons.oak.write(TABLE, None, WELLS | {"Website": "ask the office"})
    commons.settle()
    copy = commons.taken_up()
    assert "organization_website" not in copy and copy["proposal_summary"] == "Clean water"
    before = commons.writes()
    commons.settle(2)
    assert commons.writes() == before, "what cannot be held is not tried at every sync"


def test_what_was_proposed_to_pines_own_call_is_shared_and_stays_as_it_is(commons: Commons) -> None:
    cells = {"externalId": "GMS-0001", "proposal_name": "Attic", "proposal_summary": "Leaks"}
    cells |= {"proposal_amount_requested": "900.00 USD", "reviewer_notes": CANARY}
    id = commons.pdc.write(2, None, cells | {"organization_name": "Lower Valley Trust"})
    again = commons.pdc.write(2, None, cells | {"organization_name": "Hill Farm Trust"})
    commons.settle()
    shared = {
        row["fields"]["Title"]: row["fields"] for row in commons.oak.rows(TABLE) if "Organisation" in row["fields"]
    }
    assert len(commons.oak.rows(TABLE)) == 2 and shared["Attic"]["Shared by"] == "Pine Fund"
    commons.pdc.write(2, id, {"proposal_summary": "Dry at last"})
    commons.settle()
    assert [row["fields"].get("Summary") for row in commons.oak.rows(TABLE)].count("Dry at last") == 1
    versions = {p["id"]: len(p["versions"]) for p in commons.pdc.commons.proposals if p["opportunityId"] == 2}
    assert versions == {id: 2, again: 1} and CANARY not in commons.stored()


def test_a_lost_answer_makes_no_second_proposal(commons: Commons) -> None:
    commons.oak.write(TABLE, None, WELLS)
    commons.pdc.misbehave(Fault("drop_after", method="POST", path="/proposals"))
    commons.pdc.misbehave(Fault("drop_before", method="POST", path="/proposalVersions"))
    for _ in range(6):
        commons.once()
    assert len(commons.pdc.commons.proposals) == 1 and commons.taken_up()["proposal_summary"] == "Clean water"


def test_no_secret_and_no_token_is_in_a_database_or_a_log(commons: Commons) -> None:
    commons.oak.write(TABLE, None, WELLS)
    commons.settle()
    tokens = {
        c.headers["authorization"].removeprefix("Bearer ") for c in commons.pdc.seen if "authorization" in c.headers
    }
    assert tokens and SECRET not in commons.stored() and not any(token in commons.stored() for token in tokens)
