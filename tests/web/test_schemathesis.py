"""Schemathesis against the hub on a real socket: what the documents promise holds for whatever a client sends.

Ours is the document that the hub serves. The other is CommonGrants' own (standards/README.md), which describes no wrong call; so
only right ones are made there. The same is sent every time; ``make prove`` (``-m whole``) sends more.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from connectors.clock import ManualTime
from hub.app import open_hub
from hub.config_files import load
from hub.tokens import SCOPES, create
from tests.two_hubs import COMMONS, Served
from tests.web.test_api import FACTS
from tests.web.test_commongrants import CALL

STANDARD = Path(__file__).parent / "standards" / "commongrants-0.3.0.json"
OWN = """
[parameters]
"path.opportunity_id" = "{project}"
"header.If-Match" = "*"
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "304", "400", "403", "404", "409", "410", "422"]
[checks.missing_required_header]
expected-statuses = ["428"]
"""
"""A document cannot say all: that a cursor is one that was given out, that a currency is one of the world's. A missing If-Match has a
status of its own (RFC 6585)."""
THEIRS = """
[parameters]
"path.oppId" = "{project}"
"""


@dataclass(frozen=True, slots=True)
class Commons:
    """A project and a call of Maple's, and a token of Maple's that opens everything and may call as often as it likes."""

    api: Served
    token: str
    project: str
    folder: Path

    def tried(self, document: str, config: str, *options: str) -> int:
        """How many calls were made; fails with what was found."""
        file = self.folder / "schemathesis.toml"
        file.write_text(config.format(project=self.project))
        command = [
            Path(sys.executable).with_name("st"), "--config-file", file, "run", document, "--url", self.api.url,
            "--header", f"Authorization: Bearer {self.token}", "--no-color", "--continue-on-failure",
            "--generation-deterministic", "--no-shrink", *options,
        ]  # fmt: skip
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        made = re.search(r"(\d+) generated", done.stdout)
        assert made is not None, done.stdout
        return int(made[1])


@pytest.fixture
def commons(tmp_path: Path) -> Iterator[Commons]:
    (tmp_path / "config.toml").write_text(COMMONS)
    hub = open_hub(replace(load(tmp_path / "config.toml"), calls_a_minute=0), time=ManualTime())
    _row, token = create(hub, "maple", "tried", list(SCOPES))
    with Served(hub) as api:
        client, ids = api.app.test_client(), []
        for key, kind, facts in (("p", "project", FACTS), ("c", "call", CALL)):
            body = {"key": key, "kind": kind, "facts": facts}
            made = client.post("/api/v1/opportunities", json=body, headers={"Authorization": f"Bearer {token}"})
            ids.append(made.get_json()["id"])
        yield Commons(api, token, ids[0], tmp_path)
    hub.engine.dispose()


def test_our_own_document_holds(commons: Commons) -> None:
    document = f"{commons.api.url}/api/v1/openapi.json"
    assert commons.tried(document, OWN, "--phases", "fuzzing", "--max-examples", "4") > 50


@pytest.mark.whole
def test_our_own_document_holds_at_its_edges(commons: Commons) -> None:
    document = f"{commons.api.url}/api/v1/openapi.json"
    assert commons.tried(document, OWN, "--phases", "coverage,fuzzing,stateful", "--max-examples", "60") > 2000


def test_the_official_document_of_commongrants_holds(commons: Commons) -> None:
    options = ("--mode", "positive", "--phases", "coverage,fuzzing")
    assert commons.tried(str(STANDARD), THEIRS, *options, "--max-examples", "25") > 50


@pytest.mark.whole
def test_the_official_document_of_commongrants_holds_for_many_calls(commons: Commons) -> None:
    options = ("--mode", "positive", "--phases", "coverage,fuzzing")
    assert commons.tried(str(STANDARD), THEIRS, *options, "--max-examples", "400") > 500
