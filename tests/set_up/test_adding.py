"""`hub connection add`: it asks, tries the system itself, drafts the mapping, and leaves the rest of the file alone."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connectors.airtable.sandbox import AirtableSandbox
from connectors.airtable.sandbox import serve as serve_airtable
from connectors.contract import Option
from hub.cli.connection import command
from hub.configured import configured
from hub.demo import seeds
from hub.demo.samples import SAFFRON
from hub.set_up import answers
from mappings.language import load

BASE = "appSaffronTide001"
CONFIG = """# What we agreed in March: see the minutes.
[hub]
database   = "sqlite:///hub.db"   # beside this file

[members.saffron]
name = 'Saffron Tide Fund'


[members.corrie]
name = "Corrie Lane Trust"
[circles]   # none yet
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[AirtableSandbox]:
    with serve_airtable(seeds.airtable(BASE, SAFFRON)) as server:
        yield server


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("HUB_SAFFRON_AIRTABLE_TOKEN", raising=False)
    (tmp_path / "config.toml").write_text(CONFIG)
    os.chmod(tmp_path / "config.toml", 0o640)
    (tmp_path / "token").write_text(seeds.SECRET)
    return tmp_path / "config.toml"


def add(config: Path, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(command, ["add", "--config", str(config), *words], input=typed)


def flags(sandbox: AirtableSandbox, token: str = "file:token", **more: str) -> list[str]:
    given = {"base": BASE, "token": token, "url": sandbox.api} | more
    pairs = [part for name, value in given.items() for part in ("--option", f"{name}={value}")]
    return [
        "--member",
        "saffron",
        "--system",
        "airtable",
        "--name",
        "saffron-airtable",
        "--shares",
        "--allow-http",
        *pairs,
    ]


def test_what_it_writes_works_and_everything_else_stays_letter_by_letter(
    config: Path, sandbox: AirtableSandbox
) -> None:
    done = add(config, *flags(sandbox))
    assert done.exit_code == 0, done.output
    assert "ok " in done.output and "FAIL" not in done.output and "takes it up by itself" in done.output
    text = config.read_text()
    assert text.startswith(CONFIG) and seeds.SECRET not in text and config.stat().st_mode & 0o777 == 0o640
    made = configured(config).connections["saffron-airtable"]
    assert (made.member, made.system, made.mapping, made.first_sync) == ("saffron", "airtable", "airtable", "preview")
    assert made.options["token"].reveal() == seeds.SECRET and made.options["token"].reference == "file:token"
    assert [p.name for p in config.parent.iterdir() if p.name.startswith(".")] == []
    again = add(config, *flags(sandbox))
    assert again.exit_code == 2 and "already" in again.output and config.read_text() == text


def test_it_asks_for_what_no_flag_says_and_takes_a_secret_only_by_reference(
    config: Path, sandbox: AirtableSandbox
) -> None:
    typed = ["saffron", "airtable", "", BASE, "patReal.secret", "file:token", "", "", "y"]
    done = add(config, "--no-check", typed="\n".join(typed) + "\n")
    assert done.exit_code == 0, done.output
    assert "is a secret, and does not go into the file" in done.output
    table = tomllib.loads(config.read_text())["connections"]["saffron-airtable"]
    assert table["options"] == {"base": BASE, "token": "file:token"} and "patReal" not in config.read_text()


def test_a_trial_that_fails_says_what_to_do_and_writes_nothing(config: Path, sandbox: AirtableSandbox) -> None:
    (config.parent / "wrong").write_text("not the token")
    done = add(config, *flags(sandbox, token="file:wrong"))
    assert done.exit_code == 2 and "FAIL" in done.output and "Nothing was written" in done.output
    assert config.read_text() == CONFIG and "not the token" not in done.output


def test_a_variable_that_is_not_set_is_asked_for_once_and_never_written(config: Path, sandbox: AirtableSandbox) -> None:
    done = add(config, *flags(sandbox, token="env:HUB_SAFFRON_AIRTABLE_TOKEN"), typed=f"{seeds.SECRET}\n")
    assert done.exit_code == 0, done.output
    assert "Set the environment variable HUB_SAFFRON_AIRTABLE_TOKEN" in done.output and seeds.SECRET not in done.output
    assert seeds.SECRET not in config.read_text() and "env:HUB_SAFFRON_AIRTABLE_TOKEN" in config.read_text()


def test_what_a_member_keeps_in_a_file_of_its_own_goes_there(config: Path, sandbox: AirtableSandbox) -> None:
    own = config.parent / "members" / "saffron.toml"
    (own.parent / "saffron").mkdir(parents=True)
    own.write_text("# ours\n")
    (own.parent / "saffron" / "token").write_text(seeds.SECRET)
    refused = add(config, *flags(sandbox))
    assert refused.exit_code == 2 and '"allow_http" is for the operator' in refused.output
    assert 'write "saffron/token"' in refused.output and own.read_text() == "# ours\n"
    allowed = CONFIG.replace("Fund'\n", f"Fund'\nhosts = ['{sandbox.api.split('/')[2]}']\n")
    config.write_text(allowed)
    done = add(config, *(word for word in flags(sandbox, "file:saffron/token") if word != "--allow-http"))
    assert done.exit_code == 0, done.output
    assert config.read_text() == allowed and own.read_text().startswith("# ours\n")
    assert "saffron-airtable" in configured(config).connections


def renamed(columns: dict[str, str | None]) -> dict[str, Any]:
    """The usual base with some columns called otherwise, or not there."""
    seed = seeds.airtable(BASE, ())
    table = seed["tables"]["Opportunities"]
    fields = [field | {"name": columns.get(field["name"], field["name"])} for field in table["fields"]]
    table["fields"] = [field for field in fields if field["name"] is not None]
    return seed


def test_where_columns_have_other_names_the_mapping_is_drafted_with_every_guess_marked(config: Path) -> None:
    seed = renamed({"Title": "Project title", "Share": "Share it", "Need": None, "Currency": "currency"})
    with serve_airtable(seed) as other:
        done = add(config, *flags(other))
    assert done.exit_code == 0, done.output
    assert "look at its lines that say so" in done.output
    file = config.parent / "saffron-airtable.toml"
    text = file.read_text()
    assert text.count("# a guess: is it this column?") >= 3 and "there is no column like 'Need'" in text
    made = load(file)
    assert made.way("title").columns == ("Project title",) and made.share == {"field": "Share it", "equals": True}
    assert made.way("ask.requested").columns == ("Amount requested", "currency")
    assert all(part.path != "need" for part in made.fields)
    assert configured(config).connections["saffron-airtable"].mapping == str(file)


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        (Option("t", "", secret=True), "env:HUB_X", "env:HUB_X"),
        (Option("t", "", secret=True), "hunter2", None),
        (Option("t", "", secret=True), "env:", None),
        (Option("g", "", default="each", choices=("each", "none")), "none", "none"),
        (Option("g", "", default="each", choices=("each", "none")), "some", None),
        (Option("w", "", default=False), "yes", True),
        (Option("w", "", default=False), "maybe", None),
        (Option("n", "", default=80), "75", 75),
        (Option("n", "", default=80), "lots", None),
        (Option("b", "", required=True), " ", None),
        (Option("b", ""), "0075", "0075"),
    ],
)
def test_an_answer_is_of_the_kind_that_the_option_is(option: Option, text: str, value: Any) -> None:
    if value is None:
        with pytest.raises(ValueError, match=option.name):
            answers.read(option, text)
    else:
        assert answers.read(option, text) == value
