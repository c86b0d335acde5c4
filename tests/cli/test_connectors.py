"""What is said of connectors is what they do, and one page of the documentation says the same."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors import registry
from connectors.contract import System
from hub.cli.connectors import command
from hub.conformance import kit
from tests.conformance.house import HOUSE

PAGE = Path(__file__).parents[2] / "docs" / "connectors.md"
WORDS = {"name", "title", "system", "summary", "direction", "feed", "deletes", "guard", "key", "batch", "limits", "verified", "options"}  # fmt: skip


def test_json_tells_of_each_connector_all_that_one_chooses_by() -> None:
    told = json.loads(CliRunner().invoke(command, ["--json"]).stdout)
    assert [system["name"] for system in told] == list(registry.names())
    for system in told:
        assert system.keys() == WORDS, f"{system['name']} has no facts: see connectors/facts.py"
        assert all(system[word] for word in WORDS)


def test_the_page_of_the_documentation_is_made_from_it() -> None:
    made = CliRunner().invoke(command, ["--markdown"]).stdout
    assert PAGE.read_text(encoding="utf-8") == made, "make it anew: hub connectors --markdown > docs/connectors.md"
    links = re.findall(r"\]\((\S+)\)", made)
    assert len(links) == len(registry.names()) and all((PAGE.parent / link).is_file() for link in links)


@pytest.mark.parametrize("subject", HOUSE, ids=lambda subject: subject.__name__)
def test_a_connection_can_do_what_is_said_of_its_connector(subject: type[kit.Subject]) -> None:
    system = registry.load(subject.system) if isinstance(subject.system, str) else subject.system
    assert isinstance(system, System) and system.facts is not None
    facts = system.facts
    with subject() as running:
        can = running.open().capabilities
    assert (can.writes, facts.direction) in ((True, "both"), (False, "in"), (False, "both"))
    said = {"feed": (can.feed, facts.feed), "deletes": (can.tombstones, facts.deletes), "guard": (can.guard, facts.guard),
            "key": (can.key, facts.key), "batch": (can.batch, facts.batch)}  # fmt: skip
    assert {name: value for name, (value, among) in said.items() if value not in among} == {}


def test_a_connector_stays_one_whatever_of_its_package_is_imported_later() -> None:
    """A module of its package that is called ``connector``, imported when the first connection is opened, would take its name."""
    for name in registry.names():
        package = importlib.import_module(f"connectors.{name.replace('-', '_')}")
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{module.name}")
        assert isinstance(package.connector, System), (
            f"{package.__name__} loads a module by the name of its connector late"
        )
