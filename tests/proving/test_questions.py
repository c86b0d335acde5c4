"""What a connector's README leaves open and what ``hub prove`` answers are one list."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connectors import registry
from connectors.questions import Evidence

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", registry.names())
def test_the_readme_lists_the_questions_of_the_connector_and_no_others(name: str) -> None:
    readme = (ROOT / "connectors" / name.replace("-", "_") / "README.md").read_text(encoding="utf-8")
    found = re.search(r"^## Not verified\n(.*?)(?=^## |\Z)", readme, re.M | re.S)
    listed = re.findall(r"^\* (.+)$", found[1], re.M) if found else []
    assert listed == [question.text for question in registry.load(name).questions]


@pytest.mark.parametrize("name", registry.names())
def test_a_proof_that_saw_nothing_settles_nothing_and_says_what_would(name: str) -> None:
    questions = registry.load(name).questions
    assert len({question.id for question in questions}) == len(questions)
    for question in questions:
        assert question.settle(Evidence()) is None, question.id
        assert question.otherwise.endswith(".")


def test_systems_whose_documents_leave_points_open_have_questions() -> None:
    assert {name for name in registry.names() if registry.load(name).questions} == {
        "dataverse", "fluxx", "salesforce", "submittable",
    }  # fmt: skip
