"""The commons as files: what is in each, what is told to be left out, and for whom."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from hub import exports
from hub.cli import main
from hub.exports import cells
from hub.store import opportunities
from hub.store.tables import Opportunity
from mappings import language
from tests.web.conftest import Site
from tests.web.test_api import FACTS, Program

RUNS = "=HYPERLINK(1)"
USD = {"amount": "250.75", "currency": "USD"}
GRANTED = {"stage": "committed", "amount": USD, "date": {"date": "2026-02-03"}, "visibility": "named"}
SCHEMA = Path(__file__).parents[3] / "shared" / "data" / "360-giving-schema.json"


@pytest.fixture
def elm(site: Site) -> Program:
    return Program(site, "elm")


@pytest.fixture
def oak(site: Site) -> Program:
    return Program(site, "oak")


def taken(site: Site, member: str, format: str, **more: Any) -> bytes:
    return b"".join(exports.export(site.hub, exports.Reader(member, member, **more), format))


def rows(site: Site, member: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(taken(site, member, "csv").decode("utf-8-sig"))))


def grants(site: Site, member: str, **more: Any) -> list[dict[str, Any]]:
    return list(json.loads(taken(site, member, "360giving", **more))["grants"])


def test_a_table_has_every_field_as_text_and_no_cell_that_runs(elm: Program, oak: Program) -> None:
    elm.share(facts=FACTS | {"summary": RUNS, "organization.identifiers.GB-CHC": "1164883"})
    [row] = rows(oak.site, "oak")
    assert row["title"] == "Wells" and row["ask.requested"] == "500.5 USD" and row["steward"] == "Elm Fund"
    assert (
        row["summary"] == "'" + RUNS
        and row["organization.identifiers"] == "GB-CHC 1164883"
        and row["kind"] == "project"
    )
    book = load_workbook(io.BytesIO(taken(oak.site, "oak", "xlsx")))
    found = list(book["Opportunities"].iter_rows())
    assert [cell.value for cell in found[0]] == list(cells.HEADINGS) and len(found) == 2
    assert found[1][cells.COLUMNS.index("summary")].value == "'" + RUNS
    assert {cell.data_type for cell in found[1]} <= {"s", "inlineStr", "n"}


def test_what_a_format_leaves_out_is_told_field_by_field_before_the_file_is_made(elm: Program, oak: Program) -> None:
    made = elm.share(facts=FACTS | {"translations.ar.title": "آبار", "extensions.x.y": "z"})
    assert oak.change(made["id"], {"position": GRANTED}).status_code == 200
    reader = exports.Reader("oak", "oak")
    csv_, json_ = (exports.losses(oak.site.hub, reader, format) for format in ("csv", "json"))
    assert csv_.rows == json_.rows == 1 and set(json_.fields) == {"totals.table"}
    assert csv_.fields["translations.*.*"] == csv_.fields["extensions.*.*"] == csv_.fields["commitment.stage"] == 1
    assert "ask.requested" not in csv_.fields
    giving = exports.losses(oak.site.hub, reader, "360giving")
    assert giving.rows == 1 and "consent.scope" in giving.fields and "title" not in giving.fields
    page = oak.site.client("officer.oak").get("/export?format=csv").text
    assert "Translation" in page and "/export/file?format=csv" in page
    assert oak.site.client("officer.oak").get("/export?format=docx").status_code == 404


def test_a_file_holds_what_its_reader_may_see_and_no_more(elm: Program, oak: Program) -> None:
    facts = FACTS | {"named": False}
    made = elm.share(facts=facts)
    elm.share("w-2", audience="member:ash", facts=FACTS | {"title": "zz-private"})
    elm("POST", "/opportunities", {"key": "d", "facts": {"title": "zz-draft"}})
    hidden = {
        "stage": "committed",
        "amount": {"amount": "424242", "currency": "USD"},
        "date": {"date": "2026-02-03"},
        "note": "zz-note",
    }
    assert oak.change(made["id"], {"position": hidden}).status_code == 200
    assert elm.change(made["id"], {"position": GRANTED}).status_code == 200
    secrets = ("zz-private", "zz-draft", "424242", "zz-note", "Elm Fund", "-elm")
    for member, met in (
        ("oak", {"424242", "zz-note"}),
        ("ash", {"zz-private", "Elm Fund"}),
        ("elm", {"zz-private", "zz-draft", "Elm Fund", "-elm"}),
    ):
        said = "".join(taken(elm.site, member, format).decode() for format in ("csv", "json", "360giving"))
        assert {secret for secret in secrets if secret in said} == met, member
        officer = elm.site.client(f"officer.{member}") if member != "ash" else None
        for format in exports.FORMATS if officer else ():
            answer = officer.get(f"/export/file?format={format}").data
            if format == "xlsx":
                answer = str(
                    [[cell.value for cell in row] for row in load_workbook(io.BytesIO(answer)).active]
                ).encode()
            assert {secret for secret in secrets if secret in answer.decode()} <= met, (member, format)
            assert b"Wells" in answer or format == "360giving", (member, format)


def test_a_commitment_is_a_grant_of_360giving_and_what_is_none_is_refused_with_its_reason(
    elm: Program, oak: Program
) -> None:
    more = {
        "organization.identifiers.GB-CHC": "1164883",
        "period.start": {"date": "2026-05"},
        "period.end": {"date": "2026-Q3"},
    }
    made, none = elm.share(facts=FACTS | more), elm.share("n", facts=FACTS | {"title": "None"})
    assert grants(oak.site, "oak") == []
    assert oak.change(made["id"], {"position": GRANTED}).status_code == 200
    assert (
        oak.change(none["id"], {"position": {"stage": "committed", "amount": USD, "visibility": "named"}}).status_code
        == 200
    )
    expected = {
        "id": f"360G-oak-{made['id']}-oak", "title": "Wells", "description": "Water for a valley.", "currency": "USD",
        "amountAppliedFor": 500.5, "amountAwarded": 250.75, "awardDate": "2026-02-03", "plannedDates": [{"startDate": "2026-05"}],
        "recipientOrganization": [{"id": "GB-CHC-1164883", "name": "Wells Trust"}],
        "fundingOrganization": [{"id": "360G-oak-oak", "name": "Oak Trust"}],
    }  # fmt: skip
    for member in ("oak", "ash"):
        assert grants(oak.site, member, prefix="360G-oak") == [expected]
    told = exports.losses(oak.site.hub, exports.Reader("ash", "ash"), "360giving")
    assert told.rows == 1 and [reason.partition(" (")[0] for reason in told.refused] == [
        "The commitment has no exact date"
    ]
    assert told.fields["period.end"] == 1


def test_the_package_fits_the_published_schema(elm: Program, oak: Program) -> None:
    if not SCHEMA.is_file():
        pytest.skip("The published 360Giving schema is not beside the checkout.")
    jsonschema = pytest.importorskip("jsonschema")
    made = elm.share()
    assert oak.change(made["id"], {"position": GRANTED}).status_code == 200
    for grant in grants(oak.site, "oak"):
        jsonschema.validate(grant, json.loads(SCHEMA.read_text()))


def test_every_column_of_the_360giving_profile_has_its_place(site: Site) -> None:
    from hub.exports.threesixty import MAPPING, PLACES

    assert {column for part in language.load(MAPPING).fields for column in part.columns} <= PLACES.keys()


def test_a_file_takes_no_more_memory_for_more_rows(site: Site) -> None:
    now = site.hub.time.now()

    def add(count: int, first: int) -> None:
        def row(number: int) -> Opportunity:
            facts = {"title": f"T{number}", "summary": "x" * 500}
            return Opportunity(id=site.hub.ids.uuid7(), number=number, kind="project", status="published", steward_id="elm",
                               title=facts["title"], facts=facts, origins={}, created_at=now, updated_at=now)  # fmt: skip

        with site.hub.writing() as conn:
            opportunities.add(conn, *(row(number) for number in range(first, first + count)))

    def peak() -> tuple[int, int]:
        tracemalloc.start()
        size = sum(map(len, exports.export(site.hub, exports.Reader("oak", "oak"), "csv")))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size, most

    add(1200, 1000)
    size, few = peak()
    add(3600, 3000)
    more, many = peak()
    assert more > 3.5 * size and many < 1.3 * few


def test_the_command_tells_first_and_writes_only_where_it_is_told_to(site: Site, tmp_path: Path) -> None:
    elm = Program(site, "elm")
    elm.share(facts=FACTS | {"extensions.x.y": "z"})
    config = ["--config", str(site.hub.config.path)]
    first = CliRunner().invoke(main, ["export", "--member", "oak", "--format", "csv", *config])
    assert (
        first.exit_code == 0
        and "Left out: extensions.*.* of 1." in first.output
        and "Nothing is written" in first.output
    )
    file = tmp_path / "out.json"
    done = CliRunner().invoke(main, ["export", "--member", "oak", "--format", "json", "--to", str(file), *config])
    assert done.exit_code == 0 and json.loads(file.read_text())["opportunities"][0]["title"] == "Wells"
    assert CliRunner().invoke(main, ["export", "--member", "nobody", "--format", "csv", *config]).exit_code == 2
