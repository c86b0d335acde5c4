"""What the documents of docs/ say is there, is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client.core import GaugeMetricFamily

from connectors.clock import ManualTime
from hub.app import open_hub
from hub.config_files import load
from hub.metrics.counted import REGISTRY
from hub.metrics.standing import Standing

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
ASVS = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5,
    "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3, "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4,
    "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1,
    "9.1": 3, "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3, "11.1": 2, "11.2": 3, "11.3": 3,
    "11.4": 4, "11.5": 1, "11.6": 1, "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4,
    "14.3": 3, "15.1": 3, "15.2": 3, "15.3": 7, "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4, "17.3": 2,
}  # fmt: skip
"""Requirements of levels 1 and 2 in each section of ASVS 5.0.0; those of level 3 come after them."""


def test_links_and_named_files_of_all_documents_exist() -> None:
    for page in [*DOCS.rglob("*.md")]:
        text = page.read_text()
        for place in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
            assert place.startswith("http") or (page.parent / place).exists(), f"{page.name}: {place}"
        for place in re.findall(r"`((?:tests|hub|connectors|schemas|mappings)/[\w/.*-]+)`", text):
            assert place.startswith("hub/…") or list(ROOT.glob(place)) or list(ROOT.glob(f"{place}*")), (
                f"{page.name}: {place}"
            )


def test_the_self_assessment_names_each_requirement_of_level_two_once() -> None:
    named: list[str] = []
    for row in re.findall(r"^\| ([\d][^|]*) \| [^|]+ \|", (DOCS / "asvs.md").read_text(), re.M):
        for part in row.split(", "):
            if "(3)" in part:
                continue
            first = re.match(r"(\d+\.\d+)\.(\d+)(?:–(\d+))?$", part)
            assert first is not None, part
            named += [f"{first[1]}.{n}" for n in range(int(first[2]), int(first[3] or first[2]) + 1)]
    wanted = [f"{section}.{n}" for section, count in ASVS.items() for n in range(1, count + 1)]
    assert sorted(named) == sorted(wanted) and len(wanted) == 253


def test_every_number_that_prometheus_reads_is_explained(tmp_path: Path) -> None:
    text = (DOCS / "operations.md").read_text()
    (tmp_path / "config.toml").write_text('[hub]\ndatabase = "sqlite:///hub.db"\n[members.elm]\nname = "Elm"\n')
    hub = open_hub(load(tmp_path / "config.toml"), time=ManualTime())
    names = {metric.name for metric in Standing(hub).collect() if isinstance(metric, GaugeMetricFamily)}
    hub.engine.dispose()
    names |= {name.removesuffix("_created") for name in REGISTRY._names_to_collectors if name.startswith("hub_")}
    for name in names:
        short = name.removeprefix("hub_connection")
        bare = re.sub(r"_(bucket|sum|count)$", "", name)
        assert any(f"`{one}`" in text for one in (name, short, bare, f"{bare}_total")), name


@pytest.mark.parametrize(
    "name",
    ["SECURITY.md", "threat-model.md", "privacy.md", "vendor-review.md", "operations.md", "asvs.md", "data-sharing.md"],
)
def test_nobody_is_made_up_in_a_document(name: str) -> None:
    text = (DOCS / name).read_text()
    assert not re.search(r"[\w.+-]+@[\w-]+\.[a-z]{2,}", text) and len(text) > 1500


def test_commands_that_documents_name_are_there() -> None:
    from hub.cli import COMMANDS

    for page in DOCS.rglob("*.md"):
        for name in re.findall(r"`hub ([a-z]+)", page.read_text()):
            assert name in COMMANDS, f"{page.name}: hub {name}"
