"""What the change feed of a Salesforce object tells, and what it costs: the log of deletions, and records in two objects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from connectors.clock import ManualTime
from connectors.contract import (
    Ambiguous,
    CursorExpired,
    Draft,
    Edit,
    Gone,
    Invalid,
    Record,
    Stale,
    Unavailable,
    Unseen,
    Wanted,
)
from connectors.salesforce.sandbox import SalesforceSandbox
from connectors.salesforce.sandbox_values import stamp
from connectors.sandbox import Fault
from tests.connectors.org import REQUEST, last, only, opened, pages

CLOUD, CALLS, SEEKER = "salesforce-nonprofit-cloud", "salesforce-nonprofit-cloud-calls", "salesforce-npsp"
APPLICATION, AWARD = "IndividualApplication", "FundingAward"
AMOUNT = "FundingAward.Amount"
REQUESTS = Wanted(REQUEST, ("Name", "Commons_Id__c"), "Commons_Id__c")
QUIET = 3600.0


@pytest.fixture
def sandbox() -> Iterator[SalesforceSandbox]:
    with SalesforceSandbox(time=ManualTime()) as server:
        yield server


def apply(sandbox: SalesforceSandbox, name: str = "Wells", **more: Any) -> str:
    given = {"ApplicationName": name, "Category": "Grant Application", "AppliedDate": "2026-01-05T10:00:00Z"}
    return sandbox.write(APPLICATION, None, given | more)


def award(sandbox: SalesforceSandbox, application: str | None, amount: int = 5000, **more: Any) -> str:
    return sandbox.write(
        AWARD, None, {"Name": "Award", "Amount": amount, "IndividualApplicationId": application, **more}
    )


def calls(sandbox: SalesforceSandbox) -> int:
    return sandbox.api.used


# --- deletions ---------------------------------------------------------------


def test_a_record_emptied_from_the_bin_before_anybody_looked_is_told_by_the_log(sandbox: SalesforceSandbox) -> None:
    id = sandbox.write(REQUEST, None, {"Name": "x"})
    connector = opened(sandbox, REQUESTS)
    cursor = last(connector)
    sandbox.time.sleep(QUIET)
    sandbox.remove(REQUEST, id)
    sandbox.org.purge(REQUEST, id)
    assert isinstance(connector.get([id])[id], Unseen)  # the record itself can prove nothing any more
    sandbox.time.sleep(120)
    (page,) = pages(connector, cursor)
    assert page.gone == (Gone(id),)
    sandbox.time.sleep(120)
    assert pages(connector, page.cursor)[-1].gone == ()


def test_a_record_that_the_log_tells_of_and_that_is_back_is_not_gone(sandbox: SalesforceSandbox) -> None:
    id = sandbox.write(REQUEST, None, {"Name": "x"})
    connector = opened(sandbox, REQUESTS)
    cursor = last(connector)
    sandbox.time.sleep(QUIET)
    sandbox.remove(REQUEST, id)
    sandbox.org.undelete(REQUEST, id)
    sandbox.time.sleep(120)
    (page,) = pages(connector, cursor)
    assert page.gone == () and [record.id for record in page.records] == [id]


def test_the_log_is_asked_by_the_orgs_clock_with_ends_a_minute_apart(sandbox: SalesforceSandbox) -> None:
    sandbox.write(REQUEST, None, {"Name": "x"})
    connector = opened(sandbox, REQUESTS)
    connector.session.transport.time = ManualTime(sandbox.time.now() - timedelta(hours=9))
    cursor = last(connector)
    for _ in range(3):
        cursor = last(connector, cursor)
    asked = [call.query for call in sandbox.calls("GET", "/deleted")]
    assert len(asked) == 3 and all("end=2026-03-02T09%3A00%3A00Z" in query for query in asked), asked
    assert all(call.status == 200 for call in sandbox.calls("GET", "/deleted"))


def test_an_org_that_keeps_its_log_from_the_user_is_read_all_the_same(sandbox: SalesforceSandbox) -> None:
    id = sandbox.write(REQUEST, None, {"Name": "x"})
    connector = opened(sandbox, REQUESTS)
    cursor = last(connector)
    sandbox.time.sleep(QUIET)
    sandbox.remove(REQUEST, id)
    body = '[{"errorCode":"INSUFFICIENT_ACCESS","message":"no"}]'
    sandbox.misbehave(Fault("status", path="/deleted", times=2, status=403, body=body))
    assert pages(connector, cursor)[-1].gone == (Gone(id),)
    (told,) = [check for check in connector.check() if check.name == "deletions"]
    assert told.ok and "recycle bin" in told.detail and "permission" in told.detail


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, '[{"errorCode":"EXCEEDED_ID_LIMIT","message":"too many"}]', CursorExpired),
        (404, "<h1>Not here</h1>", Unavailable),
        (200, "{}", Unavailable),
        (200, '{"deletedRecords":[{"id":1}],"latestDateCovered":"2026-03-02T09:00:00.000+0000"}', Unavailable),
        (200, '{"deletedRecords":[],"latestDateCovered":"soon"}', Unavailable),
    ],
)
def test_a_log_that_is_none_moves_no_cursor(
    sandbox: SalesforceSandbox, status: int, body: str, error: type[Exception]
) -> None:
    connector = opened(sandbox, REQUESTS)
    cursor = last(connector)
    sandbox.misbehave(Fault("status", path="/deleted", times=9, status=status, body=body))
    with pytest.raises(error):
        pages(connector, cursor)


# --- what a poll costs -------------------------------------------------------


@pytest.mark.parametrize(("mapping", "most"), [(CALLS, 2), (SEEKER, 2), (CLOUD, 4)])
def test_a_poll_of_5000_records_without_changes_costs_two_calls_an_object(
    sandbox: SalesforceSandbox, mapping: str, most: int
) -> None:
    """With a record changed a moment ago, which every poll of the next minutes shows once more. Of funding requests:
    ``test_calls.py``."""
    sandbox.api.most_a_page = 2000
    connector = opened(sandbox, mapping)
    given: dict[str, dict[str, Any]] = {
        "FundingOpportunity": {"Name": "x"},
        "Opportunity": {"Name": "x", "StageName": "Prospecting", "CloseDate": "2026-12-31"},
        APPLICATION: {"Category": "Grant Application", "AppliedDate": "2026-01-05T10:00:00Z"},
    }
    fields = given[connector.wanted.object]
    ids = [sandbox.org.insert(connector.wanted.object, fields | {"Commons_Id__c": f"k{n}"}) for n in range(5000)]
    if mapping == CLOUD:
        awards = [award(sandbox, id) for id in ids]
        sandbox.time.sleep(QUIET)
        sandbox.write(AWARD, awards[9], {"Amount": 1})
    sandbox.time.sleep(QUIET)
    sandbox.write(connector.wanted.object, ids[7], {"Commons_Share__c": True})
    cursor = last(connector, last(connector))
    for _ in range(3):
        before = calls(sandbox)
        sandbox.time.sleep(60)
        found = pages(connector, cursor)
        assert calls(sandbox) - before <= most
        assert sum(len(page.records) for page in found) <= 1 and not any(page.gone for page in found)
        cursor = found[-1].cursor or ""


def test_what_was_loaded_at_once_is_not_listed_for_ever(sandbox: SalesforceSandbox) -> None:
    """The last change moved the cursor, so a thousand records of one minute came back with every poll of a quiet org."""
    connector = opened(sandbox, "salesforce-outbound-funds")
    for number in range(30):
        sandbox.org.insert(REQUEST, {"Name": f"Project {number}"})
    cursor = last(connector)
    shown = []
    for _ in range(4):
        sandbox.time.sleep(1500)
        found = pages(connector, cursor)
        cursor = found[-1].cursor or ""
        shown.append(sum(len(page.records) for page in found))
    assert shown == [30, 30, 30, 0]
    late = sandbox.org.insert(REQUEST, {"Name": "by a transaction that took half an hour"})
    row = sandbox.org.tables[REQUEST][late]
    row["SystemModstamp"] = stamp(sandbox.org.now() - timedelta(minutes=30))
    assert [record.id for page in pages(connector, cursor) for record in page.records] == [late]


@pytest.mark.parametrize("told", ["2099-01-01T00:00:00.000+0000", None])
def test_a_cursor_never_runs_ahead_of_what_was_read(sandbox: SalesforceSandbox, told: str | None) -> None:
    """A wrong word about the time, and a log that the user may not read, must not hide the next change."""
    connector = opened(sandbox, "salesforce-outbound-funds")
    sandbox.org.insert(REQUEST, {"Name": "first"})
    cursor = last(connector)
    sandbox.time.sleep(7200)
    log = json.dumps({"deletedRecords": [], "earliestDateAvailable": told, "latestDateCovered": told})
    refused = json.dumps([{"errorCode": "INSUFFICIENT_ACCESS", "message": "no"}])
    sandbox.misbehave(Fault("status", path="/deleted", status=200 if told else 403, body=log if told else refused))
    cursor = last(connector, cursor)
    sandbox.time.sleep(60)
    new = sandbox.org.insert(REQUEST, {"Name": "second"})
    assert new in [record.id for page in pages(connector, cursor) for record in page.records]


# --- an application and its award --------------------------------------------


def test_an_application_and_its_award_are_one_record(sandbox: SalesforceSandbox) -> None:
    with_award, without = apply(sandbox, "Wells"), apply(sandbox, "Roofs")
    award(sandbox, with_award, 5000, DecisionDate="2026-02-03T00:00:00Z")
    award(sandbox, None, 99)
    connector = opened(sandbox, CLOUD)
    found = {record.id: record for page in pages(connector) for record in page.records}
    assert found.keys() == {with_award, without} and found == connector.get([with_award, without])
    assert found[with_award].fields[AMOUNT] == 5000 and found[without].fields[AMOUNT] is None
    assert set(found[with_award].fields) == set(connector.wanted.fields)


def test_a_change_of_the_award_alone_is_a_change_of_the_record(sandbox: SalesforceSandbox) -> None:
    id, other = apply(sandbox), apply(sandbox, "Roofs")
    given = award(sandbox, id, 5000)
    connector = opened(sandbox, CLOUD)
    cursor, before = last(connector), only(connector, id)
    sandbox.time.sleep(QUIET)
    apply(sandbox, "A newer one, so that the list of applications has gone on")
    cursor = last(connector, cursor)
    sandbox.time.sleep(QUIET)
    sandbox.write(AWARD, given, {"Amount": 7000})
    (page,) = pages(connector, cursor)
    changed = {record.id: record for record in page.records}
    assert changed[id].fields[AMOUNT] == 7000
    assert changed[id].version != before.version and (changed[id].version or "").split()[0] == before.version.split()[0]  # type: ignore[union-attr]
    sandbox.time.sleep(QUIET)
    award(sandbox, other, 1)
    sandbox.remove(AWARD, given)
    found = {record.id: record for page in pages(connector, page.cursor) for record in page.records}
    assert found[other].fields[AMOUNT] == 1 and found[id].fields[AMOUNT] is None


def test_a_second_change_within_the_same_second_is_seen_by_the_next_poll(sandbox: SalesforceSandbox) -> None:
    """Its stamp is the same: a poll that went by stamps alone would pass over it."""
    id = apply(sandbox)
    given = award(sandbox, id, 5000)
    connector = opened(sandbox, CLOUD)
    cursor = last(connector, last(connector))
    assert [len(page.records) for page in pages(connector, cursor)] == [0]
    sandbox.write(AWARD, given, {"Amount": 5001})
    (page,) = pages(connector, cursor)
    assert page.records[0].fields[AMOUNT] == 5001
    sandbox.write(APPLICATION, id, {"ApplicationName": "Deep wells"})
    (page,) = pages(connector, page.cursor)
    assert page.records[0].fields["ApplicationName"] == "Deep wells"


def test_a_deleted_application_is_gone_whatever_becomes_of_its_award(sandbox: SalesforceSandbox) -> None:
    id = apply(sandbox)
    given = award(sandbox, id)
    connector = opened(sandbox, CLOUD)
    cursor = last(connector)
    sandbox.time.sleep(QUIET)
    sandbox.remove(APPLICATION, id)
    sandbox.write(AWARD, given, {"Amount": 1})
    (page,) = pages(connector, cursor)
    assert page.gone == (Gone(id),) and page.records == ()


def test_amendments_and_cancelled_awards_do_not_count_beside_the_one_that_does(sandbox: SalesforceSandbox) -> None:
    id = apply(sandbox)
    first = award(sandbox, id, 1000, Status="Cancelled")
    connector = opened(sandbox, CLOUD)
    assert only(connector, id).fields[AMOUNT] == 1000  # alone it is what there is to show
    second = award(sandbox, id, 2000, Status="Active")
    award(sandbox, id, 300, Status="Active", ParentFundingAwardId=second)
    assert first != second and only(connector, id).fields[AMOUNT] == 2000


def test_an_application_with_two_awards_waits_for_a_person_and_no_sum_is_made_up(sandbox: SalesforceSandbox) -> None:
    id, other = apply(sandbox, Commons_Id__c="k"), apply(sandbox, "Roofs")
    for amount in (1000, 2000):
        award(sandbox, id, amount)
    connector = opened(sandbox, CLOUD)
    (page,) = pages(connector)
    assert [row.id for row in page.refused] == [id] and "2 FundingAward rows" in page.refused[0].reason
    assert [record.id for record in page.records] == [other] and page.complete
    told = connector.get([id])[id]
    assert isinstance(told, Unseen) and "Cancelled" in told.reason
    assert [record.id for record in connector.find("k")] == [id]  # that it is there keeps it from being made again
    sandbox.time.sleep(QUIET)
    award(sandbox, other, 1)
    award(sandbox, other, 2)
    (page,) = pages(connector, page.cursor)
    assert {row.id for row in page.refused} == {id, other} and page.records == ()


def test_an_edit_of_both_parts_is_guarded_by_the_version_of_each(sandbox: SalesforceSandbox) -> None:
    id = apply(sandbox)
    given = award(sandbox, id, 5000)
    connector = opened(sandbox, CLOUD)
    before = only(connector, id)
    sandbox.time.sleep(5)
    (done,) = connector.update([Edit(id, {"ApplicationName": "Deep wells", AMOUNT: 6000}, before)])
    assert done.record and done.record.fields["ApplicationName"] == "Deep wells" and done.record.fields[AMOUNT] == 6000
    sandbox.time.sleep(5)
    sandbox.write(AWARD, given, {"Amount": 7000})
    (stale,) = connector.update([Edit(id, {AMOUNT: 1}, done.record)])
    assert isinstance(stale.error, Stale) and only(connector, id).fields[AMOUNT] == 7000
    (own,) = connector.update([Edit(id, {"ApplicationName": "Wells again"}, done.record)])
    assert own.record  # nobody touched the application meanwhile


def test_an_edit_of_which_half_was_written_is_looked_at_not_called_refused(sandbox: SalesforceSandbox) -> None:
    id = apply(sandbox)
    given = award(sandbox, id, 5000)
    connector = opened(sandbox, CLOUD)
    before = only(connector, id)
    sandbox.time.sleep(5)
    sandbox.write(AWARD, given, {"Amount": 7000})
    (half,) = connector.update([Edit(id, {"ApplicationName": "Half", AMOUNT: 1}, before)])
    assert isinstance(half.error, Ambiguous)
    now = only(connector, id).fields
    assert (now["ApplicationName"], now[AMOUNT]) == ("Half", 7000)


def test_no_award_is_ever_made(sandbox: SalesforceSandbox) -> None:
    id = apply(sandbox)
    connector = opened(sandbox, CLOUD)
    (changed,) = connector.update([Edit(id, {AMOUNT: 1}, only(connector, id))])
    fields = {"Category": "Grant Application", "AppliedDate": "2026-01-05T10:00:00Z", "Commons_Id__c": "k"}
    made, plain = connector.create(
        [Draft("k", fields | {AMOUNT: 1}), Draft("k2", fields | {AMOUNT: None, "Commons_Id__c": "k2"})]
    )
    assert isinstance(changed.error, Invalid) and isinstance(made.error, Invalid) and made.error.fields == (AMOUNT,)
    assert plain.record and sandbox.rows(AWARD) == []


def test_the_award_is_described_checked_and_refuses_under_the_names_of_the_mapping(sandbox: SalesforceSandbox) -> None:
    connector = opened(sandbox, CLOUD)
    assert set(connector.wanted.fields) <= {field.name for field in connector.describe()}
    assert all(check.ok for check in connector.check())
    assert "FundingAward.Name holds 255" in (connector.refuses("FundingAward.Name", "x" * 256) or "")
    sandbox.org.objects[AWARD] = sandbox.org.objects[AWARD].hiding("Amount")
    (problem,) = [check for check in connector.check() if not check.ok]
    assert problem.name == "part FundingAward" and "shows no Amount" in problem.detail
    assert "Manage Funding Awards" in problem.fix
    del sandbox.org.objects[AWARD]
    (problem,) = [check for check in connector.check() if not check.ok]
    assert problem.name == "part FundingAward" and problem.fix


def test_a_part_that_nobody_knows_is_refused_with_the_known_ones(sandbox: SalesforceSandbox) -> None:
    with pytest.raises(Invalid, match="FundingAward of IndividualApplication"):
        opened(sandbox, Wanted(APPLICATION, ("Commons_Id__c", "Budget.Amount"), "Commons_Id__c"))


def test_a_cursor_of_a_time_before_the_award_was_read_starts_over(sandbox: SalesforceSandbox) -> None:
    apply(sandbox)
    cursor = last(opened(sandbox, Wanted(APPLICATION, ("ApplicationName",))))
    with pytest.raises(CursorExpired):
        pages(opened(sandbox, CLOUD), cursor)


def test_a_cursor_of_an_earlier_release_is_gone_on_from(sandbox: SalesforceSandbox) -> None:
    sandbox.write(REQUEST, None, {"Name": "x"})
    at, read, *_ = last(opened(sandbox, REQUESTS)).split(" ")
    assert [record.fields["Name"] for record in pages(opened(sandbox, REQUESTS), f"{at} {read}")[0].records] == ["x"]


# --- one record type ---------------------------------------------------------


def test_only_grants_are_listed_and_new_ones_are_grants(sandbox: SalesforceSandbox) -> None:
    types = {row["DeveloperName"]: row["Id"] for row in sandbox.rows("RecordType")}
    given = {"StageName": "Prospecting", "CloseDate": "2026-12-31"}
    donation = sandbox.write("Opportunity", None, {"Name": "A donation", "RecordTypeId": types["Donation"], **given})
    grant = sandbox.write("Opportunity", None, {"Name": "A grant", "RecordTypeId": types["Grant"], **given})
    connector = opened(sandbox, SEEKER, record_type="Grant")
    assert [record.id for page in pages(connector) for record in page.records] == [grant]
    assert isinstance(connector.get([donation])[donation], Record)  # out of the list is not out of the world
    made = connector.create([Draft(key, {"Name": key, "Commons_Id__c": key, **given}) for key in ("a", "b")])
    assert {row["RecordTypeId"] for row in sandbox.rows("Opportunity") if row["Id"] in {each.id for each in made}} == {
        types["Grant"]
    }
    (problem,) = [check for check in opened(sandbox, SEEKER, record_type="Gift").check() if not check.ok]
    assert problem.name == "record type" and "Gift" in problem.detail and problem.fix
