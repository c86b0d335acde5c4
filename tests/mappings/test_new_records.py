"""A record that is not there yet is written by a shorter way; what comes out is what the longer one gives for blank columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.language import Mapping, load
from tests.mappings.test_laws import SHIPPED, laws, views

OWN = """
system = "own"
object = "projects"

[fields]
title           = "Title"
need            = { field = "Need", type = "html", max = 3 }
named           = { field = "Named", type = "yesno", yes = ["Yes", ""], no = "No" }
"ask.requested" = { field = "Ask", currency = { field = "Currency" } }
"""


@pytest.fixture
def mapping(tmp_path: Path) -> Mapping:
    (tmp_path / "own.toml").write_text(OWN)
    return load(tmp_path / "own.toml")


def new(mapping: Mapping, refused: str = "", **view: Any) -> tuple[dict[str, Any], dict[str, str]]:
    written = mapping.write(
        view, None, creating=True, refuses=lambda column, value: "never" if column == refused else None
    )
    return written.columns, written.unholdable


@pytest.mark.parametrize("name", SHIPPED)
@given(data=st.data())
@laws
def test_what_a_system_refuses_is_left_out_of_a_new_record_as_of_a_blank_one(name: str, data: st.DataObject) -> None:
    mapping = load(name)
    view = data.draw(views(mapping))
    refused = data.draw(st.sets(st.sampled_from(mapping.columns), max_size=2))

    def refuses(column: str, value: Any) -> str | None:
        return f"{column} never holds this" if column in refused else None

    blank = mapping.reduce({})
    assert mapping.write(view, None, creating=True, refuses=refuses) == mapping.write(
        view, blank, creating=True, refuses=refuses
    )


def test_what_is_blank_is_not_sent(mapping: Mapping) -> None:
    assert new(mapping, title="Wells", need="", **{"ask.requested": None}) == ({"Title": "Wells"}, {})
    assert mapping.write({"title": "", "need": []}, None, creating=True).columns == {}


def test_a_text_of_which_nothing_is_left_is_not_sent(mapping: Mapping) -> None:
    assert mapping.write({"title": "Wells", "need": "&"}, None, creating=True).columns == {"Title": "Wells"}


def test_a_tick_that_a_blank_column_stands_for_is_not_sent(mapping: Mapping) -> None:
    assert mapping.write({"title": "Wells", "named": True}, None, creating=True).columns == {"Title": "Wells"}
    assert mapping.write({"named": False}, None, creating=True).columns == {"Named": "No"}


def test_a_refused_column_is_left_out_and_says_why(mapping: Mapping) -> None:
    assert new(mapping, "Title", title="Wells", named=False) == ({"Named": "No"}, {"title": "never"})


def test_no_amount_is_sent_where_its_currency_is_refused(mapping: Mapping) -> None:
    view: dict[str, Any] = {"title": "Wells", "ask.requested": {"amount": "900", "currency": "JOD"}}
    assert new(mapping, **view) == ({"Currency": "JOD", "Title": "Wells", "Ask": 900}, {})
    assert new(mapping, "Currency", **view) == ({"Title": "Wells"}, {"ask.requested": "never"})
