"""The gate itself: every mistake still has its place, and a few of the cheap ones are caught on the spot."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.mutants import protections
from tests.mutants.gate import PROOFS, ROOT, copied, mutated, tried
from tests.mutants.named import MUTANTS
from tests.mutants.protections import NOT_RUN, NOTICED, PROTECTIONS, SURVIVED, TOO_LONG, one


def test_every_mistake_has_exactly_one_place_and_makes_code_that_can_run() -> None:
    every = [*MUTANTS, *(mutant for mutant, _ in PROTECTIONS)]
    assert len({mutant.name for mutant in every}) == len(every) and len(MUTANTS) >= 29 and len(PROTECTIONS) >= 37
    for mutant in every:
        text = (ROOT / mutant.file).read_text(encoding="utf-8")
        assert ast.dump(ast.parse(mutated(text, mutant))) != ast.dump(ast.parse(text)), mutant.name


@pytest.mark.parametrize("name", ["the last one read wins", "a cleared value counts as missing"])
def test_the_oracle_notices(name: str) -> None:
    (mutant,) = [mutant for mutant in MUTANTS if mutant.name == name]
    with copied(mutant) as folder:
        assert [proof for proof, said in tried(folder, PROOFS[:1]) if said] == ["oracle"]


def test_a_protection_that_is_taken_away_is_noticed() -> None:
    (which,) = [which for which in PROTECTIONS if which[0].name == "localhost leads anywhere"]
    done = one(which)
    assert (done.verdict, done.by) == (NOTICED, which[1])


@pytest.mark.parametrize(
    ("body", "patience", "verdict", "by"),
    [
        ("def test_it() -> None: ...", 120, SURVIVED, ""),
        ("def test_it() -> None: assert False", 120, NOTICED, "test_it.py::test_it"),
        ("import time\ntime.sleep(600)", 2, TOO_LONG, "not done after 2 s"),
        ("import nothing_of_this_name", 120, NOT_RUN, "pytest ended with 2"),
    ],
)
def test_only_a_test_that_failed_has_noticed(tmp_path: Path, body: str, patience: float, verdict: str, by: str) -> None:
    (tmp_path / "test_it.py").write_text(body)
    done = protections.tried(tmp_path, "test_it.py", patience)
    assert (done.verdict, done.by) == (verdict, by)


def test_every_protection_has_a_test_that_is_there() -> None:
    for _, test in PROTECTIONS:
        file, _, name = test.partition("::")
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8") if name else (ROOT / file).is_file(), test
