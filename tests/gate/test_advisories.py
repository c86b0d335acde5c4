"""What `make audit` makes of pip-audit's answers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gate.advisories import KNOWN, SOUND, UNASKED, judged

FINE = {"name": "pear", "version": "1", "vulns": []}
WEAK = {"name": "plum", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}
SILENT = {"name": "fig", "skip_reason": "Dependency not found and could not be audited: fig (4)"}


@pytest.mark.parametrize(
    ("answers", "pinned", "code", "words"),
    [
        ([FINE], {"pear"}, SOUND, "Of 1 packages 1 were asked about, 0 weaknesses known."),
        ([FINE, WEAK, SILENT], {"pear", "plum", "fig"}, KNOWN, "plum 2: PYSEC-1, mended in 3"),
        ([FINE, SILENT], {"pear", "fig"}, UNASKED, "Nothing is known about the other 1: fig."),
        ([FINE], {"pear", "fig"}, UNASKED, "Nothing is known about the other 1: fig."),  # left out without a word
        ([], set(), UNASKED, "Of 0 packages"),
    ],
)
def test_what_nobody_asked_about_does_not_look_sound(
    answers: list[dict[str, Any]], pinned: set[str], code: int, words: str
) -> None:
    found, said = judged({"dependencies": answers}, pinned)
    assert found == code and words in said
