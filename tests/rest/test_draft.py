"""A draft from sample answers: it loads, guesses are marked, and nothing of the samples' content is in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from connectors.rest import parts
from connectors.rest.declaration import read
from connectors.rest.draft import draft
from hub.cli import main

PRIVATE = "a private sentence"


def paged(**answer: Any) -> parts.Paging:
    return read(draft(answer).encode(), "draft.toml").list.paging


def test_a_draft_loads_and_knows_where_things_stand() -> None:
    row = {"uuid": "a", "attributes": {"title": PRIVATE, "place": {"country": PRIVATE}}, "version": 3, "deleted": False}
    listed = {"data": {"items": [row | {"updated_at": "2026-01-02T03:04:05Z"}]}}
    found = read(draft(listed, {"record": listed["data"]["items"][0]}).encode(), "draft.toml")
    assert (found.list.records, found.record.id, found.record.fields, found.record.version) == ("data.items", "uuid", "attributes", "version")  # fmt: skip
    assert (
        found.record.deleted is not None and isinstance(found.feed, parts.Stamps) and found.feed.field == "updated_at"
    )
    assert set(found.columns) == {"title", "place.country"} and found.record.nested == "."
    assert found.get is not None and found.get.record == "record"
    assert found.create is not None and found.create.wrap == "record.attributes"


def test_paging_is_told_by_what_the_answer_has_beside_its_records() -> None:
    rows = [{"id": 1}, {"id": 2}]
    link = paged(data=rows, next_page_url="https://x.example/?page=2", total=9)
    assert isinstance(link, parts.Links) and (link.next, link.total, link.steady) == ("next_page_url", "total", False)
    cursor = paged(data=rows, meta={"next_cursor": "abc", "has_more": True})
    assert isinstance(cursor, parts.Cursors) and (cursor.next, cursor.more) == ("meta.next_cursor", "meta.has_more")
    pages = paged(items=rows, pagingInfo={"pageIndex": 0, "totalCount": 2})
    assert isinstance(pages, parts.Pages) and (pages.param, pages.first, pages.total) == ("pageIndex", 0, "pagingInfo.totalCount")  # fmt: skip
    assert isinstance(paged(items=rows, offset=0), parts.Offsets) and isinstance(paged(items=rows), parts.NoPaging)
    assert isinstance(read(draft(rows).encode(), "x").list.paging, parts.NoPaging)


def test_guesses_are_marked_and_values_stay_out(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text(json.dumps({"rows": [{"id": 1, "name": PRIVATE, "updated": "2026-01-02"}]}))
    done = CliRunner().invoke(main, ["connector", "new", "--list", str(tmp_path / "list.json"), "--title", "Ours"])
    assert done.exit_code == 0 and PRIVATE not in done.output and 'title = "Ours"' in done.output
    for line in ('kind = "bearer"', 'path = "/records"', "updated_since"):
        assert any(line in each and "# guess" in each for each in done.output.splitlines()), line
    (tmp_path / "draft.toml").write_text(done.output)
    checked = CliRunner().invoke(main, ["connector", "check", str(tmp_path / "draft.toml")])
    assert checked.exit_code == 0, checked.output


@pytest.mark.parametrize("hostile", ['a"\nb = 1', "x]\n[auth", "\u0000", "a.b", "é", "{id}"])
def test_names_in_a_sample_stay_names(hostile: str) -> None:
    found = read(draft([{"id": 1, hostile: "x"}]).encode(), "x.toml")
    assert set(found.columns) == {hostile}


@pytest.mark.parametrize("sample", ["[]", "{}", "7", '{"a": [1]}', "no json", None])
def test_a_sample_without_records_is_refused_with_a_sentence(sample: str | None, tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    if sample is not None:
        file.write_text(sample)
    done = CliRunner().invoke(main, ["connector", "new", "--list", str(file)])
    assert done.exit_code == 2 and "list.json: " in done.stderr and done.exception.__class__ is SystemExit
