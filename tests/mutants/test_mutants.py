"""The gate itself: every mistake still has its place, and a few of the cheap ones are caught on the spot."""

from __future__ import annotations

import ast

import pytest

from tests.mutants.gate import PROOFS, ROOT, copied, mutated, tried
from tests.mutants.named import MUTANTS


def test_every_mistake_has_exactly_one_place_and_makes_code_that_can_run() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 29
    for mutant in MUTANTS:
        text = (ROOT / mutant.file).read_text(encoding="utf-8")
        assert ast.dump(ast.parse(mutated(text, mutant))) != ast.dump(ast.parse(text)), mutant.name


@pytest.mark.parametrize("name", ["the last one read wins", "a cleared value counts as missing"])
def test_the_oracle_notices(name: str) -> None:
    (mutant,) = [mutant for mutant in MUTANTS if mutant.name == name]
    with copied(mutant) as folder:
        assert [proof for proof, said in tried(folder, PROOFS[:1]) if said] == ["oracle"]
