"""What is wrong with a declaration is said with its line and key; what is right is understood."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.rest.declaration import LARGEST, DeclarationError, load, read
from hub.cli import main
from tests.rest import shapes

EXAMPLES = sorted((Path(__file__).parents[2] / "connectors" / "rest" / "examples").glob("*.toml"))

WRONG = [
    ('[record]\nid = 7', 6, "[record] id"),
    ('[lists]\npath = "/x"', 5, 'Closest: "list"'),
    ('[find]\npath = "/x"\nparms = {}', 7, 'Closest: "params"'),
    ('[find]\npath = "/x"', 5, "{key}"),
    ('[get]\npath = "/x/{name}"', 6, "there is no {name} here"),
    ('[get]\npath = "/x/{id"', 6, "braces that are no place"),
    ('[get]\npath = "/x/{id.real}"', 6, "braces that are no place"),
    ('[get]\npath = "x"', 6, 'must start with one "/"'),
    ('[get]\nmethod = "DELETE"\npath = "/x"', 6, "[get] method"),
    ('[feed]\nkind = "rumour"', 6, "[feed] kind"),
    ('[feed]\nkind = "token"\nparam = "x"', 5, "say token (in the body) or header"),
    ('[update]\npath = "/x/{id}"\nguard = "etag"', 7, "the ETag comes with [get]"),
    ('[update]\npath = "/x/{id}"\nguard = "field"', 7, "version_field"),
    ('[update]\npath = "/x/{id}"\nwhole = true', 7, "needs [get]"),
    ('[create]\npath = "/x"\nonce = true', 7, 'id = "key"'),
    ('[create]\npath = "/x/{id}"', 5, 'id = "key"'),
    ('[values]\nid = "mine"', 6, "none of the hub's own"),
    ('[headers]\nHost = "other"', 6, "not a declaration's to set"),
    ('[headers]\nX-Key = "a\\r\\nHost: b"', 6, "printable ASCII"),
    ('[gone]\npath = "/x/{id}"', 5, "[record] deleted"),
    ('[limits]\ncalls = 0', 6, "[limits] calls"),
]  # fmt: skip
MINIMAL = 'title = "T"\nauth = { kind = "none" }\nlist = { path = "/x" }\n\n'


@pytest.mark.parametrize(("text", "line", "says"), WRONG, ids=[text for text, _, _ in WRONG])
def test_a_mistake_is_named_with_its_line_and_key(text: str, line: int, says: str) -> None:
    with pytest.raises(DeclarationError) as found:
        read((MINIMAL + text).encode(), "x.toml")
    (problem,) = found.value.problems
    assert problem.startswith(f"x.toml:{line}: ") and says in problem, problem


def test_every_mistake_is_found_in_one_go() -> None:
    with pytest.raises(DeclarationError) as found:
        read(b'titel = "T"\n[auth]\nkind = "magic"\n[list]\npath = "/x"\nrecord = ""\n', "x.toml")
    lines = [problem.split(":")[1] for problem in found.value.problems]
    assert lines == ["1", "1", "3", "6"], found.value.problems


def test_the_least_that_a_declaration_needs_is_its_title_sign_in_and_list() -> None:
    assert read(MINIMAL.encode(), "x.toml").list.path == "/x"


def test_what_is_no_toml_too_large_or_not_there_is_said_plainly(tmp_path: Path) -> None:
    huge = tmp_path / "huge.toml"
    huge.write_bytes(b"#" * (LARGEST + 1))
    for file, says in ((huge, "at most"), (tmp_path / "none.toml", "cannot be read"), (tmp_path, "cannot be read")):
        with pytest.raises(DeclarationError, match=says):
            load(file)
    for body in (b"\xff", b"[", b"a = " + b"[" * 5000):
        with pytest.raises(DeclarationError, match="no TOML"):
            read(body, "x.toml")


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_says_first_that_nobody_verified_it_loads_and_reads_well(file: Path) -> None:
    assert file.read_text().startswith("# UNVERIFIED EXAMPLE: ")
    done = CliRunner().invoke(main, ["connector", "check", str(file)])
    assert done.exit_code == 0, done.output
    assert "Nobody has tried this declaration against the real system." in done.output
    assert "we will ask you" in done.output and "No errors." in done.output


def test_there_is_an_example_for_each_system_that_was_promised_one() -> None:
    assert [file.stem for file in EXAMPLES] == ["civicrm", "goodgrants", "openwater"]


def said(tmp_path: Path, text: str) -> str:
    done = CliRunner().invoke(main, ["connector", "check", shapes.written(tmp_path, text)])
    assert done.exit_code == 0, done.output
    return done.output


def test_the_check_says_what_a_declaration_cannot_promise(tmp_path: Path) -> None:
    least, most = said(tmp_path, MINIMAL), said(tmp_path, shapes.FOLLOWED)
    for promise, otherwise in (
        ("This system cannot tell us about deletions; we will ask you.", "Deletions are told by the system"),
        ("This system cannot tell us what changed", "Changes are found by 'changed'"),
        ("[update] is missing", "An edit made meanwhile is never overwritten"),
        ("[find] is missing", "A list counts as complete when it shows as many records as it says there are."),
    ):
        assert promise in least and promise not in most
        assert otherwise in most and otherwise not in least


def test_a_time_of_change_that_is_not_trusted_is_not_followed(tmp_path: Path) -> None:
    text = shapes.FOLLOWED.replace('kind   = "timestamp"', 'kind   = "timestamp"\ntrusted = false')
    assert "does not move with every change, so each sync reads the whole list" in said(tmp_path, text)


def test_check_ends_with_1_where_something_is_wrong(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["connector", "check", shapes.written(tmp_path, MINIMAL + "[x]")])
    assert done.exit_code == 1 and "declared.toml:5: x: there is no such key." in done.output
