"""Whatever a connector says to people keeps its parts, so that it can be told in every language."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from connectors import contract
from tests.languages.extraction import ROOT

SAYS = {
    "Check": slice(0, 4),
    "Refused": slice(2, 3),
    "Unseen": slice(1, 2),
    "AddressRefused": slice(0, 1),
    "WireFailed": slice(0, 1),
}
"""What carries sentences, and which of what it is given may be one."""
SAYS |= {
    name: slice(0, 1)
    for name, kind in vars(contract).items()
    if isinstance(kind, type) and issubclass(kind, contract.ConnectorError)
}
ITS_OWN = {"id", "place"}
FILES = sorted(
    file for file in (ROOT / "connectors").rglob("*.py") if "sandbox" not in file.name and file.name != "registry.py"
)


def unmarked(tree: ast.AST) -> list[str]:
    """Sentences that are given as text alone, with their lines."""
    found = []
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id not in SAYS:
            continue
        given = [*call.args[SAYS[call.func.id]], *(word.value for word in call.keywords if word.arg not in ITS_OWN)]
        found += [f"{one.lineno}: {ast.unparse(one)}" for one in given if _is_sentence(one)]
    return found


def _is_sentence(given: ast.expr) -> bool:
    if isinstance(given, ast.IfExp):
        return _is_sentence(given.body) or _is_sentence(given.orelse)
    if isinstance(given, ast.BinOp | ast.JoinedStr):
        return " " in "".join(
            p.value for p in ast.walk(given) if isinstance(p, ast.Constant) and isinstance(p.value, str)
        )
    return isinstance(given, ast.Constant) and isinstance(given.value, str) and given.value != ""


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_what_a_connector_says_keeps_its_parts(file: Path) -> None:
    assert not unmarked(ast.parse(file.read_text(encoding="utf-8")))


def test_a_sentence_that_is_only_text_is_found() -> None:
    said = 'raise Invalid(f"No {x} here.")\nCheck("sign in", True, phrase("Fine."), "Do." if y else "")\nUnseen(id, "Gone " + why)'
    assert len(unmarked(ast.parse(said))) == 4
