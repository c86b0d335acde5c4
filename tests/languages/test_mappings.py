"""Whatever is wrong with a mapping file is said so that it can be told in every language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.config import ConfigError
from hub.configured import configured
from hub.languages import pieces_of
from mappings import check
from mappings.finding import Finding
from schemas.said import Said
from tests.languages.extraction import ROOT
from tests.web.conftest import Site, built

TEXTS = {"draft.py", "show.py"}
"""What they write is a file, or a listing for the command line, in the language of both."""
FILES = sorted(file for file in (ROOT / "mappings").rglob("*.py") if file.name not in TEXTS)
SENTENCE = re.compile(r"[a-z]{2,} [a-z]{2,}(?![^\\]*\\)")
"""Two words, but in no pattern."""
HEAD = 'system = "airtable"\nobject = "Rows"\n'
MISTAKES = (
    HEAD + "[fields]\n",
    'kind = "thing"\nkey = 1\nid = 1\n[fields]\ntitle = "T"\n',
    HEAD + 'shared = true\nshare = { field = "S", equal = true }\n[fields]\ntitle = "T"\n',
    HEAD + 'share = { field = "S", values = { A = "everyone" } }\nwithdrawn = 1\nclosed = 1\ncreate = 1\n[fields]\ntitle = "T"\n',
    HEAD + 'share = 1\n[create]\nA = { now = "noon" }\nB = { user = "me" }\nC = 1.5\n[fields]\ntitle = "T"\n',
    HEAD + '[fields]\ntitel = "T"\ntitle = { field = "T", way = "inn" }\nsummary = { field = "S", type = "txt" }\n',
    HEAD + '[fields]\ntitle = { field = "T", seperator = "," }\nsummary = { type = "longtext" }\nkind = 1\n',
    HEAD + '[fields]\n"ask.requested" = { field = "A", currency = { field = "C", way = "in" } }\nsummary = { field = "S", type = "money" }\n',
    HEAD + '[fields]\n"ask.requested" = "A"\n"commitment.amount" = { field = "B", currency = "XXY" }\n"totals.gap" = { field = "G", way = "in" }\n',
    HEAD + '[fields]\ntitle = { field = "T", max = 0, prefix = 1 }\nsummary = { field = "T", codec = "none" }\n',
    HEAD + '[fields]\ntitle = "T"\nthemes = { field = "H", values = { eduction = "E" } }\n',
    HEAD + '[fields]\ntitle = "T"\nsummary = "T"\n"commitment.stage" = { field = "S", values = { exploring = ["A"], committed = ["A"] } }\n',
    HEAD + '[fields]\norganization = { field = "O", type = "reference", object = "A", match = ["No"], parts = { nmae = "Name" } }\n',
    HEAD + '[fields]\n"ask.needed_by" = { field = "D", format = "%d" }\nplaces = { field = "P", part = "planet" }\n',
    'extends = "no-such"\n',
    "extends = 1\n",
    "no toml\n",
)  # fmt: skip
"""Files that are each wrong in another way."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = built(tmp_path)
    yield made
    made.hub.engine.dispose()


def sentences(tree: ast.AST) -> Iterator[ast.Constant]:
    """Text that reads like a sentence and is no docstring, nor within ``phrase``."""
    for child in ast.iter_child_nodes(tree):
        marked = isinstance(child, ast.Call) and isinstance(child.func, ast.Name) and child.func.id == "phrase"
        doc = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
        if not marked and not doc:
            if isinstance(child, ast.Constant) and isinstance(child.value, str) and SENTENCE.search(child.value):
                yield child
            yield from sentences(child)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_what_the_language_of_mappings_says_keeps_its_parts(file: Path) -> None:
    assert [f"{one.lineno}: {one.value}" for one in sentences(ast.parse(file.read_text(encoding="utf-8")))] == []


def untold(sentence: Said) -> list[str]:
    """Its parts, and theirs, that stay English in the language of the request."""
    inner = [value for _template, values in sentence.parts for value in values.values() if isinstance(value, Said)]
    return [piece for piece, known in pieces_of(sentence) if not known] + [
        left for one in inner for left in untold(one)
    ]


def wrong(folder: Path, text: str) -> list[Finding]:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    found = [finding for finding in check.check(path) if finding.severity == "error"]
    assert found, text
    return found


@pytest.mark.parametrize("text", MISTAKES)
def test_a_fault_of_a_mapping_file_is_told_in_arabic(site: Site, tmp_path: Path, text: str) -> None:
    with site.app.test_request_context(headers={"Accept-Language": "ar"}):
        for finding in wrong(tmp_path, text):
            assert isinstance(finding.message, Said), finding.message
            assert untold(finding.message) == []


def test_an_operator_reads_in_arabic_why_a_changed_mapping_is_refused(site: Site, tmp_path: Path) -> None:
    wrong(tmp_path, MISTAKES[5])
    config = (
        (tmp_path / "config.toml")
        .read_text(encoding="utf-8")
        .replace('"spreadsheet-generic"', f'"{tmp_path}/mine.toml"')
    )
    (tmp_path / "config.toml").write_text(config, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        configured(tmp_path / "config.toml")
    assert refused.value.problems[0].startswith("[connections.elm-sheet] ")
    site.hub.refused = refused.value.problems
    client = site.client("operator.elm")
    assert "The commons has no field &#34;titel&#34;. Closest: &#34;title&#34;." in client.get("/").text
    site.post(client, "/language", language="ar")
    page = re.sub("[\u2068\u2069]", "", client.get("/").text)
    assert "ليس في المشاع حقل «titel»." in page and "The commons" not in page
