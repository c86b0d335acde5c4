"""The Fluxx connector against its stand-in, over real sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest

from connectors.clock import ManualTime
from connectors.contract import (
    Ambiguous,
    Check,
    ConnectorError,
    CursorExpired,
    Draft,
    Edit,
    Forbidden,
    Gone,
    Invalid,
    Outcome,
    Page,
    RateLimited,
    Record,
    Reference,
    SignInFailed,
    Unavailable,
    Unseen,
    Wanted,
)
from connectors.fluxx.api import PAGE
from connectors.fluxx.connector import CHUNK, FluxxModel
from connectors.fluxx.sandbox import FluxxSandbox, serve
from connectors.sandbox import Fault, Seen
from tests.connectors.fluxx_site import REQUEST, THEME, WANTED, opened, seed

LAG = 300
ORGANISATION = "program_organization_id"
POINTING = replace(
    WANTED,
    fields=(*WANTED.fields, ORGANISATION),
    references={ORGANISATION: Reference("organization", ("name", "tax_id"))},
)


@pytest.fixture
def sandbox() -> Iterator[FluxxSandbox]:
    with serve(seed(), time=ManualTime()) as server:
        yield server


def add(sandbox: FluxxSandbox, **cells: Any) -> str:
    return sandbox.write(REQUEST, None, {"project_title": "A project"} | cells)


def pages(connector: FluxxModel, since: str | None = None) -> list[Page]:
    return list(connector.changes(since))


def titles(found: list[Page]) -> list[Any]:
    return [record.fields["project_title"] for page in found for record in page.records]


def cursor(found: list[Page]) -> str:
    assert found[-1].cursor
    return found[-1].cursor


def only(connector: FluxxModel, id: str) -> Record:
    found = connector.get([id])[id]
    assert isinstance(found, Record), found
    return found


def asked(call: Seen) -> dict[str, str]:
    """The parameters of a call, whether in its address or its body."""
    text = call.query + "&" + call.body.decode()
    return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}


def lists(sandbox: FluxxSandbox) -> list[Seen]:
    return [
        c for c in sandbox.calls(path=f"v2/{REQUEST}") if c.path.endswith((REQUEST, "/list")) and b"data=" not in c.body
    ]


def done(outcomes: list[Outcome]) -> list[str]:
    assert all(outcome.error is None for outcome in outcomes), [outcome.error for outcome in outcomes]
    return [str(outcome.id) for outcome in outcomes]


# --- signing in


def test_a_token_is_renewed_before_its_two_hours_are_over(sandbox: FluxxSandbox) -> None:
    connector = opened(sandbox)
    pages(connector)
    sandbox.time.sleep(2 * 3600 - 200)
    pages(connector)
    assert [call.status for call in sandbox.seen] == [200] * 4 and len(sandbox.calls("POST", "token")) == 2


def test_a_token_that_ended_early_is_renewed_and_the_call_sent_again(sandbox: FluxxSandbox) -> None:
    id = add(sandbox)
    connector = opened(sandbox)
    record = only(connector, id)
    sandbox.sign_in.end_all()
    done(connector.update([Edit(id, {"project_title": "New"}, record)]))
    assert sandbox.rows(REQUEST)[0]["project_title"] == "New" and len(sandbox.calls("PUT")) == 2


def test_a_wrong_secret_is_no_matter_of_trying_again(sandbox: FluxxSandbox) -> None:
    with pytest.raises(SignInFailed, match="/oauth/applications") as caught:
        pages(opened(sandbox, secret="wrong-secret"))
    assert "wrong-secret" not in str(caught.value) and len(sandbox.seen) == 1


# --- reading


def test_a_list_comes_five_hundred_at_a_time_and_is_handed_on_in_smaller_parts(sandbox: FluxxSandbox) -> None:
    ids = {add(sandbox) for _ in range(PAGE + 30)}
    found = pages(opened(sandbox))
    assert {record.id for page in found for record in page.records} == ids
    assert [len(page.records) for page in found] == [CHUNK] * (PAGE // CHUNK) + [30]
    assert [page.complete for page in found] == [False] * (len(found) - 1) + [True]
    assert [page.cursor is not None for page in found] == [page.complete for page in found]
    assert len(lists(sandbox)) == 2


def test_columns_are_always_named_and_only_the_wanted_ones(sandbox: FluxxSandbox) -> None:
    id = add(sandbox, all_notes="CANARY", amount_recommended=1)
    connector = opened(sandbox)
    (page,) = pages(connector)
    only(connector, id)
    wished = {*WANTED.fields, "migrate_id", "updated_at", "locked_until", "deleted_at"}
    assert [set(json.loads(asked(call)["cols"])) for call in sandbox.calls("GET")] == [wished, wished]
    assert set(page.records[0].fields) == {*WANTED.fields, "migrate_id"}


@pytest.mark.parametrize(
    "column", ["all_notes", "amount_recommended", "coi_declaration", "ofac_status", "ierf_probability"]
)
def test_what_a_foundation_keeps_to_itself_is_not_asked_for_though_a_mapping_names_it(
    sandbox: FluxxSandbox, column: str
) -> None:
    with pytest.raises(Invalid, match=column):
        opened(sandbox, replace(WANTED, fields=("project_title", column)))
    assert not sandbox.seen


def test_a_blank_column_is_absent_and_reads_as_blank(sandbox: FluxxSandbox) -> None:
    id = add(sandbox, project_summary="", commons_share=False)
    fields = only(opened(sandbox), id).fields
    assert (fields["project_summary"], fields["commons_share"], fields["project_title"]) == (None, None, "A project")


def test_a_relation_brings_the_columns_of_what_it_points_at(sandbox: FluxxSandbox) -> None:
    trust = sandbox.rows("organization")[0]["id"]
    id = add(sandbox, program_organization_id=trust)
    connector = opened(sandbox, POINTING)
    wish = {"id": str(trust), "name": "Upper Valley Trust", "tax_id": "910000001"}
    assert only(connector, id).fields[ORGANISATION] == wish
    assert pages(connector)[0].records[0].fields[ORGANISATION] == wish
    assert only(connector, add(sandbox)).fields[ORGANISATION] is None


def test_a_long_query_goes_as_a_form(sandbox: FluxxSandbox) -> None:
    names = [f"commons_column_with_a_long_name_{n}" for n in range(80)]
    for name in names:
        sandbox.site.add_field({"name": name})
    add(sandbox, **{names[79]: "there"})
    (page,) = pages(opened(sandbox, replace(WANTED, fields=tuple(names))))
    assert page.records[0].fields[names[79]] == "there"
    assert [(call.method, call.path[-5:]) for call in lists(sandbox)] == [("POST", "/list")]


def test_changes_are_asked_for_from_the_day_before_the_newest_seen(sandbox: FluxxSandbox) -> None:
    add(sandbox, project_title="Old")
    connector = opened(sandbox)
    first = pages(connector)
    assert cursor(first) == "2026-03-02T09:00:00Z"
    sandbox.time.sleep(timedelta(days=3).total_seconds())
    add(sandbox, project_title="New")
    later = pages(connector, cursor(first))
    assert json.loads(asked(lists(sandbox)[-1])["filter"])["conditions"] == [
        ["updated_at", "range", "03/01/2026 - 03/06/2027"]
    ]
    assert sorted(titles(later)) == ["New", "Old"] and not any(page.complete for page in later)
    assert titles(pages(connector, cursor(later))) == ["New"]


def test_a_site_that_heeds_the_time_of_day_is_asked_for_an_hour_only(sandbox: FluxxSandbox) -> None:
    add(sandbox, project_title="Old")
    sandbox.time.sleep(7200)
    add(sandbox, project_title="New")
    connector = opened(sandbox, since="second")
    assert titles(pages(connector, cursor(pages(connector)))) == ["New"]


def test_a_site_of_which_nothing_is_known_is_read_whole_each_time(sandbox: FluxxSandbox) -> None:
    add(sandbox)
    connector = opened(sandbox, since="never")
    (page,) = pages(connector)
    assert page.complete and page.cursor is None and connector.capabilities.feed == "full_scan"


def test_an_unknown_position_is_no_position(sandbox: FluxxSandbox) -> None:
    with pytest.raises(CursorExpired):
        pages(opened(sandbox), "2026-99-02T09:00:00Z")


def test_a_list_that_shrinks_while_it_is_read_is_read_again_from_where_rows_may_have_moved(
    sandbox: FluxxSandbox,
) -> None:
    sandbox.lists.most = 3
    ids = [add(sandbox) for _ in range(9)]
    scan = opened(sandbox).changes(None)
    seen = {record.id for record in next(scan).records}
    for id in ids[-2:]:
        sandbox.remove(REQUEST, id)
    seen |= {record.id for page in scan for record in page.records}
    assert seen == set(ids)


def test_a_list_that_shows_less_than_it_counts_ends_in_no_success(sandbox: FluxxSandbox) -> None:
    add(sandbox)
    body = {"records": {REQUEST: []}, "total_pages": 1, "total_entries": 1, "current_page": 1, "per_page": 500}
    sandbox.misbehave(Fault("status", path=REQUEST, status=200, body=json.dumps(body)))
    with pytest.raises(Unavailable, match="counted 1 records and showed 0"):
        pages(opened(sandbox))


def test_a_record_is_read_from_the_database_though_the_list_is_behind(sandbox: FluxxSandbox) -> None:
    id = add(sandbox, project_title="Old", migrate_id=4711)
    connector = opened(sandbox)
    sandbox.write(REQUEST, id, {"project_title": "New"})
    assert titles(pages(connector)) == ["Old"]
    assert only(connector, id).fields["project_title"] == "New"
    assert [record.fields["project_title"] for record in connector.find("4711")] == ["New"]
    assert connector.capabilities.find_lag == LAG
    assert opened(sandbox, lag=60).capabilities.find_lag == 60


@pytest.mark.parametrize("unknown", ["id", "404"])
def test_an_object_with_its_id_alone_is_nothing_that_was_seen(sandbox: FluxxSandbox, unknown: str) -> None:
    sandbox.site.unknown = unknown
    id = add(sandbox)
    sandbox.remove(REQUEST, id)
    found = opened(sandbox).get([id, "no number"])
    assert isinstance(found[id], Unseen) and isinstance(found["no number"], Unseen)


def test_a_site_that_shows_when_a_record_was_deleted_proves_it(sandbox: FluxxSandbox) -> None:
    sandbox.site.shows_deleted = True
    id = add(sandbox)
    sandbox.remove(REQUEST, id)
    connector = opened(sandbox)
    assert connector.get([id]) == {id: Gone(id)} and pages(connector)[0].gone == (Gone(id),)


def test_a_site_without_deleted_at_is_not_asked_for_it(sandbox: FluxxSandbox) -> None:
    del sandbox.site.models[REQUEST].columns["deleted_at"]
    add(sandbox)
    with pytest.raises(Invalid, match="deleted_at"):
        pages(opened(sandbox))
    assert titles(pages(opened(sandbox, deleted="leave"))) == ["A project"]
    step = failed([step for step in opened(sandbox).check() if step.name == "read all columns"])
    assert "deleted_at" in step.detail and 'deleted = "leave"' in step.fix


@pytest.mark.parametrize("type", ["integer", "string"])
def test_a_key_is_a_number_whatever_the_site_makes_of_it(sandbox: FluxxSandbox, type: str) -> None:
    sandbox.site.key_type = type
    id = add(sandbox, migrate_id=9007199254740991)
    connector = opened(sandbox)
    assert only(connector, id).fields["migrate_id"] == 9007199254740991
    assert [record.id for record in connector.find("9007199254740991")] == [id]


def test_a_listed_key_whose_record_is_not_shown_is_not_taken_for_none(sandbox: FluxxSandbox) -> None:
    id = add(sandbox, migrate_id=4711)
    body = json.dumps({REQUEST: {"id": int(id)}})
    sandbox.misbehave(Fault("status", path=f"{REQUEST}/{id}", status=200, body=body))
    with pytest.raises(Unavailable, match="not shown by its id"):
        opened(sandbox).find("4711")


# --- writing


def test_a_new_record_has_its_form_its_key_and_whose_key_it_is(sandbox: FluxxSandbox) -> None:
    connector = opened(sandbox)
    (id,) = done(
        connector.create(
            [Draft("4711", {"migrate_id": 4711, "project_title": "Wells", "commons_ask": Decimal("10.50")})]
        )
    )
    (row,) = sandbox.rows(REQUEST)
    assert row["id"] == int(id) and row["model_theme_id"] == THEME
    assert (row["migrate_id"], row["migrate_source_name"], row["commons_ask"]) == (
        4711,
        "commons-hub",
        Decimal("10.50"),
    )
    (call,) = sandbox.calls("POST", REQUEST)
    assert json.loads(asked(call)["data"])["project_title"] == "Wells" and asked(call)["priority_index"] == "true"


def test_no_record_is_made_without_a_form(sandbox: FluxxSandbox) -> None:
    (outcome,) = opened(sandbox, model_theme=None).create([Draft("4711", {"migrate_id": 4711})])
    assert isinstance(outcome.error, Invalid) and "Set model_theme" in str(outcome.error)
    assert not sandbox.calls("POST", REQUEST)


def test_a_create_looks_first_and_changes_what_is_there(sandbox: FluxxSandbox) -> None:
    id = add(sandbox, migrate_id=4711)
    draft = Draft("4711", {"migrate_id": 4711, "project_title": "Wells"})
    assert done(opened(sandbox).create([draft])) == [id]
    assert [row["project_title"] for row in sandbox.rows(REQUEST)] == ["Wells"] and not sandbox.calls("POST", REQUEST)


def test_two_holders_of_a_key_are_for_a_person(sandbox: FluxxSandbox) -> None:
    ids = [add(sandbox, migrate_id=4711) for _ in range(2)]
    (outcome,) = opened(sandbox).create([Draft("4711", {"migrate_id": 4711})])
    assert isinstance(outcome.error, Invalid) and all(id in str(outcome.error) for id in ids)
    assert len(sandbox.rows(REQUEST)) == 2


def test_a_key_that_somebody_took_off_a_record_is_not_found_in_the_list_that_still_shows_it(
    sandbox: FluxxSandbox,
) -> None:
    id = add(sandbox, migrate_id=4711)
    sandbox.write(REQUEST, id, {"migrate_id": ""})
    (made,) = done(opened(sandbox).create([Draft("4711", {"migrate_id": 4711})]))
    assert made != id and sandbox.site.rows[REQUEST][int(id)].cells["project_title"] == "A project"


def test_values_and_relations_are_cleared_each_in_its_way(sandbox: FluxxSandbox) -> None:
    trust = sandbox.rows("organization")[0]["id"]
    id = add(sandbox, project_summary="Old", program_organization_id=trust)
    connector = opened(sandbox, POINTING)
    record = only(connector, id)
    done(connector.update([Edit(id, {"project_summary": None, ORGANISATION: None}, record)]))
    assert json.loads(asked(sandbox.calls("PUT")[0])["data"]) == {"project_summary": "", ORGANISATION: {"id": ""}}
    done(connector.update([Edit(id, {ORGANISATION: {"id": str(trust)}}, record)]))
    assert only(connector, id).fields[ORGANISATION]["id"] == str(trust)


def test_own_writes_are_in_the_next_list(sandbox: FluxxSandbox) -> None:
    id = add(sandbox, project_title="Old")
    connector = opened(sandbox)
    done(connector.update([Edit(id, {"project_title": "New"}, only(connector, id))]))
    assert titles(pages(connector)) == ["New"]
    slow = opened(sandbox, priority_index=False)
    done(slow.update([Edit(id, {"project_title": "Newer"}, only(slow, id))]))
    assert titles(pages(slow)) == ["New"]
    sandbox.time.sleep(LAG)
    assert titles(pages(slow)) == ["Newer"]


def test_a_record_that_somebody_has_open_waits_unless_it_is_said_otherwise(sandbox: FluxxSandbox) -> None:
    id = sandbox.write(REQUEST, None, {"project_title": "Old", "locked_until": "2026-03-02T09:10:00Z"})
    connector = opened(sandbox)
    (outcome,) = connector.update([Edit(id, {"project_title": "New"}, only(connector, id))])
    assert isinstance(outcome.error, Invalid) and "open in Fluxx until 09:10 UTC" in str(outcome.error)
    assert not sandbox.calls("PUT")
    sandbox.time.sleep(601)
    done(connector.update([Edit(id, {"project_title": "New"}, only(connector, id))]))
    sandbox.site.rows[REQUEST][int(id)].cells["locked_until"] = "2026-03-02T10:00:00Z"
    hasty = opened(sandbox, locked="write")
    done(hasty.update([Edit(id, {"project_title": "Newer"}, only(hasty, id))]))


def test_state_is_read_only(sandbox: FluxxSandbox) -> None:
    id = add(sandbox, state="new")
    connector = opened(sandbox)
    (outcome,) = connector.update([Edit(id, {"state": "granted"}, only(connector, id))])
    assert isinstance(outcome.error, Invalid) and outcome.error.fields == ("state",)
    assert connector.refuses("state", "granted") and not sandbox.calls("PUT")


def test_a_value_that_the_list_of_a_field_lacks_is_known_before_it_is_written(sandbox: FluxxSandbox) -> None:
    connector = opened(sandbox)
    assert "Add it to the field's values" in str(connector.refuses("commons_status", "Merged"))
    assert connector.refuses("commons_status", "Open") is None and connector.refuses("project_title", "Merged") is None


def test_one_refused_record_stops_no_other(sandbox: FluxxSandbox) -> None:
    drafts = [
        Draft(str(n), {"migrate_id": n, "commons_status": status})
        for n, status in ((1, "Open"), (2, "Odd"), (3, "Draft"))
    ]
    outcomes = opened(sandbox).create(drafts)
    assert [outcome.error is None for outcome in outcomes] == [True, False, True]
    assert isinstance(outcomes[1].error, Invalid) and "commons_status is not included in the list" in str(
        outcomes[1].error
    )


def test_deleting_what_is_deleted_is_done(sandbox: FluxxSandbox) -> None:
    id = add(sandbox)
    connector = opened(sandbox)
    assert done(connector.delete([id, id])) == [id, id] and sandbox.rows(REQUEST) == []


def test_an_organisation_is_looked_up_exactly_and_added(sandbox: FluxxSandbox) -> None:
    connector = opened(sandbox)
    (found,) = connector.lookup("organization", {"tax_id": "910000001"}, ("name", "tax_id"))
    assert found.fields == {"name": "Upper Valley Trust", "tax_id": "910000001"}
    assert connector.lookup("organization", {"name": "upper valley trust"}, ("name",)) == []
    added = connector.add("organization", {"name": "New Dawn School"})
    assert connector.lookup("organization", {"name": "New Dawn School"}, ("name",))[0].id == added.id


# --- errors and budgets


@pytest.mark.parametrize(
    ("status", "body", "error", "says"),
    [
        (200, {"error": {"code": 100, "message": "uninitialized constant GrantReqest"}}, Invalid, "mapping's object"),
        (
            200,
            {"error": {"code": 100, "message": '{"reason":"all shards failed"}'}},
            Invalid,
            "reason: all shards failed",
        ),
        (200, {"error": {"code": 429, "message": "slow down"}}, RateLimited, "used up"),
        (200, {"error": {"code": 403, "message": "no"}}, Forbidden, "permission"),
        (200, {"error": {"code": 401, "message": "no"}}, SignInFailed, "API key"),
        (200, {"error": {"code": 503, "message": "later"}}, Unavailable, "Try again later"),
        (403, {"error": "forbidden"}, Forbidden, "forbidden"),
        (422, {"error": {"code": 100, "message": ["a", "b"]}}, Invalid, "a, b"),
        (404, "<h1>Not found</h1>", Invalid, "connection's url"),
    ],
)
def test_an_error_counts_whatever_its_status(
    sandbox: FluxxSandbox, status: int, body: Any, error: type[ConnectorError], says: str
) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    sandbox.misbehave(Fault("status", path=REQUEST, status=status, body=text, times=9))
    with pytest.raises(error) as caught:
        pages(opened(sandbox))
    assert says in str(caught.value), str(caught.value)


def test_the_three_budgets_are_kept_without_being_told(sandbox: FluxxSandbox) -> None:
    connector = opened(sandbox)
    ids = [add(sandbox) for _ in range(200)]
    records = connector.get(ids)
    edits = [Edit(id, {"project_title": "New"}, record) for id, record in records.items() if isinstance(record, Record)]
    for start in range(0, 80, 20):
        done(connector.update(edits[start : start + 20]))
    assert {call.status for call in sandbox.seen} == {200}
    assert len(sandbox.calls("PUT")) == 80


def test_no_call_waits_so_long_that_a_worker_loses_its_lease(sandbox: FluxxSandbox) -> None:
    connector = opened(sandbox)
    can = connector.capabilities
    before = sandbox.time.monotonic()
    connector.get([add(sandbox) for _ in range(can.page)])
    assert sandbox.time.monotonic() - before < 60
    before = sandbox.time.monotonic()
    done(connector.create([Draft(str(n), {"migrate_id": n}) for n in range(1, can.batch + 1)]))
    assert sandbox.time.monotonic() - before < 60


@pytest.mark.parametrize("tells", [True, False])
def test_a_spent_minute_ends_the_run_and_tells_how_long_to_wait(sandbox: FluxxSandbox, tells: bool) -> None:
    sandbox.limits.tells = tells
    sandbox.limits.calls["list"] = 1
    connector = opened(sandbox)
    pages(connector)
    with pytest.raises(RateLimited) as caught:
        pages(connector)
    assert caught.value.wait >= 60 and len(lists(sandbox)) == 2
    sandbox.time.sleep(caught.value.wait)
    pages(connector)


# --- describing and checking


def test_core_and_dynamic_columns_are_described_with_their_choices(sandbox: FluxxSandbox) -> None:
    known = {field.name: field for field in opened(sandbox).describe()}
    assert known["commons_status"].choices == tuple(
        sorted(["Draft", "Open", "Partly funded", "Fully funded", "Closed", "Withdrawn"])
    )
    assert not known["state"].writable and not known["grant_amount_funded"].writable and known["project_title"].writable
    assert known[ORGANISATION].references == "organization"
    assert not {"amount_recommended", "all_notes"} & known.keys()


def test_a_field_with_several_values_is_read_and_never_written(sandbox: FluxxSandbox) -> None:
    sandbox.site.add_field({"name": "areas", "attribute_type": "select", "multi_allowed": True, "choices": ["A", "B"]})
    id = sandbox.seed({REQUEST: [{"areas": ["A", "B"]}]})[REQUEST][0]
    connector = opened(sandbox, replace(WANTED, fields=("areas",)))
    assert only(connector, id).fields["areas"] == "A||B"
    assert not next(field for field in connector.describe() if field.name == "areas").writable


def failed(steps: list[Check]) -> Check:
    (step,) = [step for step in steps if not step.ok]
    return step


def test_a_site_that_is_set_up_passes_every_step_and_nothing_is_written(sandbox: FluxxSandbox) -> None:
    steps = opened(sandbox, POINTING).check()
    assert all(step.ok for step in steps), [step for step in steps if not step.ok]
    assert not [call for call in sandbox.seen if call.method in ("PUT", "DELETE") or b"data=" in call.body]


@pytest.mark.parametrize("right", [REQUEST, "model_attribute", "organization", "model_theme"])
def test_a_missing_permission_is_named(sandbox: FluxxSandbox, right: str) -> None:
    sandbox.site.rights[right].discard("read")
    step = failed(opened(sandbox, POINTING).check())
    assert right in step.detail and f"may read {right}" in step.fix


def test_a_missing_column_is_named_with_the_closest(sandbox: FluxxSandbox) -> None:
    sandbox.site.drop_field("commons_share")
    sandbox.site.add_field({"name": "comons_share", "attribute_type": "boolean"})
    step = failed(opened(sandbox).check())
    assert "'commons_share'" in step.detail and "Closest: 'comons_share'" in step.fix and "dynamic field" in step.fix


def test_an_option_left_blank_is_not_set(sandbox: FluxxSandbox) -> None:
    connector = opened(sandbox, columns="", page="", lag="")
    assert "" not in {field.name for field in connector.describe()} and connector.capabilities.find_lag == LAG


def test_a_core_column_that_no_list_tells_of_can_be_named(sandbox: FluxxSandbox) -> None:
    wanted = replace(WANTED, fields=("project_title", "duns_of_ours"))
    assert not all(step.ok for step in opened(sandbox, wanted).check())
    sandbox.site.models[REQUEST].columns["duns_of_ours"] = sandbox.site.models[REQUEST].columns["base_request_id"]
    connector = opened(sandbox, wanted, columns=["duns_of_ours"])
    assert all(step.ok for step in connector.check()) and "duns_of_ours" in {f.name for f in connector.describe()}


def test_a_key_that_two_records_carry_is_named_with_both(sandbox: FluxxSandbox) -> None:
    ids = [add(sandbox, migrate_id=17) for _ in range(2)]
    step = failed(opened(sandbox).check())
    assert "not unique" in step.detail and all(id in step.detail for id in ids) and "Clear migrate_id" in step.fix


def test_a_key_column_that_another_migration_uses_is_said(sandbox: FluxxSandbox) -> None:
    add(sandbox, migrate_id=17, migrate_source_name="Old system")
    step = failed(opened(sandbox).check())
    assert "Old system" in step.detail and "dynamic integer field" in step.fix


@pytest.mark.parametrize(("hours", "word"), [(-3, "180 minutes behind"), (3, "180 minutes ahead of")])
def test_a_clock_that_is_off_is_said(sandbox: FluxxSandbox, hours: int, word: str) -> None:
    step = failed(opened(sandbox, time=ManualTime(sandbox.time.now() + timedelta(hours=hours))).check())
    assert step.name == "clock" and word in step.detail and "NTP" in step.fix


def test_a_form_that_is_not_there_is_said(sandbox: FluxxSandbox) -> None:
    step = failed(opened(sandbox, model_theme=8).check())
    assert step.name == "form of new records" and "no model theme 8" in step.detail


def test_an_unknown_model_is_said(sandbox: FluxxSandbox) -> None:
    step = failed(opened(sandbox, Wanted("grant_reqest", ("project_title",))).check())
    assert "uninitialized constant" in step.detail and "object's name" in step.fix


@pytest.mark.parametrize(
    ("option", "value"), [("url", ""), ("client_id", ""), ("client_secret", ""), ("since", "hour"), ("model_theme", "x"),
                          ("locked", "maybe"), ("lag", "soon")]
)  # fmt: skip
def test_an_option_that_makes_no_sense_is_named(sandbox: FluxxSandbox, option: str, value: str) -> None:
    with pytest.raises(Invalid, match=option):
        opened(sandbox, **{option: value})


# --- answers that are not quite what was asked for


def listing(*rows: dict[str, Any], model: str = REQUEST, page: int = 1) -> str:
    counts = {"total_pages": 1, "total_entries": len(rows), "current_page": page, "per_page": 500}
    return json.dumps({"records": {model: list(rows)}, **counts})


def test_a_column_that_comes_as_blank_text_is_blank_too(sandbox: FluxxSandbox) -> None:
    row = {"id": 5, "project_title": "", "updated_at": "2026-03-02T09:00:00Z"}
    sandbox.misbehave(Fault("status", path=REQUEST, status=200, body=listing(row)))
    assert titles(pages(opened(sandbox))) == [None]


def test_a_page_that_was_not_asked_for_is_believed_by_nobody(sandbox: FluxxSandbox) -> None:
    sandbox.misbehave(Fault("status", path=REQUEST, status=200, body=listing(page=2)))
    with pytest.raises(Unavailable, match="page 2 where page 1"):
        pages(opened(sandbox))


def test_an_organisation_that_is_only_like_the_one_looked_for_is_not_it(sandbox: FluxxSandbox) -> None:
    body = listing({"id": 5, "name": "Upper Valley Trust of Other Parts"}, model="organization")
    sandbox.misbehave(Fault("status", path="organization", status=200, body=body))
    assert opened(sandbox).lookup("organization", {"name": "Upper Valley Trust"}, ("name",)) == []


def test_an_answer_to_a_create_that_is_about_another_key_leaves_it_open(sandbox: FluxxSandbox) -> None:
    body = json.dumps({REQUEST: {"id": 5, "migrate_id": 4712, "updated_at": "2026-03-02T09:00:00Z"}})
    sandbox.misbehave(Fault("status", method="POST", path=REQUEST, status=200, body=body))
    (outcome,) = opened(sandbox).create([Draft("4711", {"migrate_id": 4711})])
    assert isinstance(outcome.error, Ambiguous)


def test_a_value_that_was_retired_is_offered_no_more(sandbox: FluxxSandbox) -> None:
    for row in sandbox.site.rows["model_attribute_value"].values():
        row.cells["retired"] = row.cells["value"] == "Draft"
    known = {field.name: field for field in opened(sandbox).describe()}
    assert "Draft" not in known["commons_status"].choices and "Open" in known["commons_status"].choices
