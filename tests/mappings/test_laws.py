"""One declaration, both ways: the laws that every shipped mapping keeps, whatever the values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.language import Mapping, load
from schemas.values import same
from tests import values

SHIPPED = sorted(path.stem for path in (Path(__file__).parents[2] / "mappings").glob("*.toml"))
RAW = (
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | values.HOSTILE
    | st.just([])
    | st.just(["Strange"])
    | st.just({"id": "x"})
)
laws = settings(deadline=None, derandomize=True)  # how many examples the profile says


def views(mapping: Mapping) -> st.SearchStrategy[dict[str, Any]]:
    paths = [part.path for part in mapping.fields]
    return st.fixed_dictionaries({}, optional={path: values.of(path) for path in paths}).map(
        lambda v: {"title": "Wells"} | v
    )


def after(mapping: Mapping, view: dict[str, Any], raw: dict[str, Any]) -> dict[str, Any]:
    return raw | mapping.write(view, raw).columns


def test_there_are_shipped_mappings() -> None:
    assert {"airtable", "salesforce-outbound-funds", "spreadsheet-generic", "spreadsheet-360giving"} <= set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
@given(data=st.data())
@laws
def test_writing_back_what_was_read_changes_nothing(name: str, data: st.DataObject) -> None:
    mapping = load(name)
    raw = mapping.reduce(data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(mapping.columns, RAW))))
    read = mapping.read(raw)
    again = mapping.read(after(mapping, read.values, raw))
    for path, value in read.values.items():
        assert path in again.values and same(path, again.values[path], value), path


@pytest.mark.parametrize("name", SHIPPED)
@given(data=st.data())
@laws
def test_what_was_written_is_read_back_or_declared_lost_and_then_stays_the_same(name: str, data: st.DataObject) -> None:
    mapping = load(name)
    view = data.draw(views(mapping))
    raw = mapping.reduce({})
    written = mapping.write(view, raw)
    once = raw | written.columns
    read = mapping.read(once).values
    for part in mapping.fields:
        if part.writes and part.reads and part.path not in written.unholdable and not part.lens.loses:
            limit = part.entry.options.get("max")
            expected, got = view.get(part.path), read.get(part.path)
            if limit is None and isinstance(expected, str) and expected != expected.strip():
                continue
            if not (limit and isinstance(expected, str) and len(expected) > limit):
                assert same(part.path, got, expected) or (expected is None and part.entry.type == "yesno"), part.path
    view_again = {path: value for path, value in view.items() if path not in written.unholdable}
    assert mapping.write(view_again, once).columns == {} or name == "", "writing the same again writes something"


@pytest.mark.parametrize("name", SHIPPED)
@given(data=st.data())
@laws
def test_only_mapped_columns_are_ever_written(name: str, data: st.DataObject) -> None:
    mapping = load(name)
    raw = mapping.reduce({}) | {"Somebody's own column": "kept"}
    columns = mapping.write(data.draw(views(mapping)), raw).columns
    assert columns.keys() <= set(mapping.columns)
    read_only = {c for part in mapping.fields if not part.writes for c in part.columns}
    written = {c for part in mapping.fields if part.writes for c in part.columns}
    assert not columns.keys() & (read_only - written)


def test_a_value_that_the_mapping_does_not_know_survives_an_edit_of_the_others() -> None:
    mapping = load("airtable")
    raw = mapping.reduce({"Title": "Wells", "Theme": ["Education", "Our own theme"]})
    view = mapping.read(raw).values | {"themes": ["education", "health"]}
    assert set(mapping.write(view, raw).columns["Theme"]) == {"Education", "Health", "Our own theme"}


def test_a_title_is_cut_where_the_system_cuts_and_says_so_by_reading_shorter() -> None:
    mapping = load("salesforce-outbound-funds")
    columns = mapping.write({"title": "x" * 100}, mapping.reduce({})).columns
    assert columns["Name"] == "x" * 80


def test_html_gains_no_markup_and_scripts_do_not_pass() -> None:
    mapping = load("salesforce-outbound-funds")
    hostile = 'Dig <script>alert(1)</script> & <img src=x onerror=alert(1)> "deep"'
    columns = mapping.write({"title": "x", "need": hostile}, mapping.reduce({})).columns
    assert "<script" not in columns["Commons_Need__c"] and "<img" not in columns["Commons_Need__c"]
    raw = mapping.reduce({"Name": "x", "Commons_Need__c": "<p>Dig</p><script>alert(1)</script>" + "<div>" * 5000})
    assert "alert" not in mapping.read(raw).values["need"]


def test_a_day_in_a_column_of_moments_is_written_at_one_time_and_read_back_as_the_day() -> None:
    mapping = load("salesforce-nonprofit-cloud-calls")
    written = mapping.write({"title": "x", "closes": {"date": "2026-05-31"}}, mapping.reduce({})).columns
    assert written["EndDate"] == "2026-05-31T12:00:00.000+0000"
    assert mapping.read(mapping.reduce(written)).values["closes"] == {"date": "2026-05-31"}
    moment = {"date": "2026-05-31", "text": "2026-05-31T17:00:00.000+0000"}
    written = mapping.write({"title": "x", "closes": moment}, mapping.reduce({})).columns
    assert written["EndDate"] == moment["text"] and mapping.read(mapping.reduce(written)).values["closes"] == moment


SALESFORCE = [name for name in SHIPPED if name.startswith("salesforce") and not name.endswith("inbox")]
ASK = {"salesforce-nonprofit-cloud-calls": "funding.max_award"}


@pytest.mark.parametrize("name", SALESFORCE)
def test_a_record_of_salesforce_keeps_its_currency_and_says_what_it_cannot_hold(name: str) -> None:
    """Of the amounts that stand beside it in the org, no mapping names all."""
    mapping, path = load(name), ASK.get(name, "ask.requested")
    euros = {"title": "Wells", path: {"amount": "900", "currency": "EUR"}}
    new = mapping.write(euros, None, creating=True)
    assert new.columns["CurrencyIsoCode"] == "EUR" and path not in new.unholdable
    before = mapping.reduce({"CurrencyIsoCode": "USD"})
    written = mapping.write(euros, before)
    assert not {"CurrencyIsoCode", mapping.way(path).columns[0]} & written.columns.keys()
    assert "The record is in USD; the value is in EUR." in written.unholdable[path]
    theirs = mapping.read(before | new.columns | {"CurrencyIsoCode": "JOD"}).values
    assert theirs[path] == {"amount": "900", "currency": "JOD"}, "the org's own people do change it"


@pytest.mark.parametrize("name", SHIPPED)
@given(data=st.data())
@laws
def test_a_record_that_is_not_there_yet_is_written_like_one_whose_columns_are_all_blank(
    name: str, data: st.DataObject
) -> None:
    mapping = load(name)
    view = data.draw(views(mapping))
    asked: list[str] = []
    written = mapping.write(view, None, creating=True)
    assert written == mapping.write(view, mapping.reduce({}), creating=True, refuses=lambda c, v: asked.append(c))
    assert set(asked) >= written.columns.keys() - mapping.create.keys() - {
        group.of.column for group in mapping.currencies
    }


@pytest.mark.parametrize("name", SHIPPED)
@given(data=st.data())
@laws
def test_the_quick_ways_of_reading_and_writing_a_column_say_what_its_lens_says(name: str, data: st.DataObject) -> None:
    mapping = load(name)
    raw = mapping.reduce(data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(mapping.columns, RAW))))
    view, read = data.draw(views(mapping)), mapping.read(raw).values
    for part in mapping.fields:
        if part.path in read:
            assert same(part.path, read[part.path], part.lens.get(raw)), part.path
        value, cell, [*columns] = view.get(part.path), part.lens.cell, part.columns
        if value and cell is not None:
            quick, slow = tried(cell, value, raw.get(columns[0])), tried(part.lens.put, value, raw)
            assert quick == (slow[columns[0]] if isinstance(slow, dict) else slow), part.path


def tried(act: Any, *given: Any) -> Any:
    try:
        return act(*given)
    except ValueError as error:
        return str(error)
