"""Many records in one call: what it costs, and that one bad record, or one bad answer, harms no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from connectors.clock import ManualTime
from connectors.contract import (
    Ambiguous,
    Draft,
    Edit,
    Forbidden,
    Invalid,
    QuotaSpent,
    Record,
    Stale,
    Unavailable,
    Wanted,
)
from connectors.salesforce.connector import Salesforce
from connectors.salesforce.sandbox import SalesforceSandbox
from connectors.sandbox import Fault
from tests.connectors.org import REQUEST, opened, writes

WANTED = Wanted(REQUEST, ("Name", "Commons_Id__c", "Commons_Ask__c", "Commons_Gap__c"), "Commons_Id__c")
UPSERT = f"composite/sobjects/{REQUEST}/Commons_Id__c"


@pytest.fixture
def sandbox() -> Iterator[SalesforceSandbox]:
    with SalesforceSandbox(time=ManualTime()) as server:
        yield server


@pytest.fixture
def connector(sandbox: SalesforceSandbox) -> Salesforce:
    return opened(sandbox, WANTED)


def drafts(*keys: str, **fields: Any) -> list[Draft]:
    return [Draft(key, {"Commons_Id__c": key, "Name": f"Project {key}", **fields}) for key in keys]


def fill(sandbox: SalesforceSandbox, count: int) -> list[str]:
    return [sandbox.org.insert(REQUEST, {"Name": f"{n}", "Commons_Id__c": f"k{n}"}) for n in range(count)]


def edits(connector: Salesforce, ids: list[str], name: str = "by the hub") -> list[Edit]:
    held = connector.get(ids)
    return [Edit(id, {"Name": name}, record) for id, record in held.items() if isinstance(record, Record)]


def names(sandbox: SalesforceSandbox) -> list[str]:
    return [row["Name"] for row in sandbox.org.rows(REQUEST)]


# --- what it costs -----------------------------------------------------------


def test_a_thousand_new_records_cost_five_write_calls(sandbox: SalesforceSandbox, connector: Salesforce) -> None:
    new = drafts(*(f"k{number}" for number in range(1000)))
    size = connector.capabilities.batch
    for start in range(0, 1000, size):
        done = connector.create(new[start : start + size])
        assert all(outcome.record and outcome.error is None for outcome in done)
    assert len(names(sandbox)) == 1000 and writes(sandbox) == 5


def test_a_thousand_unguarded_edits_cost_five_write_calls(sandbox: SalesforceSandbox) -> None:
    connector = opened(sandbox, WANTED, guard="none")
    assert connector.capabilities.guard == "none"  # so that the hub reads and compares before
    changed = edits(connector, fill(sandbox, 1000))
    size = connector.capabilities.batch_edits or 0
    for start in range(0, 1000, size):
        assert all(outcome.record for outcome in connector.update(changed[start : start + size]))
    assert set(names(sandbox)) == {"by the hub"} and writes(sandbox) == 5
    assert not any("if-unmodified-since" in call.headers for call in sandbox.seen)


def test_an_edit_without_a_version_needs_no_call_of_its_own(sandbox: SalesforceSandbox, connector: Salesforce) -> None:
    changed = edits(connector, fill(sandbox, 5))
    loose = [replace(each, expected=replace(each.expected, version=None)) for each in changed[:3]]
    assert all(outcome.record for outcome in connector.update([*loose, *changed[3:]]))
    assert writes(sandbox) == 1 + 2


def test_guarded_edits_go_25_a_call_where_the_setting_says_so(sandbox: SalesforceSandbox) -> None:
    connector = opened(sandbox, WANTED, guard="composite")
    changed = edits(connector, fill(sandbox, 100))
    sandbox.time.sleep(5)
    sandbox.org.update(REQUEST, changed[7].id, {"Name": "by somebody else"})
    done = connector.update(changed)
    assert [n for n, outcome in enumerate(done) if isinstance(outcome.error, Stale)] == [7]
    assert writes(sandbox) == 4 and names(sandbox).count("by the hub") == 99
    assert sandbox.org.live(REQUEST, changed[7].id)["Name"] == "by somebody else"


# --- one bad record ----------------------------------------------------------


def test_one_refused_record_of_a_batch_leaves_the_others_alone(
    sandbox: SalesforceSandbox, connector: Salesforce
) -> None:
    good, long, late = connector.create([*drafts("a"), *drafts("b", Name="x" * 81), *drafts("c")])
    assert good.id and late.id and isinstance(long.error, Invalid) and long.error.fields == ("Name",)
    assert writes(sandbox) == 1


def test_a_record_that_makes_salesforce_refuse_the_whole_call_is_refused_alone(
    sandbox: SalesforceSandbox, connector: Salesforce
) -> None:
    good, odd, late = connector.create([*drafts("a"), *drafts("b", Nope__c="x"), *drafts("c")])
    assert good.id and late.id and isinstance(odd.error, Invalid) and "Nope__c" in str(odd.error)
    assert sorted(names(sandbox)) == ["Project a", "Project c"] and writes(sandbox) == 1 + 3


def test_an_edit_of_a_deleted_record_is_stale_in_a_batch_too(sandbox: SalesforceSandbox) -> None:
    connector = opened(sandbox, WANTED, guard="none")
    changed = edits(connector, fill(sandbox, 3))
    sandbox.org.delete(REQUEST, changed[1].id)
    first, gone, third = connector.update(changed)
    assert first.record and third.record and isinstance(gone.error, Stale)


def test_a_locked_row_of_a_batch_is_tried_again_by_itself(sandbox: SalesforceSandbox, connector: Salesforce) -> None:
    locked = (
        '[{"id":null,"success":false,"errors":[{"statusCode":"UNABLE_TO_LOCK_ROW","message":"busy","fields":[]}]},'
        '{"success":false,"errors":[{"statusCode":"STRING_TOO_LONG","message":"long","fields":["Name"]}]}]'
    )
    sandbox.misbehave(Fault("status", method="PATCH", path="composite", status=200, body=locked))
    first, second = connector.create(drafts("a", "b"))
    assert first.record and isinstance(second.error, Invalid)
    assert [len(call.json()["records"]) for call in sandbox.calls("PATCH", UPSERT)] == [2, 1]


def test_a_row_that_stays_locked_waits_for_the_next_run(sandbox: SalesforceSandbox, connector: Salesforce) -> None:
    error = '{"success":false,"errors":[{"statusCode":"UNABLE_TO_LOCK_ROW","message":"busy","fields":[]}]}'
    sandbox.misbehave(Fault("status", method="PATCH", times=9, status=200, body=f"[{error},{error}]"))
    done = connector.create(drafts("a", "b"))
    assert all(isinstance(outcome.error, Unavailable) for outcome in done)
    assert len(sandbox.calls("PATCH", UPSERT)) == 3


def test_two_records_with_one_key_are_for_a_person_in_a_batch_too(
    sandbox: SalesforceSandbox, connector: Salesforce
) -> None:
    sandbox.org.objects[REQUEST] = sandbox.org.objects[REQUEST].changing("Commons_Id__c", unique=False)
    for _ in range(2):
        sandbox.org.insert(REQUEST, {"Name": "twice", "Commons_Id__c": "k"})
    twice, other = connector.create(drafts("k", "other"))
    assert isinstance(twice.error, Invalid) and "Several records" in str(twice.error) and other.id


def test_who_may_not_create_is_told_so_for_every_record(sandbox: SalesforceSandbox, connector: Salesforce) -> None:
    sandbox.org.objects[REQUEST] = sandbox.org.objects[REQUEST].without("create")
    done = connector.create(drafts("a", "b"))
    assert all(isinstance(outcome.error, Forbidden) and "permission" in str(outcome.error) for outcome in done)


# --- one bad answer ----------------------------------------------------------


@pytest.mark.parametrize("what", ["drop_after", "truncate", "html"])
def test_a_batch_whose_answer_is_lost_is_ambiguous_for_each_and_is_not_repeated(
    sandbox: SalesforceSandbox, connector: Salesforce, what: Any
) -> None:
    sandbox.misbehave(Fault(what, method="PATCH"))
    done = connector.create(drafts("a", "b", "c"))
    assert all(isinstance(outcome.error, Ambiguous) for outcome in done) and writes(sandbox) == 1
    assert [len(connector.find(key)) for key in "abc"] == [0 if what == "html" else 1] * 3


@pytest.mark.parametrize(
    "body",
    ["[]", "{}", "null", '[{"success":true}]', '[{"success":"yes"},{"success":"yes"}]', '[{"id":"a"},{"id":"b"}]'],
)
def test_an_answer_that_does_not_tell_of_each_record_is_ambiguous(
    sandbox: SalesforceSandbox, connector: Salesforce, body: str
) -> None:
    sandbox.misbehave(Fault("status", method="PATCH", status=200, body=body))
    assert all(isinstance(outcome.error, Ambiguous) for outcome in connector.create(drafts("a", "b")))


def test_an_answer_that_names_other_records_is_not_believed(sandbox: SalesforceSandbox) -> None:
    connector = opened(sandbox, WANTED, guard="none")
    changed = edits(connector, fill(sandbox, 3))
    mixed = ",".join(f'{{"id":"{each.id}","success":true,"errors":[]}}' for each in reversed(changed[:2]))
    sandbox.misbehave(Fault("status", method="PATCH", status=200, body=f"[{mixed}]"))
    assert all(isinstance(outcome.error, Ambiguous) for outcome in connector.update(changed[:2]))
    sandbox.misbehave(Fault("status", method="PATCH", status=200, body=f"[{mixed}]"))
    done = connector.create(drafts("k0-new", "k1-new"))
    assert all(isinstance(outcome.error, Ambiguous) for outcome in done)


def test_a_batch_of_the_day_after_the_last_call_is_not_sent(sandbox: SalesforceSandbox) -> None:
    connector = opened(sandbox, WANTED, guard="composite", daily_share=100)
    changed = edits(connector, fill(sandbox, 60))
    sandbox.api.allowed = sandbox.api.used + 1
    done = connector.update(changed)
    assert [outcome.error is None for outcome in done] == [True] * 25 + [False] * 35
    assert all(isinstance(outcome.error, QuotaSpent) for outcome in done[25:])


def test_a_composite_answer_without_one_of_its_requests_is_ambiguous(sandbox: SalesforceSandbox) -> None:
    connector = opened(sandbox, WANTED, guard="composite")
    changed = edits(connector, fill(sandbox, 2))
    body = '{"compositeResponse":[{"body":null,"httpHeaders":{},"httpStatusCode":204,"referenceId":"r0"}]}'
    sandbox.misbehave(Fault("status", method="POST", path="composite", status=200, body=body))
    assert all(isinstance(outcome.error, Ambiguous) for outcome in connector.update(changed))


def test_an_unknown_way_to_guard_is_refused_with_the_known_ones(sandbox: SalesforceSandbox) -> None:
    with pytest.raises(Invalid, match="each, composite, none"):
        opened(sandbox, WANTED, guard="strong")
