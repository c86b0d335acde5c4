"""Whatever is wrong is said with its place and the way out, and nothing is lost or half done."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connectors.sandbox import Fault
from hub.cli import main
from hub.demo.seeds import REQUEST
from hub.settings import TABLES
from tests.town import TABLE, Town

GOOD = """\
[hub]
database = "sqlite:///hub.db"
[members.elm]
name = "Elm Fund"
[connections.elm-sheet]
member = "elm"
system = "spreadsheet"
mapping = "spreadsheet-generic"
[connections.elm-sheet.options]
path = "rows.csv"
"""


def run(*words: str) -> Result:
    """A command in this process. What escapes it as anything but an exit would be a traceback on the screen."""
    result = CliRunner().invoke(main, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[hub]", "[hub", r"config\.toml: this is no TOML: .*line 1"),
        ("database", "databse", r'config\.toml:2: .*"databse"\. Closest: "database"'),
        ('member = "elm"', 'member = "oak"', r'config\.toml:6: .*oak'),
        ('"spreadsheet"\n', '"spreadshet"\n', r'config\.toml:7: .*Closest: .spreadsheet.'),
        ('"spreadsheet-generic"', '"spreadsheet-generik"', r'\[connections\.elm-sheet\] .*Closest: "?spreadsheet-generic'),
        ("[members.elm]", "[circles]\nours = ['elmo']\n[members.elm]", r'config\.toml:4: .*"elmo"\. Closest: "elm"'),
        ("[members.elm]", "[circles]\n'a b' = ['elm']\n[members.elm]", r'config\.toml:4: "a b" is no name for a circle'),
        ("[connections.elm-sheet.options]", 'every = "often"\n[connections.elm-sheet.options]', r"config\.toml:9: .*often"),
        ("[connections.elm-sheet.options]", 'edits = "acept"\n[connections.elm-sheet.options]', r'config\.toml:9: .*Closest: "accept"'),
        ("[connections.elm-sheet.options]", "shares = 1\n[connections.elm-sheet.options]", r"config\.toml:9: .*yes or no|true or false"),
        ('path = "rows.csv"', 'pth = "rows.csv"', r'config\.toml:10: .*Closest: "path"'),
    ],
)  # fmt: skip
def test_a_broken_line_of_the_configuration_is_named_with_the_likeliest_meant(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    config = tmp_path / "config.toml"
    assert old in GOOD
    config.write_text(GOOD.replace(old, new, 1))
    result = run("sync", "--config", str(config))
    assert result.exit_code == 2 and re.search(says, result.output), result.output
    assert not (tmp_path / "hub.db").exists()


def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    options = 'base = "appElm00000000001"\ntoken = "pat123.verysecret"'
    text = GOOD.replace('system = "spreadsheet"', 'system = "airtable"').replace('path = "rows.csv"', options)
    config.write_text(text.replace("spreadsheet-generic", "airtable"))
    result = run("check", "--config", str(config))
    assert result.exit_code == 2 and "verysecret" not in result.output
    assert re.search(r"config\.toml:11: .*env:.*file:", result.output), result.output


def test_all_problems_are_said_at_once(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(GOOD.replace("database", "databse").replace("pth", "path").replace('name = "', 'nmae = "'))
    lines = run("check", "--config", str(config)).output.splitlines()
    assert len([line for line in lines if line.startswith("config.toml:")]) >= 2


def test_a_missing_configuration_says_how_to_make_one(tmp_path: Path) -> None:
    assert "hub init" in run("sync", "--config", str(tmp_path / "none.toml")).output


def test_a_mapping_typo_stops_before_anything_is_read(tmp_path: Path) -> None:
    mapping = tmp_path / "mine.toml"
    mapping.write_text('extends = "spreadsheet-generic"\n\n[fields]\ntitel = "Project"\n')
    result = run("mapping", "check", str(mapping))
    assert result.exit_code == 1 and re.search(r'mine\.toml:4: .*"titel".*Closest: "title"', result.output), (
        result.output
    )
    config = tmp_path / "config.toml"
    config.write_text(GOOD.replace('"spreadsheet-generic"', f'"{mapping.as_posix()}"'))
    result = run("sync", "--config", str(config))
    assert result.exit_code == 2 and "mine.toml:4" in result.output


def test_a_share_field_that_names_an_unknown_circle_is_found_by_the_check(tmp_path: Path) -> None:
    mapping = tmp_path / "mine.toml"
    values = '{ "Research" = "circle:research,care", "Everyone" = "all", "Elm" = "member:elm" }'
    mapping.write_text(f'extends = "spreadsheet-generic"\nshare = {{ field = "Share", values = {values} }}\n')
    (tmp_path / "rows.csv").write_text("Title,Share\nWells,Everyone\n")
    text = GOOD.replace('"spreadsheet-generic"', f'"{mapping.as_posix()}"').replace("pth", "path")
    (tmp_path / "config.toml").write_text("[circles]\ncare = []\n" + text)
    result = run("check", "--config", str(tmp_path / "config.toml"))
    assert result.exit_code == 1 and '"circle:research"' in result.output, result.output
    assert "circle:care" not in result.output and "member:elm" not in result.output and "[circles]" in result.output


def test_a_mapping_is_shown_and_tried_on_samples(tmp_path: Path) -> None:
    shown = run("mapping", "show", "airtable").output
    assert "ask.requested" in shown and "Amount requested" in shown and "steward" in shown
    sample = tmp_path / "sample.json"
    sample.write_text('[{"Title": "One", "Amount requested": 5, "Currency": "EUROS"}]')
    result = run("mapping", "check", "airtable", "--sample", str(sample))
    assert "EUROS" in result.output
    sample.write_text('{"Title": "One"}')
    assert "JSON list" in run("mapping", "check", "airtable", "--sample", str(sample)).output


def test_init_writes_a_configuration_that_loads_and_never_overwrites(tmp_path: Path) -> None:
    config, sheet = tmp_path / "config.toml", tmp_path / "rows.csv"
    sheet.write_text("No.,Title,Share,Commons ID\n1,Wells,,\n")
    words = [
        "init",
        "--member",
        "elm",
        "--name",
        "Elm Fund",
        "--system",
        "spreadsheet",
        "--mapping",
        "spreadsheet-generic",
    ]
    options = ["--option", f"path={sheet}", "--option", "id=No.", "--config", str(config)]
    assert run(*words, *options).exit_code == 0
    assert run("check", "--config", str(config)).exit_code == 0
    before = config.read_text()
    assert run(*words, *options).exit_code != 0 and config.read_text() == before


def test_the_example_documents_every_setting() -> None:
    example = (Path(__file__).parents[2] / "config.example.toml").read_text()
    for table, settings in TABLES.items():
        for setting in settings:
            if setting.name == "options":
                assert "[connections.riverside-salesforce.options]" in example
            elif setting.name == "import":
                assert "[[connections.riverside-salesforce.import]]" in example
            elif setting.name == "alerts":
                assert "[members.riverside.alerts]" in example
            else:
                assert re.search(rf"^#? ?{setting.name}\s*=", example, re.M), f"{table}.{setting.name} is not in it"


def test_every_command_says_what_it_is_for() -> None:
    shown = run("--help").output
    from hub.cli import COMMANDS

    for name in COMMANDS:
        assert name in shown and run(name, "--help").exit_code == 0


def test_help_loads_nothing_heavy() -> None:
    import subprocess
    import sys

    program = (
        "import sys; sys.argv = ['hub', '--help']\nfrom hub.cli import main\ntry: main()\nexcept SystemExit: pass\n"
    )
    program += "print([m for m in ('sqlmodel', 'sqlalchemy', 'flask', 'pydantic', 'requests', 'apscheduler') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_serving_loads_nothing_that_most_hubs_never_need() -> None:
    """Each of them is a tenth of a second or more until the first page."""
    import subprocess
    import sys

    program = (
        "import sys, hub.cli.serve, hub.app, hub.web.app, hub.jobs.clock, hub.metrics.standing\n"
        "print([m for m in ('openpyxl', 'alembic', 'mako', 'authlib', 'joserfc', 'procrastinate') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_serving_brings_in_at_once_all_that_it_is_made_of() -> None:
    """What came in later would be searched for garbage over and over."""
    import subprocess
    import sys

    program = (
        "import gc, sys\nfrom hub.cli import serve\nfrom hub.cli.opening import open_configured\n"
        "from unittest import mock\nbrought = []\n"
        "def opened(*_, **__):\n    brought.extend(sys.modules); sys.exit()\n"
        "with mock.patch.object(serve, 'load_config'), mock.patch('hub.exposed.unfit', return_value=[]), "
        "mock.patch.object(serve, 'open_configured', opened):\n"
        "    try: serve.command(['--config', 'none.toml'])\n    except SystemExit: pass\n"
        "import hub.app, waitress.server, hub.jobs.clock, hub.metrics.standing, hub.web.app\n"
        "print(sorted(set(sys.modules) - set(brought)), gc.get_freeze_count() > 100_000)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[] True"


# --- systems that do not do what they should ----------------------------------


def test_an_unreachable_system_is_said_and_the_others_go_on(town: Town) -> None:
    town.salesforce.stop()
    done = town.hub("sync", code=1)
    assert re.search(r"alder-salesforce +incomplete", done.stdout) and "127.0.0.1" in done.stdout
    assert re.search(r"corrie-airtable +done", done.stdout)
    assert "Traceback" not in done.stdout + done.stderr
    checked = town.hub("check", "alder-salesforce", code=1).stdout
    assert "FAIL" in checked and "Traceback" not in checked


def test_a_wrong_password_is_said_and_nothing_is_tried_again_with_it(town: Town) -> None:
    town.sync()
    (town.folder / "secret").write_text("wrong")
    before = len(town.salesforce.calls("POST", "token"))
    done = town.hub("sync", code=1)
    assert re.search(r"alder-salesforce +failed", done.stdout) and re.search(r"saffron-airtable +failed", done.stdout)
    assert len(town.salesforce.calls("POST", "token")) - before <= 2
    assert len([row for row in town.saffron.rows(TABLE) if row["fields"].get("Commons ID")]) == 35


@pytest.mark.parametrize("what", ["html", "truncate"])
def test_a_sign_in_page_or_half_a_page_in_the_place_of_records_loses_nothing(town: Town, what: str) -> None:
    town.sync()
    keys = {row["Commons_Id__c"] for row in town.salesforce.rows(REQUEST)}
    for sandbox, path in ((town.salesforce, "query"), (town.saffron, TABLE), (town.corrie, TABLE)):
        sandbox.misbehave(Fault(what, path=path, times=50))  # type: ignore[arg-type]
    done = town.hub("sync", code=1)
    assert len(re.findall(r" incomplete ", done.stdout)) == 3, done.stdout
    for sandbox in (town.salesforce, town.saffron, town.corrie):
        sandbox.behave()
    assert {result["state"] for result in town.sync().values()} == {"done"}
    assert {row["Commons_Id__c"] for row in town.salesforce.rows(REQUEST)} == keys
    assert len([row for row in town.saffron.rows(TABLE) if row["fields"].get("Commons ID")]) == 35
