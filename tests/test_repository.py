"""What the project as a whole keeps to."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from connectors import registry
from hub.cli import COMMANDS

ROOT = Path(__file__).parents[1]


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("This is no git checkout, so there is no list of files.")
    return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def test_lock_files_have_hashes_and_name_no_host() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert not re.search(r"https?://|--index-url|--find-links|--trusted-host", text), name
        pins = re.findall(r"^[a-z0-9][\w.\-]*==.*?(?=^[a-z0-9]|\Z)", text, re.M | re.S)
        assert len(pins) > 30 and all("--hash=sha256:" in pin for pin in pins), name


def test_every_dependency_is_in_the_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[\[<>=; ]", wish)[0].lower() for wish in project["dependencies"]]
    lock = (ROOT / "requirements.lock").read_text().lower()
    assert [name for name in names if f"\n{name}==" not in f"\n{lock}"] == []


def test_a_module_has_one_idea_and_a_name_of_its_own() -> None:
    for path in tracked():
        if path.suffix != ".py" or "migrations" in path.parts:
            continue
        assert not re.fullmatch(r"(utils?|helpers?|common|misc|base|manager|service)s?", path.stem), path
        if "tests" not in path.parts:
            assert len(path.read_text().splitlines()) <= 410, f"{path} is crowded"


def test_the_readme_says_only_what_exists() -> None:
    text = (ROOT / "README.md").read_text()
    for place in re.findall(r"\]\(([^)#]+)\)", text):
        assert place.startswith("http") or (ROOT / place).exists(), place
    used = set(re.findall(r"^(?:\.venv\\Scripts\\)?hub ([a-z]+)", text, re.M)) | set(re.findall(r"`hub ([a-z]+)", text))
    assert used and used <= set(COMMANDS)
    for target in re.findall(r"^make ([a-z]+)", text, re.M):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M), target


IN_PLACE_OF = ("yoursystem", "my_system")
"""Names that stand for what a reader will write."""


def test_what_a_document_names_is_there() -> None:
    """Files and folders by their path from here or from ``hub/``, tests by their names, links with their headings."""
    inside = [p.relative_to(folder).parts for folder in (ROOT, ROOT / "hub") for p in tracked() if folder in p.parents]
    rooms = {parts[0] for parts in inside if len(parts) > 1}  # what a benchmark left in build/ is no room
    wrong = []
    for document in (path for path in tracked() if path.suffix == ".md"):
        text = document.read_text()
        for named in re.findall(r"`([a-z_]+/[\w./*-]*)(?:::(\w+))?`", text):
            place, test = named
            if place.split("/")[0] not in rooms or any(name in place for name in IN_PLACE_OF):
                continue
            found = [path for folder in (ROOT, ROOT / "hub") for path in folder.glob(place)]
            if not found or (test and f"def {test}(" not in found[0].read_text()):
                wrong.append(f"{document.relative_to(ROOT)}: {place}{'::' * bool(test)}{test}")
        tests = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
        wrong += [
            f"{document.relative_to(ROOT)}: {name}"
            for name in re.findall(r"`(test_\w+\.py)`", text)
            if name not in tests
        ]
        for place, heading in re.findall(r"\]\(([^)#:]*)(?:#([^)]+))?\)", text):
            there = document.parent / place if place else document
            if not there.exists() or (heading and heading not in headings(there)):
                wrong.append(f"{document.relative_to(ROOT)}: {place}#{heading}")
    assert wrong == []


def headings(document: Path) -> set[str]:
    """As the places of code spell them in an address."""
    found = re.findall(r"^#+ (.+)$", document.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in found}


def test_every_connector_has_a_readme_with_all_its_options() -> None:
    for name in registry.names():
        readme = (ROOT / "connectors" / name.replace("-", "_") / "README.md").read_text()
        for option in registry.load(name).options:
            assert f"`{option.name}`" in readme, f"{name}: {option.name}"


def test_the_changelog_and_the_package_agree_on_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert re.search(rf"^## {re.escape(version)}\b", (ROOT / "CHANGELOG.md").read_text(), re.M)


def test_nothing_speaks_of_the_machine_that_it_was_written_on() -> None:
    for path in tracked():
        if path.suffix in (".py", ".md", ".toml", ".html", ".lock", "") and path != Path(__file__):
            assert not re.search(r"(?<![\w.-])/(work|home|Users)/\w", path.read_text(errors="ignore")), path
