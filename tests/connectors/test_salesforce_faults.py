"""Bad days: what the Salesforce connector makes of each, against its stand-in over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from connectors.clock import ManualTime
from connectors.contract import (
    Ambiguous,
    ConnectorError,
    Draft,
    Edit,
    Forbidden,
    Invalid,
    Page,
    QuotaSpent,
    Record,
    Secret,
    Settings,
    SignInFailed,
    Unavailable,
    Wanted,
)
from connectors.salesforce import connector as system
from connectors.salesforce.connector import Salesforce
from connectors.salesforce.sandbox import CLIENT_ID, CLIENT_SECRET, SalesforceSandbox
from connectors.sandbox import Fault
from connectors.transport import Transport

REQUEST = "outfunds__Funding_Request__c"
WANTED = Wanted(REQUEST, ("Name", "Commons_Id__c"), "Commons_Id__c")


@pytest.fixture
def sandbox() -> Iterator[SalesforceSandbox]:
    with SalesforceSandbox(time=ManualTime(), session=timedelta(minutes=30)) as server:
        yield server


@pytest.fixture
def connector(sandbox: SalesforceSandbox) -> Salesforce:
    return opened(sandbox)


def opened(sandbox: SalesforceSandbox, **options: Any) -> Salesforce:
    settings = Settings(
        "cedar", {"url": sandbox.url, "client_id": CLIENT_ID, "client_secret": Secret(CLIENT_SECRET), **options}
    )
    transport = Transport(hosts=system.hosts(settings), time=ManualTime(), jitter=lambda: 0.0)
    return Salesforce(settings, WANTED, transport)


def fill(sandbox: SalesforceSandbox, count: int) -> list[str]:
    return [
        sandbox.org.insert(REQUEST, {"Name": str(number), "Commons_Id__c": f"k{number}"}) for number in range(count)
    ]


def by_pages(connector: Salesforce) -> tuple[list[Page], ConnectorError | None]:
    found: list[Page] = []
    try:
        found.extend(connector.changes(None))
    except ConnectorError as error:
        return found, error
    return found, None


def held(connector: Salesforce, id: str) -> Record:
    found = connector.get([id])[id]
    assert isinstance(found, Record)
    return found


def error_body(code: str) -> str:
    return f'[{{"message":"as it is","errorCode":"{code}"}}]'


# --- signing in --------------------------------------------------------------


def test_a_token_that_expires_in_mid_run_is_renewed_and_nothing_is_lost(sandbox: SalesforceSandbox) -> None:
    sandbox.api.most_a_page = 2
    fill(sandbox, 6)
    connector = opened(sandbox)
    seen = []
    for page in connector.changes(None):
        seen += [record.fields["Name"] for record in page.records]
        sandbox.time.sleep(1800)
    assert seen == [str(number) for number in range(6)]
    assert len(sandbox.calls("POST", "/oauth2/token")) == 3


def test_a_token_that_expires_before_a_write_is_renewed_and_the_write_happens_once(
    sandbox: SalesforceSandbox, connector: Salesforce
) -> None:
    (id,) = fill(sandbox, 1)
    before = held(connector, id)
    sandbox.sign_in.end_all()
    (outcome,) = connector.update([Edit(id, {"Name": "new"}, before)])
    assert outcome.record and outcome.record.fields["Name"] == "new"
    assert [call.status for call in sandbox.calls("PATCH")] == [401, 204]


def test_a_fresh_token_that_is_refused_stops_the_run(sandbox: SalesforceSandbox, connector: Salesforce) -> None:
    sandbox.misbehave(Fault("status", path="queryAll", times=9, status=401, body=error_body("INVALID_SESSION_ID")))
    _, error = by_pages(connector)
    assert isinstance(error, SignInFailed) and len(sandbox.calls("GET", "queryAll")) <= 2


def test_wrong_credentials_say_which_and_never_show_them(sandbox: SalesforceSandbox) -> None:
    _, error = by_pages(opened(sandbox, client_secret=Secret("hunter2")))
    assert isinstance(error, SignInFailed) and "client_secret" in str(error) and "hunter2" not in str(error)


def test_an_org_that_answers_from_another_host_is_refused_with_the_option_to_set(sandbox: SalesforceSandbox) -> None:
    sandbox.instance_url = "https://cedar.other.example"
    _, error = by_pages(opened(sandbox))
    assert isinstance(error, SignInFailed) and 'instance_host = "cedar.other.example"' in str(error)


def test_an_org_that_answers_from_the_allowed_other_host_is_talked_to_there(sandbox: SalesforceSandbox) -> None:
    with SalesforceSandbox(time=sandbox.time) as instance:
        fill(instance, 1)
        instance.sign_in = sandbox.sign_in
        sandbox.instance_url = instance.url
        found, error = by_pages(opened(sandbox, instance_host=instance.url.removeprefix("http://")))
        assert error is None and [len(page.records) for page in found] == [1]
        assert instance.calls("GET", "queryAll") and not sandbox.calls("GET", "queryAll")


def test_a_sign_in_page_at_the_wrong_address_is_not_taken_for_an_org(
    sandbox: SalesforceSandbox, connector: Salesforce
) -> None:
    sandbox.misbehave(Fault("html", path="/oauth2/token", times=9))
    _, error = by_pages(connector)
    assert isinstance(error, Unavailable) and "HTML" in str(error)


# --- reading -----------------------------------------------------------------


@pytest.mark.parametrize("what", ["html", "truncate", "drop_before", "drop_after"])
def test_a_page_that_cannot_be_read_ends_the_run_without_cursor_or_completeness(
    sandbox: SalesforceSandbox, connector: Salesforce, what: Any
) -> None:
    sandbox.api.most_a_page = 2
    fill(sandbox, 5)
    sandbox.misbehave(Fault(what, path="/query/", times=9))
    found, error = by_pages(connector)
    assert isinstance(error, Unavailable)
    assert [len(page.records) for page in found] == [2]
    assert not any(page.cursor or page.complete for page in found)


@pytest.mark.parametrize(
    "body",
    ["[]", "{}", "null", '{"totalSize":1,"done":true}', '{"records":[[]],"done":true,"totalSize":1}', "x"],
)
def test_an_answer_of_the_wrong_shape_is_not_an_empty_org(
    sandbox: SalesforceSandbox, connector: Salesforce, body: str
) -> None:
    fill(sandbox, 1)
    sandbox.misbehave(Fault("status", path="queryAll", status=200, body=body))
    found, error = by_pages(connector)
    assert isinstance(error, Unavailable) and found == []


def test_a_list_that_ends_short_of_its_own_count_is_not_complete(
    sandbox: SalesforceSandbox, connector: Salesforce
) -> None:
    body = '{"totalSize":3,"done":true,"records":[]}'
    sandbox.misbehave(Fault("status", path="queryAll", status=200, body=body))
    found, error = by_pages(connector)
    assert isinstance(error, Unavailable) and "counted 3" in str(error)
    assert not any(page.cursor or page.complete for page in found)


def test_a_list_that_runs_in_circles_ends(sandbox: SalesforceSandbox, connector: Salesforce) -> None:
    body = '{"totalSize":9,"done":false,"records":[],"nextRecordsUrl":"/services/data/v62.0/query/01gX-2"}'
    sandbox.misbehave(Fault("status", path="/query", times=99, status=200, body=body))
    _, error = by_pages(connector)
    assert isinstance(error, Unavailable) and "circles" in str(error)


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/services/data/v62.0/query/x", "//evil.example/services/data/x", "/secret", ""]
)
def test_a_next_page_elsewhere_is_not_followed(
    sandbox: SalesforceSandbox, connector: Salesforce, elsewhere: str
) -> None:
    body = f'{{"totalSize":9,"done":false,"records":[],"nextRecordsUrl":"{elsewhere}"}}'
    sandbox.misbehave(Fault("status", path="queryAll", status=200, body=body))
    _, error = by_pages(connector)
    assert isinstance(error, Unavailable) and "not its own" in str(error)


def test_a_forgotten_list_in_mid_read_is_for_the_next_run(sandbox: SalesforceSandbox, connector: Salesforce) -> None:
    body = error_body("INVALID_QUERY_LOCATOR")
    sandbox.api.most_a_page = 1
    fill(sandbox, 3)
    sandbox.misbehave(Fault("status", path="/query/", status=400, body=body))
    _, error = by_pages(connector)
    assert isinstance(error, Unavailable)


def test_a_short_outage_is_ridden_out_when_reading(sandbox: SalesforceSandbox, connector: Salesforce) -> None:
    fill(sandbox, 1)
    sandbox.misbehave(Fault("status", path="queryAll", times=2, status=503))
    found, error = by_pages(connector)
    assert error is None and found[-1].complete


def test_a_403_is_never_a_delete(sandbox: SalesforceSandbox, connector: Salesforce) -> None:
    (id,) = fill(sandbox, 1)
    sandbox.misbehave(
        Fault("status", path="queryAll", times=2, status=403, body=error_body("INSUFFICIENT_ACCESS_OR_READONLY"))
    )
    _, error = by_pages(connector)
    assert isinstance(error, Forbidden)
    with pytest.raises(Forbidden):
        connector.get([id])


def test_a_used_up_quota_is_asked_for_once_only(sandbox: SalesforceSandbox, connector: Salesforce) -> None:
    sandbox.api.allowed = 0
    _, error = by_pages(connector)
    assert isinstance(error, QuotaSpent) and "24 hours" in str(error)
    assert len(sandbox.calls("GET", "queryAll")) == 1


def test_a_retired_version_says_what_to_set(sandbox: SalesforceSandbox, connector: Salesforce) -> None:
    sandbox.misbehave(Fault("status", path="queryAll", status=410, body=error_body("GONE")))
    _, error = by_pages(connector)
    assert isinstance(error, Invalid) and "api_version" in str(error)


# --- writing -----------------------------------------------------------------


@pytest.mark.parametrize("what", ["drop_after", "truncate", "html"])
def test_a_create_whose_answer_is_lost_is_ambiguous_and_is_not_repeated(
    sandbox: SalesforceSandbox, connector: Salesforce, what: Any
) -> None:
    sandbox.misbehave(Fault(what, method="PATCH"))
    (lost,) = connector.create([Draft("a", {"Name": "a"})])
    (next_one,) = connector.create([Draft("b", {"Name": "b"})])
    assert isinstance(lost.error, Ambiguous) and next_one.id
    assert len(sandbox.calls("PATCH", "/a")) == 1
    assert len(connector.find("a")) == (0 if what == "html" else 1)


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_error_to_a_write_is_ambiguous(sandbox: SalesforceSandbox, connector: Salesforce, status: int) -> None:
    (id,) = fill(sandbox, 1)
    before = held(connector, id)
    sandbox.misbehave(Fault("status", method="PATCH", status=status))
    (outcome,) = connector.update([Edit(id, {"Name": "x"}, before)])
    assert isinstance(outcome.error, Ambiguous)


def test_an_update_answered_by_a_sign_in_page_is_ambiguous(sandbox: SalesforceSandbox, connector: Salesforce) -> None:
    (id,) = fill(sandbox, 1)
    before = held(connector, id)
    sandbox.misbehave(Fault("html", method="PATCH"))
    (outcome,) = connector.update([Edit(id, {"Name": "x"}, before)])
    assert isinstance(outcome.error, Ambiguous)


@pytest.mark.parametrize("search", [(), (Fault("status", path="/query", times=9),)], ids=["finds none", "fails"])
def test_an_upsert_that_tells_no_id_was_done_though_its_record_is_not_found(
    sandbox: SalesforceSandbox, connector: Salesforce, search: tuple[Fault, ...]
) -> None:
    """Before v46 its answer is a bare 204."""
    for fault in (Fault("status", method="PATCH", status=204), *search):
        sandbox.misbehave(fault)
    (outcome,) = connector.create([Draft("a", {"Name": "a"})])
    assert isinstance(outcome.error, Ambiguous) and "it was done" in str(outcome.error)


def test_a_quota_that_ends_in_mid_batch_stops_the_rest_unsent(sandbox: SalesforceSandbox) -> None:
    connector = opened(sandbox, api_version="v45.0", daily_share=100)  # which has no collections
    sandbox.api.allowed = 2
    done = connector.create([Draft(key, {"Name": key}) for key in "abcd"])
    assert [type(outcome.error) for outcome in done] == [type(None), type(None), QuotaSpent, QuotaSpent]
    assert len(sandbox.calls("PATCH")) == 2 and len(list(sandbox.org.rows(REQUEST))) == 2


def test_nothing_sent_is_raised_not_reported(sandbox: SalesforceSandbox, connector: Salesforce) -> None:
    sandbox.api.allowed = 0
    with pytest.raises(QuotaSpent):
        connector.create([Draft("a", {"Name": "a"})])


def test_a_locked_row_is_tried_again_and_then_written(sandbox: SalesforceSandbox, connector: Salesforce) -> None:
    (id,) = fill(sandbox, 1)
    before = held(connector, id)
    sandbox.misbehave(Fault("status", method="PATCH", times=2, status=400, body=error_body("UNABLE_TO_LOCK_ROW")))
    (outcome,) = connector.update([Edit(id, {"Name": "x"}, before)])
    assert outcome.record and outcome.record.fields["Name"] == "x"


def test_a_row_that_stays_locked_waits_without_stopping_the_others(
    sandbox: SalesforceSandbox, connector: Salesforce
) -> None:
    one, other = fill(sandbox, 2)
    edits = [Edit(id, {"Name": "x"}, held(connector, id)) for id in (one, other)]
    sandbox.misbehave(
        Fault("status", method="PATCH", path=one, times=9, status=400, body=error_body("UNABLE_TO_LOCK_ROW"))
    )
    locked, done = connector.update(edits)
    assert isinstance(locked.error, Unavailable) and done.id
    assert len(sandbox.calls("PATCH", one)) == 3


def test_a_duplicate_rule_says_how_to_get_past_it(sandbox: SalesforceSandbox, connector: Salesforce) -> None:
    sandbox.misbehave(Fault("status", method="PATCH", status=400, body=error_body("DUPLICATES_DETECTED")))
    (outcome,) = connector.create([Draft("a", {"Name": "a"})])
    assert isinstance(outcome.error, Invalid) and "Duplicate Rules" in str(outcome.error)


def test_a_404_of_a_proxy_says_nothing_about_a_record(sandbox: SalesforceSandbox, connector: Salesforce) -> None:
    (id,) = fill(sandbox, 1)
    sandbox.misbehave(Fault("status", method="DELETE", status=404, body="<h1>Not here</h1>"))
    with pytest.raises(Unavailable):
        connector.delete([id])


def test_a_read_back_that_fails_leaves_the_write_reported_as_done(
    sandbox: SalesforceSandbox, connector: Salesforce
) -> None:
    sandbox.misbehave(Fault("status", method="GET", path="queryAll", times=9, status=503))
    (outcome,) = connector.create([Draft("a", {"Name": "a"})])
    assert outcome.id and outcome.record is None and outcome.error is None


def test_errors_of_collections_and_of_single_records_read_alike() -> None:
    from connectors.salesforce.errors import problems

    single = problems([{"errorCode": "STRING_TOO_LONG", "message": "m", "fields": ["Name"]}])
    assert single == problems([{"statusCode": "STRING_TOO_LONG", "message": "m", "fields": ["Name"]}])
    assert problems({"error": "invalid_grant", "error_description": "d"})[0].code == "invalid_grant"
    assert problems("x") == problems(None) == problems([1]) == ()
