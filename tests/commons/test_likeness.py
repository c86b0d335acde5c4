"""What may be the same project twice, and what is not; and that what may be is found by its keys."""

from __future__ import annotations

import random
import unicodedata
from typing import Any

import pytest

from hub.commons.likeness import TEXT, keys, likeness

TEXT_ = (
    "Two hundred families in the upper valley carry water for an hour each day. The trust drills three wells, trains "
    "a committee of women to keep the pumps, and tests the water every month with the district laboratory."
)
OTHER = (
    "Young people repair bicycles and learn to keep the books of a small shop. Each year forty of them find work, and "
    "the shop pays its own rent from what it sells to commuters and tourists along the river."
)


def facts(title: str, number: str | None = "1234567", text: str | None = None, **more: Any) -> dict[str, Any]:
    given = {"title": title, "summary": text} | {path.replace("__", "."): value for path, value in more.items()}
    return given | ({"organization.identifiers.GB-CHC": number} if number else {})


def alike(a: dict[str, Any], b: dict[str, Any]) -> bool:
    found, back = likeness("project", a, "project", b), likeness("project", b, "project", a)
    assert (found is None) == (back is None), "who is asked first makes no difference"
    if found is not None:
        assert keys(a) & keys(b), "what is alike is found"
    return found is not None


ALIKE = [
    (facts("Wells for the upper valley"), facts("Wells for the Upper Valley")),
    (facts("Wells for the upper valley"), facts("Wells in the upper valley")),
    (facts("Wells for the upper valley", "0123 4567"), facts("Wells: upper valley", "1234567")),
    (facts("Clean water for schools"), facts("Clean watter for schools")),
    (facts("École du verger"), facts(unicodedata.normalize("NFD", "Ecole du Verger"))),
    (facts("Ｗｅｌｌｓ ｆｏｒ ｖａｌｌｅｙｓ"), facts("Wells for valleys")),
    (facts("Wells\u200b for \u202evalleys"), facts("Wells for valleys")),
    (facts("上流の谷に井戸を掘る"), facts("上流の谷で井戸を掘る")),
    (facts("Wells phase 2"), facts("Wells Phase II")),
    (facts("Wells, year two"), facts("Wells, year 2")),
    (facts("Wells ٢٠٢٦ for valleys"), facts("Wells 2026 for valleys")),
    (facts("Brunnen im Tal", translations__en__title="Wells in the valley"), facts("Wells in the valley")),
    (facts("Water", None, TEXT_), facts("Three wells", None, TEXT_.replace("three", "four"))),
    (facts("Water", "1234567", TEXT_), facts("Three wells", None, TEXT_)),
    (facts("Water", None, TEXT_, organization__name="Valley Trust"), facts("Wells", None, TEXT_, organization__name="The Valley Trust")),
]  # fmt: skip
DIFFERENT = [
    (facts("Wells phase 1"), facts("Wells phase 2")),
    (facts("Wells Phase I", text=TEXT_), facts("Wells Phase II", text=TEXT_)),
    (facts("Wells, first phase"), facts("Wells, second phase")),
    (facts("Wells"), facts("Wells phase 2")),
    (facts("Scholarships 2025"), facts("Scholarships 2026")),
    (facts("Wells for the upper valley"), facts("Wells for the upper valley", "7654321")),
    (facts("Wells for the upper valley", text=TEXT_), facts("Wells for the upper valley", "7654321", TEXT_)),
    (facts("Wells for the upper valley", None), facts("Wells for the upper valley", None)),
    (facts("Wells for the valley"), facts("Bicycles for the valley")),
    (facts("School garden north"), facts("School library south")),
    (facts("Wells", text=TEXT_), facts("Bicycles", text=OTHER)),
    (facts("Brunnen im Tal"), facts("Wells in the valley")),
    (facts("Wells", None, "Clean water."), facts("Water", None, "Clean water.")),
    (facts("Water", None, TEXT_, organization__name="Valley Trust"), facts("Wells", None, TEXT_, organization__name="Bicycle Works")),
    (facts("Wells", "N/A"), facts("Wells", "N/A")),
    (facts("Wells", "000000"), facts("Wells", "000000")),
    (facts("", "1234567"), facts("", "1234567")),
    (facts("!!!"), facts("???")),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b"), ALIKE)
def test_these_may_be_one(a: dict[str, Any], b: dict[str, Any]) -> None:
    assert alike(a, b)


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_these_are_two(a: dict[str, Any], b: dict[str, Any]) -> None:
    assert not alike(a, b)


def test_a_call_is_no_project() -> None:
    a = facts("Wells for the upper valley")
    assert likeness("project", a, "call", a) is None and likeness("call", a, "call", a) is not None


def test_texts_as_alike_as_the_threshold_are_found_by_a_key_of_theirs() -> None:
    chance = random.Random(3)
    words = [f"w{chance.randrange(5000)}" for _ in range(300)]
    missed = pairs = 0
    for _ in range(300):
        other = [w if chance.random() > 0.06 else f"x{chance.randrange(5000)}" for w in words]
        a, b = facts("A", None, " ".join(words)), facts("B", None, " ".join(other))
        found = likeness("project", a, "project", b)
        if found is not None:
            assert found.text >= TEXT
            pairs += 1
            missed += not keys(a) & keys(b)
    assert pairs > 250 and missed <= pairs // 50


def test_keys_are_few_whatever_the_text() -> None:
    assert len(keys(facts("word " * 500 + " ".join(f"w{n}" for n in range(900)), text="x " * 9000 + TEXT_ * 40))) <= 24
    assert keys({}) == set()
    assert len(keys(facts("\ud800 \udfff", text="\ud800 " * 40))) >= 0
