"""Every shipped mapping gives every string back as it was, or says that it cannot hold it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mappings.language import FieldMap, Mapping, load
from schemas.keepable import unkeepable
from tests.hostile.strings import MEGABYTE, STRINGS, UNKEEPABLE

SHIPPED = sorted(path.stem for path in (Path(__file__).parents[2] / "mappings").glob("*.toml"))
TEXTS = ("text", "longtext", "url", "any")
ALL = (*STRINGS, MEGABYTE)


def texts(mapping: Mapping, written: bool) -> list[FieldMap]:
    """Fields of free text, read only or both ways; not the parts of another record, which have no column here."""
    return [
        part
        for part in mapping.fields
        if part.entry.spec.type in TEXTS and part.reads and part.writes is written
        if part.columns and part.entry.type not in ("reference", "choice")
    ]


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_written_is_read_back_or_cut_at_the_declared_length_or_declared_unholdable(name: str) -> None:
    mapping = load(name)
    for part in texts(mapping, written=True):
        limit, dropped = part.entry.options.get("max"), part.entry.options.get("drop", "")
        for text in ALL:
            written = mapping.write({part.path: text}, mapping.reduce({}))
            raw = mapping.reduce({}) | written.columns
            back = mapping.read(raw).values.get(part.path)
            if part.path in written.unholdable:
                assert part.entry.type == "html" and not text.strip("\n ") and written.columns == {}
                continue
            expected = text.translate(str.maketrans("", "", dropped)) or None
            if back != expected:
                assert limit and back and text.startswith(back), (part.path, text, back)
                assert all(len(value) <= limit for value in written.columns.values())
                assert len(text) > limit or part.entry.type == "html"
                assert str(limit) in part.lens.loses
            again = mapping.write({part.path: back}, raw)
            assert (again.columns, again.unholdable) == ({}, {}), (part.path, text)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_read_only_column_gives_its_text_as_it_stands(name: str) -> None:
    mapping = load(name)
    for part in texts(mapping, written=False):
        prefix = part.entry.options.get("prefix", "")
        for text in ALL:
            reading = mapping.read(mapping.reduce({part.columns[0]: prefix + text}))
            assert reading.values[part.path] == text, (part.path, text)


@pytest.mark.parametrize("name", SHIPPED)
def test_text_that_cannot_be_kept_is_a_problem_of_its_field_alone(name: str) -> None:
    mapping = load(name)
    for part in [p for p in mapping.fields if p.columns and p.reads]:
        for text in UNKEEPABLE:
            column = part.columns[0]
            given = {"id": "1", "Name": text} if part.entry.type == "reference" else text
            reading = mapping.read(mapping.reduce({column: given}))
            sharing = {other.path for other in mapping.fields if column in other.columns}
            problems = {problem.path: problem.message for problem in reading.problems}
            assert part.path in problems and problems.keys() <= sharing
            assert unkeepable(text) in problems[part.path] and part.path not in reading.values


def test_what_is_unkeepable_is_seen_wherever_it_hides_and_nothing_else_is() -> None:
    for text in UNKEEPABLE:
        for value in (text, [text], {"a": text}, {text: 1}, ["x", {"a": ["y", {"b": text}]}]):
            assert unkeepable(value)
    for text in STRINGS:
        assert unkeepable([text, {text: text}]) == ""
    assert unkeepable(None) == unkeepable(7) == unkeepable(True) == ""


@pytest.mark.parametrize("text", ["०१२३", "１２３４", "٢٠٢٦-٠٣-٠١", "२०२६-03", "2026-03-０1"])
def test_a_date_in_other_digits_is_words_and_stays_as_it_stands(text: str) -> None:
    mapping = load("spreadsheet-generic")
    reading = mapping.read(mapping.reduce({"Start": text}))
    assert reading.values["period.start"] == {"date": None, "text": text}
    assert mapping.write(reading.values, mapping.reduce({})).columns["Start"] == text
    dates = load("airtable").read(load("airtable").reduce({"Start": text}))
    assert [problem.path for problem in dates.problems] == ["period.start"]
