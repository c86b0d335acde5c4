"""The README's walk through, its files taken as they stand there, against a live server that others wrote."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.cli import main
from tests.rest.datasette import Datasette

README = Path(__file__).parents[2] / "connectors" / "rest" / "README.md"
WALK = README.read_text(encoding="utf-8").partition("## A walk through")[2].partition("\n## ")[0]
FILES = dict(
    zip(
        ("grants.toml", "grants-mapping.toml", "config.toml"),
        re.findall(r"^```toml\n(.*?)^```", WALK, re.M | re.S),
        strict=True,
    )
)
IMPORTER = """
[members.alder]
name = "Alder Foundation"

[connections.alder]
member     = "alder"
system     = "rest"
mapping    = "../alder-mapping.toml"
import     = "all"
first_sync = "go"
options    = { declaration = "../grants.toml", url = "https://grants.example.org", token = "env:HUB_ALDER_TOKEN" }
"""
"""Another member, so that there is somebody to share with."""


class Office:
    """The files of the walk in a folder."""

    def __init__(self, folder: Path, datasette: Datasette) -> None:
        self.folder, self.datasette = folder, datasette
        (folder / "members").mkdir()
        mapping = FILES["grants-mapping.toml"].replace('"grants"', '"imported"')
        for name, text in (FILES | {"members/alder.toml": IMPORTER, "alder-mapping.toml": mapping}).items():
            # The address is all that differs from what the README says, and that the operator allows one on this machine.
            text = text.replace("https://grants.example.org", datasette.url)
            (folder / name).write_text(text.replace('system  = "rest"', 'allow_private = true\nsystem  = "rest"'))
        with (folder / "config.toml").open("a") as config:
            host = datasette.url.partition("//")[2].partition("/")[0]
            config.write(f'\n[members.alder]\nhosts = ["{host}"]\n')

    def hub(self, *words: str) -> str:
        """``hub WORDS``, in this process."""
        tokens = {f"HUB_{who}_TOKEN": self.datasette.token for who in ("RIVERSIDE", "ALDER")}
        config = {"HUB_CONFIG": str(self.folder / "config.toml")}
        done = CliRunner().invoke(main, [*words], env=tokens | config, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout


@pytest.fixture
def office(tmp_path: Path, datasette: Datasette) -> Office:
    return Office(tmp_path, datasette)


def test_it_takes_less_than_sixty_lines_of_toml() -> None:
    lines = [line for text in FILES.values() for line in text.splitlines() if line.strip()]
    assert 20 < len(lines) < 60


def test_its_files_connect_the_system_and_a_project_goes_from_it_to_another_table(office: Office) -> None:
    grants, imported = office.datasette.table("grants"), office.datasette.table("imported")
    shared = grants.add(title="Wells", summary="Clean water", organisation="Upper Valley Trust", ask=1000, currency="USD", share=1)  # fmt: skip
    private = grants.add(title="Not for others", share=0)
    assert "No errors." in office.hub("connector", "check", str(office.folder / "grants.toml"))
    assert "0 errors" in office.hub("mapping", "check", str(office.folder / "grants-mapping.toml"))
    assert "All good." in office.hub("check")
    assert "Wells" in office.hub("sync", "--dry-run")
    assert all(row["commons_id"] is None for row in grants.rows())
    (run,) = set(re.findall(r"hub plan (?:show|approve) (\S+)", office.hub("sync")))
    office.hub("plan", "approve", run)
    assert [result["state"] for result in json.loads(office.hub("sync", "--json"))] == ["done", "done"]
    there = {str(row["id"]): row for row in grants.rows()}
    assert there[shared]["commons_id"] and there[private]["commons_id"] is None
    (copy,) = imported.rows()
    assert (copy["title"], copy["ask"], copy["commons_id"]) == ("Wells", 1000, there[shared]["commons_id"])
    grants.edit(shared, title="Deeper wells")
    office.hub("sync")
    assert [row["title"] for row in imported.rows()] == ["Deeper wells"]
    before = [grants.rows(), imported.rows()]
    office.hub("sync")
    assert [grants.rows(), imported.rows()] == before
