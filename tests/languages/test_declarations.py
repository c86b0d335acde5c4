"""What is wrong with a declaration of the connector `rest`, and what it can promise, is said so that it can be told in every language."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.rest.declaration import DeclarationError, load, read
from connectors.rest.promises import missing, promises
from schemas.said import Said
from tests.languages.extraction import ROOT
from tests.languages.test_mappings import sentences, untold
from tests.rest.test_declaration import EXAMPLES, MINIMAL, WRONG
from tests.web.conftest import Site, built

FILES = [ROOT / "connectors" / "rest" / f"{name}.py" for name in ("declaration", "fill", "parts", "promises")]
CHECKED_BY_ITS_LIBRARY = {"[record]\nid = 7", "[limits]\ncalls = 0"}
"""Values of another type or size: what pydantic says of them is its own, in English."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = built(tmp_path)
    yield made
    made.hub.engine.dispose()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_what_is_said_of_a_declaration_keeps_its_parts(file: Path) -> None:
    assert [f"{one.lineno}: {one.value}" for one in sentences(ast.parse(file.read_text(encoding="utf-8")))] == []


@pytest.mark.parametrize("text", [text for text, _line, _says in WRONG if text not in CHECKED_BY_ITS_LIBRARY])
def test_a_fault_of_a_declaration_is_told_in_arabic(site: Site, text: str) -> None:
    with pytest.raises(DeclarationError) as found:
        read((MINIMAL + text).encode(), "x.toml")
    said = str(found.value)
    with site.app.test_request_context(headers={"Accept-Language": "ar"}):
        assert isinstance(said, Said) and untold(said) == []


def test_what_the_examples_promise_is_told_in_arabic(site: Site) -> None:
    with site.app.test_request_context(headers={"Accept-Language": "ar"}):
        for sentence in (said for file in EXAMPLES for said in (*promises(load(file)), *missing(load(file)))):
            assert isinstance(sentence, Said) and untold(sentence) == [], sentence
